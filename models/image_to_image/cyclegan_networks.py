"""Generator of CycleGAN (Zhu et al. 2017, appendix 7.2, after Johnson et al. 2016; biases as in the authors' code)."""

import keras
from keras import layers

from models.core.layers import UPSAMPLING, InstanceNormalization, ReflectionPadding, convolution


def generator(width: int, blocks: int, upsampling: str = "transposed", name: str = "generator") -> keras.Model:
    """Image to image, of any size that 4 divides.

    Input: `image` (B, h, w, 3) in [-1, 1], h and w at least 8. Output: (B, h, w, 3) float32 in [-1, 1].
    c7s1-w, d2w, d4w, `blocks` residual blocks, u2w, uw, c7s1-3. `upsampling` is a key of
    `models.core.layers.UPSAMPLING`; the paper's is "transposed".
    """
    image = keras.Input((None, None, 3), name="image")
    x = activated(reflected_convolution(image, width, 7))
    for factor in (2, 4):
        x = activated(convolution(x, factor * width, 3, strides=2, use_bias=True))
    for _ in range(blocks):
        inside = activated(reflected_convolution(x, 4 * width, 3))
        x = layers.add([x, InstanceNormalization()(reflected_convolution(inside, 4 * width, 3))])
    for factor in (2, 1):
        x = activated(UPSAMPLING[upsampling](x, factor * width, kernel_size=3, use_bias=True))
    x = reflected_convolution(x, 3, 7, dtype="float32")
    generated = layers.Activation("tanh", dtype="float32", name="generated")(x)
    return keras.Model({"image": image}, generated, name=name)


def activated(x):
    """Instance normalization, then ReLU."""
    return layers.ReLU()(InstanceNormalization()(x))


def reflected_convolution(x, channels: int, kernel_size: int, **options):
    """A convolution that sees the image's mirror image beyond its edges."""
    padded = ReflectionPadding(kernel_size // 2)(x)
    return convolution(padded, channels, kernel_size, padding="valid", use_bias=True, **options)
