"""The random crops and flips of training images."""

import tensorflow as tf

from pipelines.sizes import Size, height_width


def crop_and_flip(images: tf.Tensor, size: Size, seed: tf.Tensor, mirror: bool, grid: int = 1) -> tf.Tensor:
    """A random crop of each image, flipped left to right with probability 1/2 or, without `mirror`, never.

    Images of g times the height and width, with g times the `size` and a `grid` of g, show the same regions under the
    same seed.

    Args:
        images: (B, h, w, c) uint8, at least of that size.
        size: of the crops, in pixels: a side, or (height, width).
        seed: (2,) integers; the same seed gives the same crops, mirrored or not.
        mirror: whether half of the crops are flipped.
        grid: pixels; the crops start at its multiples, and it divides all sides.

    Returns:
        (B, height, width, c) uint8.
    """
    sides = height_width(size)
    draws = tf.random.stateless_uniform((3, tf.shape(images)[0]), seed)
    rows, columns = (
        tf.cast(draw * float((kept - side) // grid + 1), tf.int32)[:, tf.newaxis] * grid + tf.range(side)
        for draw, kept, side in zip((draws[0], draws[1]), images.shape[1:3], sides, strict=True)
    )
    if mirror:
        # A flipped image is one whose columns are read backwards.
        columns = tf.where(draws[2][:, tf.newaxis] < 0.5, columns[:, ::-1], columns)
    crops = tf.gather(tf.gather(images, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)
    return tf.ensure_shape(crops, (None, *sides, images.shape[3]))


def flip(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """(n, h, w, c) images, each flipped left to right with probability 1/2; the same (2,) seed flips the same ones."""
    draws = tf.random.stateless_uniform((tf.shape(images)[0], 1, 1, 1), seed)
    return tf.where(draws < 0.5, images[:, :, ::-1], images)
