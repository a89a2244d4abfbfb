"""Batches of inputs with an associated and an unassociated target. Each is a pure function of (seed, step)."""

import numpy as np
import tensorflow as tf

from pipelines.batches.crops import crop_and_flip
from pipelines.batches.draws import Batches, check_enough, check_sides, held, in_random_order, pick, reader, seeded
from pipelines.examples import DataError, PairedImages
from pipelines.images import to_float

# Every kind of random draw has its own number, so that no two share a seed.
ORDER, FLIP, OTHER = range(3)


def associated_batches(examples: PairedImages, config) -> Batches:
    """Batches of `input`, `target` and `unassociated` (B, image_size, image_size, c) float32 in [-1, 1].

    With `config.flip`, inputs are flipped with probability 1/2; targets, whose pose is meaningful, never are. The
    unassociated target is drawn from all targets with another label.

    Args:
        examples: the training split.
        config: a PixelDTConfig; its `direction` is AtoB where A is the input, its `channels_a` and `channels_b` are c,
            or 0 for the images' own.

    Raises:
        DataError: there are fewer pairs than a batch holds, all have the same label, or a side is below image_size.
    """
    size, count, seed = config.image_size, config.batch_size, config.seed
    check_enough(len(examples), count, "pairs")
    check_sides(size, a=examples.a, b=examples.b)
    labels = np.arange(len(examples)) if examples.labels is None else np.asarray(examples.labels)
    if len(np.unique(labels)) < 2:
        raise DataError("training needs targets with at least two different labels. Received: all with the same one")
    read_source, read_target = reader(examples.a, config.channels_a), reader(examples.b, config.channels_b)
    if config.direction != "AtoB":
        read_source, read_target = read_target, read_source
    # Sorted by label, the rows with the same label as a given row form a block of `same` rows from `first`.
    by_label = np.argsort(labels, kind="stable")
    values = labels[by_label]
    first, last = np.searchsorted(values, labels, "left"), np.searchsorted(values, labels, "right")
    by_label, first, same = (held(array.astype(np.int32)) for array in (by_label, first, last - first))

    def rows_of(step):
        return {"image": in_random_order(len(examples), count, seed, ORDER, step)}

    def at(step):
        rows = rows_of(step)["image"]
        begin, width = tf.gather(first, rows), tf.gather(same, rows)
        draws = tf.random.stateless_uniform((count,), seeded(seed, OTHER, step))
        place = pick(draws, len(examples) - width)
        others = tf.gather(by_label, tf.where(place < begin, place, place + width))
        return {
            "input": to_float(crop_and_flip(read_source(rows), size, seeded(seed, FLIP, step), config.flip)),
            "target": to_float(read_target(rows)),
            "unassociated": to_float(read_target(others)),
        }

    return Batches(at, {}, len(examples), rows_of)
