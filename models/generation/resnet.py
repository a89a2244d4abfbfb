"""Residual networks of WGAN-GP and SNGAN (Gulrajani et al. 2017, appendix C; Miyato et al. 2018, appendix B.4)."""

import keras
from keras import layers, ops

from models.core.adversarial_config import smallest_side
from models.core.layers import halvings, normalization
from models.generation.conditions import Condition, discriminator_outputs, layer_types
from models.generation.configs import ImageGenerationConfig


def convolved(x, channels: int, kernel_size: int, kind=layers.Conv2D, gain: float = 2.0, **options):
    """A convolution with bias; the initial gain is that of rectified units in the blocks, 1 in their shortcuts."""
    start = keras.initializers.VarianceScaling(gain, "fan_avg", "uniform")
    return kind(channels, kernel_size, padding="same", kernel_initializer=start, **options)(x)


def generator(config: ImageGenerationConfig) -> keras.Model:
    """Noise, and possibly a class, to an image.

    Inputs: `latent` (B, input_dim) and, if conditional, `label` (B,). Output: (B, side, side, channels) float32 in
    [-1, 1]. Each block doubles the side; all have `generator_width` channels (256 for 32 pixels in SNGAN).
    """
    latent = keras.Input((config.input_dim,), name="latent")
    condition = Condition(config, config.conditioning, generates=True)
    side, width = smallest_side(config.image_size), config.generator_width
    start = keras.initializers.GlorotUniform()
    x = layers.Dense(side * side * width, kernel_initializer=start)(
        condition.concatenate(condition.with_reference(latent))
    )
    x = layers.Reshape((side, side, width))(x)
    for stage in range(halvings(config.image_size, side)):
        y = layers.UpSampling2D(2)(layers.ReLU()(condition.normalize(x)))
        y = layers.ReLU()(condition.normalize(convolved(y, width, 3)))
        shortcut = convolved(layers.UpSampling2D(2)(x), width, 1, gain=1.0)
        x = layers.Add(name=f"maps_{stage}")([convolved(y, width, 3), shortcut])
    x = layers.ReLU()(condition.normalize(x))
    x = convolved(x, config.channels, 3, gain=1.0, dtype="float32")
    image = layers.Activation("tanh", dtype="float32", name="image")(condition.without_reference(x))
    return keras.Model({"latent": latent, **condition.inputs}, image, name="generator")


def discriminator(config: ImageGenerationConfig) -> keras.Model:
    """Image, and possibly its class, to the logits of "real" and the heads (see `conditions.discriminator_outputs`).

    Inputs: `image` (B, side, side, channels) in [-1, 1] and, if conditional, `label` (B,). Blocks of
    `discriminator_width` channels (128 for 32 pixels): one or more that halve the side, to 8 pixels or less, and two
    that keep it; then the sum over the map.
    """
    image = keras.Input((config.image_size, config.image_size, config.channels), name="image")
    condition = Condition(config, config.discriminator_conditioning)
    normalize = normalization(config.discriminator_normalization)
    kind, dense = layer_types(config)
    width = config.discriminator_width

    def block(x, stage: int, halved: bool):
        y = x
        if stage:
            y = layers.ReLU()(normalize(y))
        y = convolved(y, width, 3, kind, **({} if stage else {"name": "first_filters"}))
        y = convolved(layers.ReLU()(normalize(y) if stage else y), width, 3, kind)
        shortcut = x
        if halved:
            y, shortcut = layers.AveragePooling2D(2)(y), layers.AveragePooling2D(2)(x)
            shortcut = convolved(shortcut, width, 1, kind, gain=1.0)
        return layers.Add(name=f"features_{stage}")([y, shortcut])

    x, side, stage = condition.concatenate_maps(image), config.image_size, 0
    while not stage or (side % 2 == 0 and side > 8):
        x, side, stage = block(x, stage, halved=True), side // 2, stage + 1
    for _ in range(2):
        x, stage = block(x, stage, halved=False), stage + 1
    pooled = ops.sum(layers.ReLU()(x), axis=(1, 2))
    outputs = discriminator_outputs(pooled, config, condition, dense, pooled=pooled)
    return keras.Model({"image": image, **condition.inputs}, outputs, name="discriminator")
