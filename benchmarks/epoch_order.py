"""What the order of an epoch costs a step, by the number of images: sorted at every step, as it was, and as it is.

    python -m benchmarks.epoch_order [--images=12000 --images=60000 ...] [--batch_size=64]

Milliseconds of a draw of indices, and of a batch of the classic line's pipeline on synthetic images of 8 x 8 pixels;
both kinds by turns in one run, on the machine that is named; the medians.
"""

import argparse
import statistics
import time
import types
from unittest import mock

import numpy as np
import tensorflow as tf

from benchmarks.machine import print_machine
from pipelines.batches import labeled
from pipelines.batches.draws import in_random_order, seeded
from pipelines.examples import LabeledImages

SIZES = (12_000, 60_000, 200_000, 3_000_000)
SIDE = 8


def sorted_order(images: int, count: int, seed: int, purpose: int, step: tf.Tensor) -> tf.Tensor:
    """The baseline: the whole index is sorted by random numbers at every step."""
    steps_per_epoch = images // count
    epoch, place = step // steps_per_epoch, step % steps_per_epoch
    order = tf.argsort(tf.random.stateless_uniform((images,), seeded(seed, purpose, epoch)))
    return order[place * count : (place + 1) * count]


def order_of(draw, images: int, count: int) -> tf.data.Dataset:
    """The indices of each step, endlessly."""
    return tf.data.Dataset.range(2**40).map(lambda step: draw(images, count, 0, 0, step), num_parallel_calls=1)


def pipeline_of(draw, images: int, count: int) -> tf.data.Dataset:
    """The batches of the classic line, endlessly, without prefetching."""
    pixels = np.random.default_rng(0).integers(0, 256, (images, SIDE, SIDE, 1), np.uint8)
    labels = np.arange(images, dtype=np.int32) % 10
    names = ("",) * images
    examples = LabeledImages(images=pixels, names=names, labels=labels, class_names=tuple("0123456789"))
    config = types.SimpleNamespace(
        image_size=SIDE, batch_size=count, discriminator_steps=1, channels=1, flip=True, conditional=True, seed=0
    )
    with mock.patch.object(labeled, "in_random_order", draw):
        batches = labeled.real_batches(examples, config)
        return tf.data.Dataset.range(2**40).map(batches.at, num_parallel_calls=1)


def milliseconds(iterator, seconds: float) -> float:
    """The median of a draw, over at least three and as many as fit into some seconds."""
    measured, end = [], time.perf_counter() + seconds
    while len(measured) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        next(iterator)
        measured.append(time.perf_counter() - start)
    return statistics.median(measured) * 1e3


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, action="append", help=f"may be repeated; default: {SIZES}")
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a measurement")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each kind")
    arguments = parser.parse_args()
    print_machine()
    print("\n| images | what | ms, sorted at every step | ms, now | ratio |")
    print("|---|---|---|---|---|")
    for images in arguments.images or SIZES:
        for name, of in (("order", order_of), ("pipeline", pipeline_of)):
            kinds = [iter(of(draw, images, arguments.batch_size)) for draw in (sorted_order, in_random_order)]
            for iterator in kinds:
                next(iterator)
            pairs = [[milliseconds(kind, arguments.seconds) for kind in kinds] for _ in range(arguments.repeats)]
            before, now = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(f"| {images:,} | {name} | {before:.2f} | {now:.2f} | {before / now:.1f} |", flush=True)


if __name__ == "__main__":
    main()
