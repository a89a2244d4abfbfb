"""The networks of LAPGAN (Denton et al. 2015; authors' code: facebook/eyescream): a pair for each level of a Laplacian
pyramid, and the chain of all generators.
"""

import math

import keras
import tensorflow as tf
from keras import layers, ops

from models.core.layers import SeededDropout
from models.generation.conditions import Condition
from models.generation.pyramid_configs import LAPGANConfig

# Initial weights of the coarsest level's networks (train_cifar.lua); those of the others are Torch's.
COARSE_GENERATOR, COARSE_DISCRIMINATOR = 0.05, 0.005


def coarser(images: tf.Tensor) -> tf.Tensor:
    """(B, s, s, c) at half the side: the mean of each square of four, as bilinear interpolation has it."""
    return tf.nn.avg_pool2d(images, 2, 2, "VALID")


def upsampled(images: tf.Tensor) -> tf.Tensor:
    """(B, s, s, c) at twice the side, by bilinear interpolation."""
    return doubled()(images)


def doubled() -> keras.layers.Layer:
    """The layer of `upsampled`."""
    return layers.UpSampling2D(2, interpolation="bilinear", dtype="float32")


def fully_connected(x, units: int, deviation: float, **options):
    """With normal initial weights."""
    return layers.Dense(units, kernel_initializer=keras.initializers.RandomNormal(0.0, deviation), **options)(x)


def torch(fan_in: int) -> dict[str, keras.initializers.Initializer]:
    """Torch's initial weights and biases of a layer: uniform within 1 / sqrt(fan in)."""
    bound = 1.0 / math.sqrt(fan_in)
    return {
        name: keras.initializers.RandomUniform(-bound, bound) for name in ("kernel_initializer", "bias_initializer")
    }


def convolution(x, channels: int, kernel_size: int, strides: int = 1, padding: str = "same", **options):
    """With Torch's initial weights and biases."""
    start = torch(kernel_size**2 * x.shape[-1])
    return layers.Conv2D(channels, kernel_size, strides, padding=padding, **start, **options)(x)


def class_plane(condition: Condition, size: int):
    """[(B, size, size, 1)] a learned map of the class, if conditional; else []."""
    if not condition.is_concatenated:
        return []
    units = layers.Dense(size**2, **torch(condition.one_hot.shape[-1]))(condition.one_hot)
    return [layers.ReLU()(layers.Reshape((size, size, 1))(units))]


def coarse_generator(config: LAPGANConfig) -> keras.Model:
    """Noise, and possibly a class, to the coarsest image: two hidden layers.

    Inputs: `latent` (B, latent_dim) and, if conditional, `label` (B,). Output: (B, s, s, channels) float32, unbounded.
    """
    size = config.sizes[0]
    latent = keras.Input((config.latent_dim,), name="latent")
    condition = Condition(config, config.conditioning)
    x = fully_connected(condition.concatenate(latent), config.coarse_generator_width, COARSE_GENERATOR)
    x = fully_connected(layers.ReLU()(x), config.coarse_generator_width, COARSE_GENERATOR)
    x = layers.ReLU()(x) if condition.is_concatenated else layers.Activation("sigmoid")(x)
    x = fully_connected(x, size * size * config.channels, COARSE_GENERATOR, dtype="float32")
    image = layers.Reshape((size, size, config.channels), dtype="float32")(x)
    return keras.Model({"latent": latent, **condition.inputs}, image, name=f"generator_{size}")


def coarse_discriminator(config: LAPGANConfig) -> keras.Model:
    """The coarsest image, and possibly its class, to the logits of "real": two hidden layers.

    Inputs: `image` (B, s, s, channels); if conditional, `label` (B,); with dropout, `seed` (B, 2). Output: (B, 1).
    """
    size = config.sizes[0]
    image = keras.Input((size, size, config.channels), name="image")
    seed = keras.Input((2,), dtype="int32", name="seed")
    condition = Condition(config, config.discriminator_conditioning)
    x = condition.concatenate(layers.Flatten()(image))
    for salt in range(2):
        x = fully_connected(x, config.coarse_discriminator_width, COARSE_DISCRIMINATOR)
        x = layers.ReLU(name=f"features_{salt}")(x)
        x = SeededDropout(config.dropout, salt, always=False)([x, seed]) if config.dropout else x
    logits = fully_connected(x, 1, COARSE_DISCRIMINATOR, dtype="float32")
    inputs = {"image": image, **condition.inputs, **({"seed": seed} if config.dropout else {})}
    return keras.Model(inputs, logits, name=f"discriminator_{size}")


def refining_generator(config: LAPGANConfig, size: int) -> keras.Model:
    """A coarse image to one of twice the side: what it is upsampled to, plus a residual that is made of that and noise.

    Inputs: `coarse` (B, s / 2, s / 2, channels); `latent` (B, s * s), a plane of noise; if conditional, `label` (B,).
    Output: (B, s, s, channels) float32, unbounded.
    """
    coarse = keras.Input((size // 2, size // 2, config.channels), name="coarse")
    latent = keras.Input((size * size,), name="latent")
    condition = Condition(config, config.conditioning)
    low = doubled()(coarse)
    x = layers.concatenate([layers.Reshape((size, size, 1))(latent), low, *class_plane(condition, size)])
    for _ in range(2):
        x = layers.ReLU()(convolution(x, config.generator_width, config.kernel_size))
    residual = convolution(x, config.channels, config.kernel_size - 2, dtype="float32")
    image = layers.add([low, residual], dtype="float32")
    return keras.Model({"latent": latent, "coarse": coarse, **condition.inputs}, image, name=f"generator_{size}")


def refining_discriminator(config: LAPGANConfig, size: int) -> keras.Model:
    """An image to the logits of "real". It sees the sum of what was upsampled and of the residual.

    Inputs: `image` (B, s, s, channels); if conditional, `label` (B,); with dropout, `seed` (B, 2). Output: (B, 1).
    """
    image = keras.Input((size, size, config.channels), name="image")
    seed = keras.Input((2,), dtype="int32", name="seed")
    condition = Condition(config, config.discriminator_conditioning)
    planes = class_plane(condition, size)
    x = layers.concatenate([image, *planes]) if planes else image
    x = layers.ReLU(name="features_0")(convolution(x, config.discriminator_width, 5, padding="valid"))
    x = layers.ReLU(name="features_1")(convolution(x, config.discriminator_width, 5, 2, padding="valid"))
    x = layers.Flatten()(x)
    x = SeededDropout(config.dropout, 0, always=False)([x, seed]) if config.dropout else x
    logits = layers.Dense(1, dtype="float32", **torch(x.shape[-1]))(x)
    inputs = {"image": image, **condition.inputs, **({"seed": seed} if config.dropout else {})}
    return keras.Model(inputs, logits, name=f"discriminator_{size}")


def generators(config: LAPGANConfig) -> dict[int, keras.Model]:
    """Of each side, from the coarsest."""
    first, *others = config.sizes
    return {first: coarse_generator(config)} | {size: refining_generator(config, size) for size in others}


def discriminators(config: LAPGANConfig) -> dict[int, keras.Model]:
    """Of each side, from the coarsest."""
    first, *others = config.sizes
    return {first: coarse_discriminator(config)} | {size: refining_discriminator(config, size) for size in others}


def chain(config: LAPGANConfig, levels: dict[int, keras.Model]) -> keras.Model:
    """All generators, each on what the one before has made (section 3, figure 1).

    Inputs: `latent` (B, input_dim), the noise of all levels; if conditional, `label` (B,). Output: (B, side, side,
    channels) float32 in [-1, 1].
    """
    latent = keras.Input((config.input_dim,), name="latent")
    condition = Condition(config, config.conditioning)
    x, start = {}, 0
    for level, count in zip(levels.values(), config.latent_parts.values(), strict=True):
        noise = latent[:, start : start + count]
        x, start = {"coarse": level({"latent": noise, **x, **condition.inputs})}, start + count
    image = ops.clip(x["coarse"], -1.0, 1.0)
    return keras.Model({"latent": latent, **condition.inputs}, image, name="generator")
