"""The random crops and flips of training images."""

import tensorflow as tf


def crop_and_flip(images: tf.Tensor, size: int, seed: tf.Tensor, mirror: bool, grid: int = 1) -> tf.Tensor:
    """A random crop of each image, flipped left to right with probability 1/2 or, without `mirror`, never.

    Images of g times the side, with g times the `size` and a `grid` of g, show the same regions under the same seed.

    Args:
        images: (B, side, side, c) uint8, side at least `size`.
        size: side of the crops, in pixels.
        seed: (2,) integers; the same seed gives the same crops, mirrored or not.
        mirror: whether half of the crops are flipped.
        grid: pixels; the crops start at its multiples, and it divides side and size.

    Returns:
        (B, size, size, c) uint8.
    """
    count, room = tf.shape(images)[0], (images.shape[1] - size) // grid
    draws = tf.random.stateless_uniform((3, count), seed)
    offsets = tf.cast(draws[:2] * float(room + 1), tf.int32) * grid
    rows = offsets[0][:, tf.newaxis] + tf.range(size)
    columns = offsets[1][:, tf.newaxis] + tf.range(size)
    if mirror:
        # A flipped image is one whose columns are read backwards.
        columns = tf.where(draws[2][:, tf.newaxis] < 0.5, columns[:, ::-1], columns)
    crops = tf.gather(tf.gather(images, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)
    return tf.ensure_shape(crops, (None, size, size, images.shape[3]))


def flip(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """(n, h, w, c) images, each flipped left to right with probability 1/2; the same (2,) seed flips the same ones."""
    draws = tf.random.stateless_uniform((tf.shape(images)[0], 1, 1, 1), seed)
    return tf.where(draws < 0.5, images[:, :, ::-1], images)
