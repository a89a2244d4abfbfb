"""The networks of Ledig et al. 2017, figure 4, and of what is not in it the weights of He et al. 2015."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from models.core.layers import LEAK, NORMALIZATIONS
from models.super_resolution.configs import SRGANConfig, UpscalingConfig


@keras.saving.register_keras_serializable("gan")
class PixelShuffle(layers.Layer):
    """The channels of each pixel become a square of `block` pixels (Shi et al. 2016, equation 4)."""

    def __init__(self, block: int = 2, **options):
        super().__init__(**options)
        self.block = block

    def call(self, inputs):
        """(B, h, w, block² c) floats to (B, block h, block w, c)."""
        return tf.nn.depth_to_space(inputs, self.block)

    def compute_output_spec(self, inputs):
        """The enlarged map."""
        batch, height, width, channels = inputs.shape
        sides = (side and side * self.block for side in (height, width))
        return keras.KerasTensor((batch, *sides, channels // self.block**2), self.compute_dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "block": self.block}


# Pixels that Keys' kernel reaches at either side.
REACH = 2


@keras.saving.register_keras_serializable("gan")
class BicubicEnlargement(layers.Layer):
    """Images enlarged by Keys' cubic convolution (1981), a = -0.5, mirrored beyond the border: as MATLAB's imresize.

    Written as the convolution that it is, with a kernel for each place within an enlarged pixel, as not every program
    that computes networks has the resizing of TensorFlow.
    """

    def __init__(self, factor: int, **options):
        # In bfloat16 the image itself would be rounded.
        super().__init__(**({"dtype": "float32"} | options))
        self.factor = factor

    def call(self, inputs):
        """(B, h, w, c) floats to (B, factor h, factor w, c) float32."""
        for axis in (1, 2):
            length = tf.shape(inputs)[axis]
            # A period further, as programs differ in the remainders of negative numbers.
            places = tf.range(2 * length - REACH, 3 * length + REACH) % (2 * length)
            inputs = tf.gather(inputs, tf.minimum(places, 2 * length - 1 - places), axis=axis)
        convolved = tf.nn.conv2d(inputs, kernel_of(self.factor, inputs.shape[-1]), 1, "VALID")
        return tf.nn.depth_to_space(convolved, self.factor)

    def compute_output_spec(self, inputs):
        """The enlarged images."""
        batch, height, width, channels = inputs.shape
        sides = (side and side * self.factor for side in (height, width))
        return keras.KerasTensor((batch, *sides, channels), "float32")

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "factor": self.factor}


def kernel_of(factor: int, channels: int) -> np.ndarray:
    """(5, 5, channels, factor² channels) float32: each channel's enlarged pixels from what the kernel reaches.

    The weights are those by which TensorFlow resizes, read off the enlargement of single pixels.
    """
    length = 4 * REACH + 1
    # Of a step that is being traced, too, they are numbers.
    with tf.init_scope():
        pixels = np.eye(length, dtype=np.float32)[:, np.newaxis]
        single = tf.image.resize(pixels, (factor * length, 1), "bicubic").numpy()
    middle = factor * (length // 2)
    weights = single[middle : middle + factor, 0, REACH:-REACH]
    kernel = np.zeros((weights.shape[1], weights.shape[1], channels, factor, factor, channels), np.float32)
    for channel in range(channels):
        kernel[:, :, channel, :, :, channel] = np.einsum("pi,qj->ijpq", weights, weights)
    return kernel.reshape(*kernel.shape[:3], -1)


def convolution(x, channels: int, kernel_size: int, strides: int = 1, share: float = 1.0, **options):
    """A convolution with bias and He et al.'s initial weights, of which the paper names none, times `share`."""
    start = keras.initializers.VarianceScaling(2.0 * share**2) if share else "zeros"
    return layers.Conv2D(channels, kernel_size, strides, padding="same", kernel_initializer=start, **options)(x)


def prelu(x):
    """Parametric ReLU with a slope for each channel (He et al. 2015, equation 1)."""
    return layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25), shared_axes=[1, 2])(x)


def generator(config: UpscalingConfig) -> keras.Model:
    """SRResNet: low resolution to high.

    Input: `image` (B, h, w, 3) in [-1, 1]. Output: (B, factor h, factor w, 3) float32, about [-1, 1]: figure 4 has no
    activation at the end.
    """
    normalize, width = NORMALIZATIONS[config.generator_normalization], config.generator_width
    # What no layer normalizes would double with every block.
    share = 0.1 if config.generator_normalization == "none" else 1.0
    image = keras.Input((None, None, 3), name="image")
    x = first = prelu(convolution(image, width, 9))
    for _ in range(config.blocks):
        branch = prelu(normalize(convolution(x, width, 3)))
        x = layers.add([x, normalize(convolution(branch, width, 3, share=share))])
    x = layers.add([first, normalize(convolution(x, width, 3))])
    for _ in range(config.factor.bit_length() - 1):
        x = prelu(PixelShuffle()(convolution(x, 4 * width, 3)))
    if config.adds_to_bicubic:
        # At the beginning nothing is added.
        detail = convolution(x, 3, 9, share=0.0, dtype="float32")
        enlarged = layers.add([BicubicEnlargement(config.factor)(image), detail], dtype="float32")
    else:
        enlarged = convolution(x, 3, 9, dtype="float32")
    return keras.Model({"image": image}, enlarged, name="generator")


def discriminator(config: SRGANConfig) -> keras.Model:
    """Photographs to logits of "real": eight convolutions, every second of which halves the sides.

    Input: `image` (B, image_size, image_size, 3) in [-1, 1]. Output: (B, 1) float32 logits.
    """
    normalize = NORMALIZATIONS[config.discriminator_normalization]
    image = keras.Input((config.image_size, config.image_size, 3), name="image")
    x = layers.LeakyReLU(LEAK)(convolution(image, config.discriminator_width, 3))
    for place, times in enumerate((1, 2, 2, 4, 4, 8, 8)):
        strides = 1 if place % 2 else 2
        x = layers.LeakyReLU(LEAK)(normalize(convolution(x, times * config.discriminator_width, 3, strides)))
    x = layers.LeakyReLU(LEAK)(layers.Dense(config.discriminator_units)(layers.Flatten()(x)))
    return keras.Model({"image": image}, layers.Dense(1, dtype="float32")(x), name="discriminator")
