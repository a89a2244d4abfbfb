"""Differentiable augmentation of a discriminator's images, real and generated (Zhao et al. 2020, section 3.2)."""

from collections.abc import Sequence

import tensorflow as tf

# Random numbers in [0, 1) that augmenting an image takes.
DRAWS = 7
# Shares of the side: the largest translation, and the side of the square that is cut out.
TRANSLATION, CUTOUT = 1 / 8, 1 / 2


def color(images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    """Brightness, saturation and contrast of each image."""
    brightness, saturation, contrast = draws[:, 0], draws[:, 1], draws[:, 2]
    images += brightness - 0.5
    gray = tf.reduce_mean(images, axis=3, keepdims=True)
    images = gray + (images - gray) * 2.0 * saturation
    mean = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
    return mean + (images - mean) * (contrast + 0.5)


def translation(images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    """Each image moved along both axes."""
    images = translated(images, 1, (2.0 * draws[:, 3, 0, 0, 0] - 1.0) * TRANSLATION)
    return translated(images, 2, (2.0 * draws[:, 4, 0, 0, 0] - 1.0) * TRANSLATION)


def translated(images: tf.Tensor, axis: int, share: tf.Tensor) -> tf.Tensor:
    """Each image moved along one axis by a share of the side, in whole pixels, and padded with 0 (gray)."""
    side = images.shape[axis]
    offset = tf.cast(tf.round(share * side), tf.int32)[:, tf.newaxis]
    places = tf.range(side) - offset
    moved = tf.gather(images, tf.clip_by_value(places, 0, side - 1), axis=axis, batch_dims=1)
    shape = (-1, side, 1, 1) if axis == 1 else (-1, 1, side, 1)
    inside = tf.reshape((places >= 0) & (places < side), shape)
    return tf.where(inside, moved, tf.zeros_like(moved))


def cutout(images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    """A square of each image, centered anywhere in it, set to 0 (gray)."""
    height, width = images.shape[1:3]
    rows = within(height, draws[:, 5, 0])[:, :, tf.newaxis]
    columns = within(width, draws[:, 6, 0])[:, tf.newaxis, :]
    hole = tf.cast(rows & columns, images.dtype)[..., tf.newaxis]
    return images * (1.0 - hole)


def within(side: int, draw: tf.Tensor) -> tf.Tensor:
    """(B, side) whether each row (or column) is cut out; the center is drawn uniformly over the whole side."""
    middle = tf.reshape(draw, (-1, 1)) * side
    return tf.abs(tf.range(side, dtype=tf.float32) + 0.5 - middle) < side * CUTOUT / 2


# In the order in which they are applied; the keys are `models.core.adversarial_config.AUGMENTATIONS`.
AUGMENTATIONS = {"color": color, "translation": translation, "cutout": cutout}


def augment(images: tf.Tensor, names: Sequence[str], draws: tf.Tensor) -> tf.Tensor:
    """Augment each image with its own random numbers; gradients pass through.

    Args:
        images: (B, h, w, c) in [-1, 1].
        names: any keys of `AUGMENTATIONS`.
        draws: (B, DRAWS) uniform in [0, 1).
    """
    draws = tf.reshape(draws, (-1, DRAWS, 1, 1, 1))
    for name, augmentation in AUGMENTATIONS.items():
        if name in names:
            images = augmentation(images, draws)
    return images
