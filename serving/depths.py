"""JPEG and PNG files of 8 or 16 bits in a graph, read and written in a run's ranges, as `--mode=sample` does."""

import numpy as np
import tensorflow as tf

from pipelines.examples import Values
from pipelines.readers.values import MOST_16_BITS, colors_of, fits_16_bits, numbers_of, range_in_png, tones_of
from serving.files import gray, on_white, stored, upright


def decoded(file: tf.Tensor, values: Values, channels: int, precise: bool = False) -> tf.Tensor:
    """A file (a string), upright, as the run's own files were read.

    Args:
        file: JPEG or PNG.
        values: how the values of those files were read.
        channels: of the result, 1 or 3.
        precise: whether more than 8 bits are kept.

    Returns:
        (h, w, channels) uint8 or, if precise, float32 in [0, 255].
    """
    numbers, deep, has_opacity = stored(file)
    colors = on_white(numbers)
    if values.is_numbered:
        return upright(numbered(tf.where(deep, numbers[..., :3], colors)), file)
    low, high = (values.low, values.high) if takes_range(values) else (0.0, float(MOST_16_BITS))
    tones = scaled(numbers[..., :3], low, high)
    opacity = tf.where(has_opacity, tf.cast(numbers[..., 3:], tf.float32) / MOST_16_BITS, 1.0)
    tones = 255.0 + opacity * (tones - 255.0)
    shallow = tf.round(scaled(colors, low, high)) if values.scales_bytes else tf.cast(colors, tf.float32)
    if channels == 1:
        # Of colors with more than 8 bits, which are not rounded.
        luma = tf.reduce_sum(tones * [0.299, 0.587, 0.114], axis=-1, keepdims=True)
        tones = tf.where(tf.reduce_all(tones == tones[..., :1]), tones[..., :1], luma) if precise else tones
        shallow = tf.cast(gray(tf.cast(shallow, tf.int32)), tf.float32)
    if not precise:
        tones = tf.round(tones)
        tones = tf.cast(gray(tf.cast(tones, tf.int32)), tf.float32) if channels == 1 else tones
    pixels = tf.where(deep, tones, shallow)
    return upright(pixels if precise else tf.cast(pixels, tf.uint8), file)


def numbered(numbers: tf.Tensor) -> tf.Tensor:
    """(h, w, 3) int32 numbers of labels, three times the same, to (h, w, 3) uint8, the colors of a table."""
    same = tf.debugging.Assert(
        tf.reduce_all(numbers == numbers[..., :1]), ["image_bytes must hold numbers of labels. Received: colors"]
    )
    table = tf.constant(colors_of(np.arange(MOST_16_BITS + 1).reshape(256, 256)).reshape(-1, 3))
    with tf.control_dependencies([same]):
        return tf.gather(table, numbers[..., 0])


def takes_range(values: Values) -> bool:
    """Whether files of 16 bits are read in the range of the run's own: those are integers, too, or a range is given."""
    return "integers" in values.kind or values.scales_bytes


def scaled(numbers: tf.Tensor, low: float, high: float) -> tf.Tensor:
    """Numbers in a range to float32 in [0, 255], clipped."""
    return tf.clip_by_value(tones_of(tf.cast(numbers, tf.float32), low, high), 0.0, 255.0)


def encoded(image: tf.Tensor, values: Values) -> tf.Tensor:
    """(h, w, c), uint8 or float32 in [0, 255], to a PNG file: of 16 bits for a side with files of more than 8 bits, in
    `range_in_png`.
    """
    if image.dtype == tf.uint8:
        return tf.io.encode_png(image)
    return tf.io.encode_png(tf.cast(tf.round(numbers_of(image, *range_in_png(values))), tf.uint16))


def about_read(values: Values) -> str:
    """How `decoded` reads files of more than 8 bits, for who uses an export."""
    if values.is_numbered:
        return "the values of PNG files, of 8 or 16 bits, are numbers of labels."
    if values.scales_bytes:
        return f"PNG files, of 8 or 16 bits, are read from {values.low:g} (black) to {values.high:g} (white)."
    if takes_range(values):
        return f"PNG files of 16 bits are read from {values.low:g} (black) to {values.high:g} (white)."
    return (
        f"PNG files of 16 bits are read from 0 (black) to {MOST_16_BITS} (white). Those with 10, 12 or 14 bits, "
        "which `--mode=sample` recognizes or refuses, would be nearly black."
    )


def about_written(values: Values) -> str:
    """What the numbers in the files of `encoded` are, for who uses an export; "" for files of 8 bits."""
    if not values.kind:
        return ""
    low, high = range_in_png(values)
    if fits_16_bits(values):
        return f"PNG files of 16 bits with the numbers of the training's files, {low:g} (black) to {high:g} (white)."
    return (
        f"PNG files of 16 bits, which cannot hold the numbers of the training's files: 0 (black) is {values.low:g} and "
        f"{high:g} (white) is {values.high:g}. (Of gray ones, `--mode=sample` writes TIFF files with these.)"
    )
