"""Generator of CycleGAN (Zhu et al. 2017, appendix 7.2, after Johnson et al. 2016; biases as in the authors' code)."""

import keras
from keras import layers

from models.core.layers import UPSAMPLINGS, InstanceNormalization, ReflectionPadding, convolution
from models.image_to_image.configs import CycleGANConfig


def generator(config: CycleGANConfig, direction: str = "AtoB", name: str = "generator") -> keras.Model:
    """Image to image, of any size divisible by 4.

    Input: `image` (B, h, w, c) in [-1, 1], h and w at least 8. Output: (B, h, w, c') float32 in [-1, 1]. c and c' are
    the channels of the sides that the direction goes from and to.
    With w for `generator_width`: c7s1-w, d2w, d4w, `blocks` residual blocks, u2w, uw, c7s1-3.
    """
    width = config.generator_width
    given, made = config.channels_of(direction)
    image = keras.Input((None, None, given), name="image")
    x = activated(reflected_convolution(image, width, 7))
    for factor in (2, 4):
        x = activated(convolution(x, factor * width, 3, strides=2, use_bias=True))
    for _ in range(config.blocks):
        inside = activated(reflected_convolution(x, 4 * width, 3))
        x = layers.add([x, InstanceNormalization()(reflected_convolution(inside, 4 * width, 3))])
    for factor in (2, 1):
        x = activated(UPSAMPLINGS[config.upsampling](x, factor * width, kernel_size=3, use_bias=True))
    x = reflected_convolution(x, made, 7, dtype="float32")
    generated = layers.Activation("tanh", dtype="float32", name="generated")(x)
    return keras.Model({"image": image}, generated, name=name)


def activated(x):
    """Instance normalization, then ReLU."""
    return layers.ReLU()(InstanceNormalization()(x))


def reflected_convolution(x, channels: int, kernel_size: int, **options):
    """A convolution with reflection padding."""
    padded = ReflectionPadding(kernel_size // 2)(x)
    return convolution(padded, channels, kernel_size, padding="valid", use_bias=True, **options)
