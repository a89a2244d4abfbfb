"""JPEG and PNG files of 8 or 16 bits in a graph, read and written in a run's ranges, as `--mode=sample` does."""

import numpy as np
import tensorflow as tf

from pipelines.examples import Values
from pipelines.readers.values import MOST_16_BITS, colors_of, fits_16_bits, numbers_of, range_in_png, tones_of

# Where a PNG file says how many bits a channel has.
DEPTH_BYTE, SIGNATURE = 24, b"\x89PNG"


def decoded(encoded: tf.Tensor, values: Values, channels: int) -> tf.Tensor:
    """A file (a string) to (h, w, channels) uint8 or, of a side with files of more than 8 bits, float32 in [0, 255]."""

    def pixels(dtype: tf.DType, count: int) -> tf.Tensor:
        image = tf.io.decode_image(encoded, channels=count, dtype=dtype, expand_animations=False)
        return tf.ensure_shape(image, (None, None, count))

    def number(count: int, deep: tf.Tensor) -> tf.Tensor:
        """The numbers of a file, as they are stored."""
        return tf.cond(
            deep,
            lambda: tf.cast(pixels(tf.uint16, count), tf.int32),
            lambda: tf.cast(pixels(tf.uint8, count), tf.int32),
        )

    starts_as = tf.strings.substr(tf.strings.join([encoded, "\0" * (DEPTH_BYTE + 1)]), 0, len(SIGNATURE))
    depth = tf.strings.substr(tf.strings.join([encoded, "\0" * (DEPTH_BYTE + 1)]), DEPTH_BYTE, 1)
    deep = (starts_as == SIGNATURE) & (depth == b"\x10")
    if values.is_numbered:
        table = tf.constant(colors_of(np.arange(MOST_16_BITS + 1).reshape(256, 256)).reshape(-1, 3))
        return tf.gather(table, number(1, deep)[..., 0])
    if values.scales_bytes:
        return tf.cast(tf.round(scaled(number(channels, deep), values)), tf.uint8)
    if "integers" not in values.kind:
        return pixels(tf.uint8, channels)
    numbers = number(channels, deep)
    return tf.where(deep, scaled(numbers, values), tf.cast(numbers, tf.float32))


def scaled(numbers: tf.Tensor, values: Values) -> tf.Tensor:
    """Numbers in a range to float32 in [0, 255], clipped."""
    return tf.clip_by_value(tones_of(tf.cast(numbers, tf.float32), values.low, values.high), 0.0, 255.0)


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
    if "integers" in values.kind:
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
