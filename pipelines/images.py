"""Images as arrays: the range [-1, 1], the number of channels, and the sides at which they are kept and cropped."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from pipelines.sizes import Size, height_width

# Reed et al.'s Torch code loads images at 76 pixels and crops 64 (loadSize, fineSize).
LOAD_SIZE, CROP_SIZE = 76, 64
# Thousandths of red, green and blue in gray (ITU-R BT.601, as in JPEG and Pillow).
LUMA = np.array([299, 587, 114], np.uint32)
_CHUNK = 1024  # images converted at once; bounds the memory of intermediate values wider than a byte


def load_size(image_size: int) -> int:
    """The side at which images are kept, for crops of `image_size`."""
    return round(image_size * LOAD_SIZE / CROP_SIZE)


def to_float(images: tf.Tensor) -> tf.Tensor:
    """uint8 pixels to float32 in [-1, 1]."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def to_uint8(images: tf.Tensor) -> tf.Tensor:
    """Floats in [-1, 1] to uint8 pixels, rounded and clipped."""
    return tf.cast(tf.round(tf.clip_by_value((tf.cast(images, tf.float32) + 1.0) * 127.5, 0.0, 255.0)), tf.uint8)


def to_pixels(images: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Floats in [-1, 1] to pixels: uint8, rounded and clipped, or float32 in [0, 255], clipped alone."""
    if tf.as_dtype(dtype) == tf.uint8:
        return to_uint8(images)
    return tf.clip_by_value((tf.cast(images, tf.float32) + 1.0) * 127.5, 0.0, 255.0)


def with_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """(n, h, w, 1 or 3) uint8 to (n, h, w, channels) uint8: color to gray by its luma, rounded, or gray repeated.

    Args:
        images: in memory, memory-mapped, or a view of some rows (`ImageRows`); returned unchanged if they already have
            that many channels.
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


def in_channels(images: tf.Tensor, channels: int) -> tf.Tensor:
    """As `with_channels`, of a batch: so that no copy of all images is needed."""
    if images.shape[-1] == channels:
        return images
    if channels == 3:
        return tf.repeat(images, 3, axis=-1)
    gray = (tf.reduce_sum(tf.cast(images, tf.int32) * LUMA.astype(np.int32), axis=-1, keepdims=True) + 500) // 1000
    return tf.cast(gray, tf.uint8)


class FloatImages:
    """(n, h, w, c) uint8 images as float32 in [-1, 1]: only those that are indexed are converted, which for all of them
    would take four times the memory.

    Args:
        pixels: in memory, memory-mapped, or a view of some rows (`ImageRows`).
    """

    dtype = np.dtype(np.float32)

    def __init__(self, pixels: np.ndarray):
        self.pixels = pixels

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, h, w, c)."""
        return tuple(self.pixels.shape)

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, rows) -> np.ndarray:
        return np.asarray(to_float(np.asarray(self.pixels[rows])))

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        if copy is False:
            raise ValueError("uint8 images cannot become floating point without a copy")
        return np.asarray(self[:], dtype)


def center_crop(images: np.ndarray, size: Size) -> np.ndarray:
    """(n, h, w, c) to (n, height, width, c) of a size: the middle of each image, as evaluation uses it."""
    height, width = height_width(size)
    top, left = (images.shape[1] - height) // 2, (images.shape[2] - width) // 2
    return images[:, top : top + height, left : left + width]


def in_batches(function: Callable, *arrays: np.ndarray, batch_size: int = 250) -> np.ndarray:
    """The outputs of a function for any number of rows, `batch_size` at a time, concatenated.

    Args:
        function: as many (B, ...) tensors as there are arrays, to a tensor of as many rows.
        arrays: (n, ...) each, n at least 1.
        batch_size: rows at a time.
    """
    parts = [
        np.asarray(function(*(tf.constant(array[start : start + batch_size]) for array in arrays)))
        for start in range(0, len(arrays[0]), batch_size)
    ]
    return np.concatenate(parts)
