"""DCGAN's networks (Radford et al. 2016, section 3; kernels as in the authors' Torch code): strided convolutions, no
pooling, no hidden dense layers, batch normalization but at both ends, ReLU against leaky ReLU.
"""

from collections.abc import Mapping

import keras
from keras import layers, ops

from models.core.adversarial_config import smallest_side
from models.core.layers import UPSAMPLING, convolution, convolution_initializer, normalization
from models.generation.conditions import LEAK, Condition, layer_types, outputs
from models.generation.configs import ImageGenerationConfig


def stage_widths(image_size: int, width: int) -> list[int]:
    """Channels from the largest map inwards: 1, 2, 4, 8, 8, ... times `width`; as many maps as there are halvings."""
    halvings = (image_size // smallest_side(image_size)).bit_length() - 1
    return [width * min(2**stage, 8) for stage in range(halvings)]


def generator(config: ImageGenerationConfig) -> keras.Model:
    """Noise and perhaps a class to an image.

    Inputs: `latent` (B, input_dim) and, told the class, `label` (B,). Output: (B, side, side, channels) float32 in
    [-1, 1]. At 64 pixels and a width of 128: 4x4x1024, 512, 256, 128, the image (figure 1).
    """
    latent = keras.Input((config.input_dim,), name="latent")
    condition = Condition(config, config.conditioning)
    side, widths = smallest_side(config.image_size), stage_widths(config.image_size, config.generator_width)[::-1]
    use_bias = config.generator_normalization == "none"
    # "Project and reshape": a transposed convolution of a 1x1 map.
    x = layers.Dense(side * side * widths[0], use_bias=use_bias, kernel_initializer=convolution_initializer())(
        condition.joined(latent)
    )
    x = layers.Reshape((side, side, widths[0]))(x)
    for stage, channels in enumerate(widths):
        if stage:
            x = UPSAMPLING[config.upsampling](x, channels, use_bias=use_bias)
        x = layers.ReLU(name=f"maps_{stage}")(condition.normalize(x))
    x = UPSAMPLING[config.upsampling](x, config.channels, use_bias=True, dtype="float32")
    image = layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model({"latent": latent, **condition.inputs}, image, name="generator")


def discriminator(config: ImageGenerationConfig, heads: Mapping[str, int]) -> keras.Model:
    """Image and perhaps its class to the logit of "real", and what the heads say (see `conditions.outputs`).

    Inputs: `image` (B, side, side, channels) in [-1, 1] and, told the class, `label` (B,).
    """
    image = keras.Input((config.image_size, config.image_size, config.channels), name="image")
    condition = Condition(config, config.discriminator_conditioning)
    normalize = normalization(config.discriminator_normalization)
    kind, dense = layer_types(config)
    x = condition.joined_map(image)
    for stage, channels in enumerate(stage_widths(config.image_size, config.discriminator_width)):
        # The first layer has no batch normalization, so that the image's mean and contrast are not lost.
        use_bias = not stage or config.discriminator_normalization == "none"
        name = {} if stage else {"name": "first_filters"}
        x = convolution(x, channels, 4, strides=2, layer=kind, use_bias=use_bias, **name)
        x = layers.LeakyReLU(LEAK, name=f"features_{stage}")(normalize(x) if stage else x)
    said = outputs(x, config, condition, heads, dense, pooled=ops.sum(x, axis=(1, 2)))
    return keras.Model({"image": image, **condition.inputs}, said, name="discriminator")
