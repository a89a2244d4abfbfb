"""Converter and discriminators of pixel-level domain transfer (Yoo et al. 2016, 4; kernels as in public code)."""

import keras
from keras import layers

from models.core.layers import (
    UPSAMPLING,
    batch_normalization,
    convolution,
    doubled_widths,
    normalization,
    transposed_convolution,
)

LEAK = 0.2  # slope of the leaky ReLU
SMALLEST_MAP = 4  # side in pixels at which the halvings end


def halvings(image_size: int) -> int:
    """How often the side is halved, down to 4x4 pixels."""
    return (image_size // SMALLEST_MAP).bit_length() - 1


def halved(x, widths: list[int], normalize):
    """Convolutions that halve the side, all but the first normalized."""
    for stage, channels in enumerate(widths):
        x = convolution(x, channels, 4, strides=2)
        x = layers.LeakyReLU(LEAK)(normalize(x) if stage else x)
    return x


def converter(image_size: int, width: int, code_dim: int, upsampling: str = "transposed") -> keras.Model:
    """A picture of one domain to one of the other.

    Input: `image` (B, image_size, image_size, 3) in [-1, 1]. Output: the same shape, float32 in [-1, 1].
    Without `code_dim` the 4x4 map goes from the encoder to the decoder as it is, as in public code.
    `upsampling` is a key of `models.core.layers.UPSAMPLING`; public code's is "transposed".
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    widths = doubled_widths(width, halvings(image_size))
    x = halved(image, widths, batch_normalization)
    if code_dim:
        code = layers.LeakyReLU(LEAK)(batch_normalization(convolution(x, code_dim, SMALLEST_MAP, padding="valid")))
        x = transposed_convolution(code, widths[-1], SMALLEST_MAP, strides=1, padding="valid")
        x = layers.ReLU()(batch_normalization(x))
    for channels in reversed(widths[:-1]):
        x = layers.ReLU()(batch_normalization(UPSAMPLING[upsampling](x, channels)))
    x = UPSAMPLING[upsampling](x, 3, dtype="float32")
    generated = layers.Activation("tanh", dtype="float32", name="generated")(x)
    return keras.Model({"image": image}, generated, name="generator")


def discriminator(image_size: int, width: int, normalize: str, of_pairs: bool, name: str) -> keras.Model:
    """Whether a picture is real or, `of_pairs`, whether it belongs to the input.

    Inputs: `image` (B, image_size, image_size, 3) in [-1, 1] and, `of_pairs`, `input` of the same shape, stacked as six
    channels. Output: (B, 1) float32 logits. `normalize` is a key of `models.core.layers.NORMALIZATIONS`.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    inputs = {"image": image}
    x = image
    if of_pairs:
        inputs["input"] = keras.Input((image_size, image_size, 3), name="input")
        x = layers.concatenate([inputs["input"], image])
    x = halved(x, doubled_widths(width, halvings(image_size)), normalization(normalize))
    logits = convolution(x, 1, SMALLEST_MAP, padding="valid", dtype="float32")
    return keras.Model(inputs, layers.Flatten(dtype="float32")(logits), name=name)
