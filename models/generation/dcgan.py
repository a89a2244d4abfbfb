"""DCGAN's networks (Radford et al. 2016, section 3; kernels as in the authors' Torch code): strided convolutions, no
pooling, batch normalization except at both ends, ReLU and leaky ReLU; no hidden dense layers but InfoGAN's.
"""

import keras
from keras import layers, ops

from models.core.adversarial_config import smallest_side
from models.core.layers import (
    LEAK,
    UPSAMPLINGS,
    convolution,
    convolution_initializer,
    halvings,
    normalization,
    stage_widths,
)
from models.generation.conditions import Condition, discriminator_outputs, layer_types
from models.generation.configs import ImageGenerationConfig


def widths_of(config: ImageGenerationConfig, width: int) -> list[int]:
    """Channels of each stage, from the largest map to the smallest."""
    return stage_widths(width, halvings(config.image_size, smallest_side(config.image_size)))


def generator(config: ImageGenerationConfig) -> keras.Model:
    """Noise, and possibly a class, to an image.

    Inputs: `latent` (B, input_dim) and, if conditional, `label` (B,). Output: (B, side, side, channels) float32 in
    [-1, 1]. At 64 pixels and a width of 128: 4x4x1024, 512, 256, 128, the image (figure 1).
    """
    latent = keras.Input((config.input_dim,), name="latent")
    condition = Condition(config, config.conditioning, generates=True)
    side, widths = smallest_side(config.image_size), widths_of(config, config.generator_width)[::-1]
    upsample, use_bias = UPSAMPLINGS[config.upsampling], config.generator_normalization == "none"
    x = condition.concatenate(condition.with_reference(latent))
    if config.hidden_units:
        x = layers.Dense(config.hidden_units, use_bias=use_bias, kernel_initializer=convolution_initializer())(x)
        x = layers.ReLU()(condition.normalize(x))
    # "Project and reshape": a transposed convolution of a 1x1 map.
    x = layers.Dense(side * side * widths[0], use_bias=use_bias, kernel_initializer=convolution_initializer())(x)
    x = layers.Reshape((side, side, widths[0]))(x)
    for stage, channels in enumerate(widths):
        if stage:
            x = upsample(x, channels, use_bias=use_bias)
        x = layers.ReLU(name=f"maps_{stage}")(condition.normalize(x))
    x = upsample(x, config.channels, use_bias=True, dtype="float32")
    image = layers.Activation("tanh", dtype="float32", name="image")(condition.without_reference(x))
    return keras.Model({"latent": latent, **condition.inputs}, image, name="generator")


def discriminator(config: ImageGenerationConfig) -> keras.Model:
    """Image, and possibly its class, to the logits of "real" and the heads (see `conditions.discriminator_outputs`).

    Inputs: `image` (B, side, side, channels) in [-1, 1] and, if conditional, `label` (B,).
    """
    image = keras.Input((config.image_size, config.image_size, config.channels), name="image")
    condition = Condition(config, config.discriminator_conditioning)
    normalize = normalization(config.discriminator_normalization)
    kind, dense = layer_types(config)
    x = condition.concatenate_maps(image)
    for stage, channels in enumerate(widths_of(config, config.discriminator_width)):
        # No normalization in the first stage: the image's mean and contrast would be lost.
        use_bias = not stage or config.discriminator_normalization == "none"
        name = {} if stage else {"name": "first_filters"}
        x = convolution(x, channels, 4, strides=2, layer=kind, use_bias=use_bias, **name)
        x = layers.LeakyReLU(LEAK, name=f"features_{stage}")(normalize(x) if stage else x)
    pooled = ops.sum(x, axis=(1, 2))
    if config.hidden_units:
        use_bias = config.discriminator_normalization == "none"
        x = dense(config.hidden_units, use_bias=use_bias, kernel_initializer=convolution_initializer())(
            layers.Flatten()(x)
        )
        x = layers.LeakyReLU(LEAK)(normalize(x))
    outputs = discriminator_outputs(x, config, condition, dense, pooled=pooled)
    return keras.Model({"image": image, **condition.inputs}, outputs, name="discriminator")
