"""Batches of crops of photographs in low and high resolution. Each is a pure function of (seed, step)."""

import tensorflow as tf

from pipelines.batches.crops import crop_and_flip
from pipelines.batches.draws import Batches, check_enough, check_sides, held, in_random_order, reader, seeded
from pipelines.bicubic import bicubic_matrix
from pipelines.examples import LabeledImages
from pipelines.images import to_float

# Every kind of random draw has its own number, so that no two share a seed.
ORDER, CROP = range(2)


def super_resolution_batches(examples: LabeledImages, config) -> Batches:
    """Batches of `high` (B, image_size, image_size, 3), random crops, and `low`, these shrunk by `factor`; float32 in
    [-1, 1].

    Low resolution is shrunk by MATLAB's bicubic kernel and rounded to whole pixel values, as files have them.

    Args:
        examples: the training split.
        config: an UpscalingConfig.

    Raises:
        DataError: there are fewer photographs than a batch holds, or smaller ones than crops.
    """
    size, count, seed = config.image_size, config.batch_size, config.seed
    check_enough(len(examples), count, "images")
    check_sides(size, images=examples.images)
    read = reader(examples.images, 3)
    shrinking = held(bicubic_matrix(size, size // config.factor), tf.float32)

    def rows(step):
        return {"image": in_random_order(len(examples), count, seed, ORDER, step)}

    def at(step):
        photographs = read(rows(step)["image"])
        high = crop_and_flip(photographs, size, seeded(seed, CROP, step), config.flip)
        return {"low": to_float(shrunk(high, shrinking)), "high": to_float(high)}

    return Batches(at, {}, len(examples), rows)


def shrunk(images: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """(B, h, h, c) uint8 to (B, h', h', c) uint8 by the (h', h) weights of `pipelines.bicubic.bicubic_matrix`."""
    resized = tf.einsum("ij,bjkc,lk->bilc", matrix, tf.cast(images, tf.float32), matrix, optimize="optimal")
    return tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)
