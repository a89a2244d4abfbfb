"""Batches of real images, with their classes where there are any. Each is a pure function of (seed, step)."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from pipelines.batches.crops import flip
from pipelines.batches.draws import Batches, check_enough, held, in_random_order, reader, seeded
from pipelines.examples import DataError, LabeledImages
from pipelines.images import in_channels, to_float
from pipelines.rows import rows_of

# Every kind of random draw has its own number, so that no two share a seed.
ORDER, FLIP, KNOWN_ORDER, KNOWN_FLIP = range(4)


def real_batches(examples: LabeledImages, config, attributes: np.ndarray | None = None) -> Batches:
    """Batches for GANs: a mini-batch for each of the k turns that a discriminator has in a step.

    They hold `real` (B, k, image_size, image_size, c) float32 in [-1, 1] and, of images with classes, `label` (B, k)
    int32; with attributes, also these, (B, k, A) float32. No image is in two turns of a step; an epoch takes every
    image once, in a new order.

    Args:
        examples: the training split, kept at config.image_size.
        config: with `image_size` (pixels), `batch_size` (B), `discriminator_steps` (k), `channels` (1 or 3; 0 for the
            images' own), `flip` (whether half of the images are flipped), `conditional` (whether the model needs
            classes) and `seed`.
        attributes: (n, A) of all examples, numbers that flipping does not change; None where the model has none.

    Raises:
        DataError: there are fewer images than a step takes, or no classes although the model is conditional.
    """
    if config.conditional:
        _check_classes(examples, "a conditional model")
    beside = {} if attributes is None else {"attributes": attributes.astype(np.float32)}
    draw, channels = _drawn(examples, config, config.discriminator_steps, **beside)

    def at(step):
        images, known = draw(step)
        return {"real": images, **known}

    return Batches(at, {"channels": channels, "classes": len(examples.class_names)}, len(examples))


def semi_supervised_batches(examples: LabeledImages, config) -> Batches:
    """Batches for a classifier of few labels: those of `real_batches` without their labels, and beside them `labeled`
    (B, image_size, image_size, c) float32 in [-1, 1] and `known_label` (B,) int32, of the images whose class
    is known.

    These are as many of each class, chosen by the seed, and come again and again in new orders; of fewer than a batch
    holds, several times in each.

    Args:
        examples: the training split, kept at config.image_size.
        config: as of `real_batches`, with `labels` (how many are known; 0: all).

    Raises:
        DataError: there are no classes, or too few images of one.
    """
    _check_classes(examples, "a semi-supervised model")
    known = examples
    if config.labels:
        rows = labeled_rows(examples, config.labels, config.seed)
        # Of fewer than a batch holds, some are in it several times, as in the authors' code.
        known = rows_of(examples, np.tile(rows, -(-config.batch_size // len(rows))))
    draw, channels = _drawn(examples, config, config.discriminator_steps)
    draw_known, _ = _drawn(known, config, turns=1, order=KNOWN_ORDER, mirror=KNOWN_FLIP)

    def at(step):
        images, known = draw_known(step)
        return {"real": draw(step)[0], "labeled": images[:, 0], "known_label": known["label"][:, 0]}

    return Batches(at, {"channels": channels, "classes": len(examples.class_names)}, len(examples))


def labeled_rows(examples: LabeledImages, count: int, seed: int) -> np.ndarray:
    """Which images' classes are known: `count` of them, as many of each class.

    Raises:
        DataError: the classes cannot have as many each.
    """
    classes = len(examples.class_names)
    share, rest = divmod(count, classes)
    labels, rng = np.asarray(examples.labels), np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(labels == label))[:share] for label in range(classes)]
    if rest or not share or min(map(len, rows)) < share:
        fewest = min(int((labels == label).sum()) for label in range(classes))
        raise DataError(
            f"labels must be a multiple of the {classes} classes, of at most {fewest} images each. Received: {count}"
        )
    return np.sort(np.concatenate(rows))


def class_batches(examples: LabeledImages, config) -> Batches:
    """Batches for a classifier: `image` (B, image_size, image_size, c) float32 in [-1, 1], `attributes` (B, 1) int32.

    The class is the one attribute of an image. An epoch takes every image once, in a new order.

    Args:
        examples: the training split, kept at config.image_size.
        config: a ClassJudgeConfig.

    Raises:
        DataError: there are fewer images than a batch holds, or no classes.
    """
    _check_classes(examples, "a class judge")
    draw, channels = _drawn(examples, config, turns=1)

    def at(step):
        images, known = draw(step)
        return {"image": images[:, 0], "attributes": known["label"]}

    return Batches(at, {"channels": channels, "value_counts": (len(examples.class_names),)}, len(examples))


def _check_classes(examples: LabeledImages, model: str):
    if examples.labels is None:
        raise DataError(
            f"{model} needs classes: sub-folders of --data_dir, one a class, a table of them with --class_column=NAME, "
            f"or a file of labels. "
            f"Received: {len(examples):,} images without classes"
        )


def _drawn(
    examples: LabeledImages, config, turns: int, order: int = ORDER, mirror: int = FLIP, **beside: np.ndarray
) -> tuple[Callable[[tf.Tensor], tuple[tf.Tensor, dict[str, tf.Tensor]]], int]:
    """A function from a step to images (B, turns, side, side, c) and, by name, what is known of them, (B, turns, ...):
    their `label`, if they have any, and what is given beside; and c.
    """
    size, batch_size, seed = config.image_size, config.batch_size, config.seed
    check_enough(len(examples), batch_size, "images", turns)
    channels = config.channels or examples.images.shape[-1]
    read = reader(examples.images)
    known = {} if examples.labels is None else {"label": held(examples.labels, tf.int32)}
    known |= {name: held(values) for name, values in beside.items()}

    def draw(step):
        rows = in_random_order(len(examples), batch_size * turns, seed, order, step)
        # A turn takes neighbors in that order. (Stacked, not transposed: oneDNN complains about transposed integers.)
        rows = tf.reshape(tf.stack(tf.split(rows, turns), axis=1), (-1,))
        images = in_channels(read(rows), channels)
        if config.flip:
            images = flip(images, seeded(seed, mirror, step))
        images = tf.reshape(to_float(images), (batch_size, turns, size, size, channels))
        return images, {
            name: tf.reshape(tf.gather(values, rows), (batch_size, turns, *values.shape[1:]))
            for name, values in known.items()
        }

    return draw, channels
