"""Differentiable augmentation of what a discriminator sees, real and generated (Zhao et al. 2020, section 3.2)."""

from collections.abc import Sequence

import tensorflow as tf

# Numbers in [0, 1) that an image's augmentation takes.
DRAWS = 7
# Shares of the side: how far an image is shifted, and the side of the hole in it.
SHIFT, HOLE = 1 / 8, 1 / 2


def augmented(images: tf.Tensor, names: Sequence[str], draws: tf.Tensor) -> tf.Tensor:
    """Images, each changed in a way of its own that gradients pass through.

    Args:
        images: (B, h, w, c) in [-1, 1].
        names: of "color", "translation" and "cutout", what is done.
        draws: (B, DRAWS) uniform in [0, 1).
    """
    draws = tf.reshape(draws, (-1, DRAWS, 1, 1, 1))
    if "color" in names:
        brightness, saturation, contrast = draws[:, 0], draws[:, 1], draws[:, 2]
        images += brightness - 0.5
        gray = tf.reduce_mean(images, axis=3, keepdims=True)
        images = gray + (images - gray) * 2.0 * saturation
        mean = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
        images = mean + (images - mean) * (contrast + 0.5)
    height, width = images.shape[1:3]
    if "translation" in names:
        images = shifted(images, 1, (2.0 * draws[:, 3, 0, 0, 0] - 1.0) * SHIFT)
        images = shifted(images, 2, (2.0 * draws[:, 4, 0, 0, 0] - 1.0) * SHIFT)
    if "cutout" in names:
        rows = within(height, draws[:, 5, 0])[:, :, tf.newaxis]
        columns = within(width, draws[:, 6, 0])[:, tf.newaxis, :]
        hole = tf.cast(rows & columns, images.dtype)[..., tf.newaxis]
        images *= 1.0 - hole
    return images


def shifted(images: tf.Tensor, axis: int, share: tf.Tensor) -> tf.Tensor:
    """Each image moved along an axis by its share of the side, in whole pixels; what comes in is 0 (gray)."""
    side = images.shape[axis]
    offset = tf.cast(tf.round(share * side), tf.int32)[:, tf.newaxis]
    places = tf.range(side) - offset
    moved = tf.gather(images, tf.clip_by_value(places, 0, side - 1), axis=axis, batch_dims=1)
    shape = (-1, side, 1, 1) if axis == 1 else (-1, 1, side, 1)
    inside = tf.reshape((places >= 0) & (places < side), shape)
    return tf.where(inside, moved, tf.zeros_like(moved))


def within(side: int, draw: tf.Tensor) -> tf.Tensor:
    """(B, side) whether a row (or column) belongs to the hole, whose middle is drawn over the whole side."""
    middle = tf.reshape(draw, (-1, 1)) * side
    return tf.abs(tf.range(side, dtype=tf.float32) + 0.5 - middle) < side * HOLE / 2
