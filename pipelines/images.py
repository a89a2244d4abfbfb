"""Images as batches: the [-1, 1] range, and the random crop and flip of training."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

# Reed et al.'s Torch code loads images at 76 pixels and crops 64 (loadSize, fineSize).
LOAD_SIZE, CROP_SIZE = 76, 64
# Thousandths of red, green and blue in gray (ITU-R BT.601, as JPEG and Pillow have it).
LUMA = np.array([299, 587, 114], np.uint32)
_CHUNK = 1024  # images under way at once; bounds the memory of what is wider than a byte


def load_size(image_size: int) -> int:
    """The side at which images are kept, for crops of `image_size`."""
    return round(image_size * LOAD_SIZE / CROP_SIZE)


def to_float(images: tf.Tensor) -> tf.Tensor:
    """uint8 pixels to float32 in [-1, 1]."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def to_uint8(images: tf.Tensor) -> tf.Tensor:
    """Floats in [-1, 1] to uint8 pixels, rounded and clipped."""
    return tf.cast(tf.round(tf.clip_by_value((tf.cast(images, tf.float32) + 1.0) * 127.5, 0.0, 255.0)), tf.uint8)


def with_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """(n, h, w, 1 or 3) uint8 to (n, h, w, channels) uint8: color to gray by its luma, rounded, or gray repeated.

    Args:
        images: in memory or memory-mapped; returned as they are if they have as many channels already.
        channels: 1 or 3.
    """
    if images.shape[-1] == channels:
        return images
    if channels == 3:
        return np.repeat(images, 3, axis=-1)
    gray = np.empty((*images.shape[:-1], 1), np.uint8)
    for start in range(0, len(images), _CHUNK):
        gray[start : start + _CHUNK, ..., 0] = (images[start : start + _CHUNK] @ LUMA + 500) // 1000
    return gray


def reader(images: np.ndarray) -> Callable[[tf.Tensor], tf.Tensor]:
    """A function from (B,) indices to (B, h, w, c) uint8 images, from memory or from a memory-mapped file."""
    if isinstance(images, np.memmap):
        shape = (None, *images.shape[1:])

        def read(indices):
            batch = tf.numpy_function(lambda rows: np.asarray(images[rows]), [indices], tf.uint8, stateful=False)
            return tf.ensure_shape(batch, shape)

        return read
    held = tf.constant(images)
    return lambda indices: tf.gather(held, indices)


def crop_and_flip(images: tf.Tensor, size: int, seed: tf.Tensor) -> tf.Tensor:
    """A random crop of each image, flipped left to right half of the time.

    Args:
        images: (B, side, side, 3) uint8, side at least `size`.
        size: side of the crops.
        seed: (2,) integers; the same seed gives the same crops.

    Returns:
        (B, size, size, 3) uint8.
    """
    count, room = tf.shape(images)[0], images.shape[1] - size
    draws = tf.random.stateless_uniform((3, count), seed)
    offsets = tf.cast(draws[:2] * float(room + 1), tf.int32)
    rows = offsets[0][:, tf.newaxis] + tf.range(size)
    columns = offsets[1][:, tf.newaxis] + tf.range(size)
    # A flipped image is one whose columns are read backwards.
    columns = tf.where(draws[2][:, tf.newaxis] < 0.5, columns[:, ::-1], columns)
    crops = tf.gather(tf.gather(images, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)
    return tf.ensure_shape(crops, (None, size, size, 3))


def center_crop(images: np.ndarray, size: int) -> np.ndarray:
    """(n, side, side, 3) to (n, size, size, 3): the middle, as evaluation sees it."""
    start = (images.shape[1] - size) // 2
    return images[:, start : start + size, start : start + size]


def in_batches(function: Callable, images: np.ndarray, batch_size: int = 250) -> np.ndarray:
    """The outputs of a function for any number of images, `batch_size` at a time, concatenated."""
    parts = (images[start : start + batch_size] for start in range(0, len(images), batch_size))
    return np.concatenate([np.asarray(function(part)) for part in parts])
