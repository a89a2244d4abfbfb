"""Converter and discriminators of pixel-level domain transfer (Yoo et al. 2016, 4; kernels as in public code)."""

import keras
from keras import layers

from models.core.layers import (
    LEAK,
    UPSAMPLINGS,
    batch_normalization,
    convolution,
    halvings,
    normalization,
    stage_widths,
    transposed_convolution,
)
from models.image_to_image.configs import PixelDTConfig

SMALLEST_MAP = 4  # side in pixels


def downsample(x, widths: list[int], normalize):
    """Convolutions that halve the side, all but the first normalized."""
    for stage, channels in enumerate(widths):
        x = convolution(x, channels, 4, strides=2)
        x = layers.LeakyReLU(LEAK)(normalize(x) if stage else x)
    return x


def converter(config: PixelDTConfig) -> keras.Model:
    """An image of the source domain to one of the target domain.

    Input: `image` (B, image_size, image_size, c) in [-1, 1]. Output: the same size, float32 in [-1, 1].
    With a `code_dim` of 0, the decoder's input is the encoder's 4x4 map, as in public code.
    """
    given, made = config.channels_of(config.direction)
    image = keras.Input((config.image_size, config.image_size, given), name="image")
    widths = stage_widths(config.generator_width, halvings(config.image_size, SMALLEST_MAP))
    upsample = UPSAMPLINGS[config.upsampling]
    x = downsample(image, widths, batch_normalization)
    if config.code_dim:
        x = convolution(x, config.code_dim, SMALLEST_MAP, padding="valid")
        code = layers.LeakyReLU(LEAK)(batch_normalization(x))
        x = transposed_convolution(code, widths[-1], SMALLEST_MAP, strides=1, padding="valid")
        x = layers.ReLU()(batch_normalization(x))
    for channels in reversed(widths[:-1]):
        x = layers.ReLU()(batch_normalization(upsample(x, channels)))
    x = upsample(x, made, dtype="float32")
    generated = layers.Activation("tanh", dtype="float32", name="generated")(x)
    return keras.Model({"image": image}, generated, name="generator")


def discriminator(config: PixelDTConfig, of_pairs: bool = False, name: str = "discriminator") -> keras.Model:
    """Image to the logits of "real" or, `of_pairs`, of "associated with the input".

    Inputs: `image` (B, image_size, image_size, c) in [-1, 1] and, `of_pairs`, `input` of the same size, concatenated
    to six channels (of colors). Output: (B, 1) float32 logits.
    """
    size, (given, made) = (config.image_size, config.image_size), config.channels_of(config.direction)
    image = keras.Input((*size, made), name="image")
    inputs = {"image": image}
    x = image
    if of_pairs:
        inputs["input"] = keras.Input((*size, given), name="input")
        x = layers.concatenate([inputs["input"], image])
    widths = stage_widths(config.discriminator_width, halvings(config.image_size, SMALLEST_MAP))
    x = downsample(x, widths, normalization(config.discriminator_normalization))
    logits = convolution(x, 1, SMALLEST_MAP, padding="valid", dtype="float32")
    return keras.Model(inputs, layers.Flatten(dtype="float32")(logits), name=name)
