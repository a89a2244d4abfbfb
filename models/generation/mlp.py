"""Fully connected networks: for images (Goodfellow et al. 2014; conditional: Mirza & Osindero 2014, section 4.1), and
for points.
"""

import functools
import math

import keras
from keras import layers, ops

from models.core.layers import LEAK, LatentSeed, SeededDropout, linear, normalization
from models.core.minibatch import beside_others
from models.generation.conditions import Condition, discriminator_outputs, layer_types
from models.generation.configs import ImageGenerationConfig, PointGenerationConfig

# The noise's share of the generator's first layer, 200 of 1,200 units (the class has the other 1,000), and the units of
# the discriminator's first layer of the class, 50, as a share of those of the image, 240 (CGAN, 4.1).
NOISE_SHARE, CLASS_SHARE = 1 / 6, 50 / 240
# Dropout of the input, as a share of that of the hidden layers: 0.2 of 0.5 (GAN, authors' code).
INPUT_DROPOUT = 0.4


def uniform(limit: float) -> keras.initializers.Initializer:
    """Initial weights uniform in [-limit, limit]."""
    return keras.initializers.RandomUniform(-limit, limit)


def generator(config: ImageGenerationConfig) -> keras.Model:
    """Noise, and possibly a class, to an image.

    Inputs: `latent` (B, input_dim) and, if conditional, `label` (B,). Output: (B, side, side, channels) float32 in
    [-1, 1]. Two hidden layers of `generator_width` rectified units, as in the authors' code (whose output is a sigmoid,
    in [0, 1] and at half the slope). Their dropout, if any, is seeded by the latents: sampling needs no further input.
    """
    latent = keras.Input((config.input_dim,), name="latent")
    condition = Condition(config, config.conditioning, generates=True)
    noise = condition.with_reference(latent)
    width = config.generator_width
    seed = LatentSeed()(latent) if config.generator_dropout else None

    def hidden(x, units: int):
        return layers.ReLU()(condition.normalize(layers.Dense(units, kernel_initializer=uniform(0.05))(x)))

    def dropped(x, salt: int):
        return x if seed is None else SeededDropout(config.generator_dropout, salt, always=False)([x, seed])

    if condition.is_concatenated:
        noise_units = max(round(width * NOISE_SHARE), 1)
        x = layers.concatenate([hidden(noise, noise_units), hidden(condition.one_hot, width - noise_units)])
    else:
        x = hidden(noise, width)
    x = dropped(layers.Activation("linear", name="maps_0")(hidden(dropped(x, 0), width)), 1)
    shape = (config.image_size, config.image_size, config.channels)
    x = layers.Reshape(shape)(layers.Dense(math.prod(shape), kernel_initializer=uniform(0.05), dtype="float32")(x))
    image = layers.Activation("tanh", dtype="float32", name="image")(condition.without_reference(x))
    return keras.Model({"latent": latent, **condition.inputs}, image, name="generator")


def discriminator(config: ImageGenerationConfig) -> keras.Model:
    """Image, and possibly its class, to the logits of "real" and the heads (see `conditions.discriminator_outputs`).

    Inputs: `image` (B, side, side, channels) in [-1, 1]; if conditional, `label` (B,); with dropout, `seed` (B, 2).
    Two hidden layers of `discriminator_width` maxout units (Goodfellow et al. 2013), as in the authors' code.
    """
    image = keras.Input((config.image_size, config.image_size, config.channels), name="image")
    seed = keras.Input((2,), dtype="int32", name="seed")
    condition = Condition(config, config.discriminator_conditioning)
    normalize = normalization(config.discriminator_normalization)
    _, dense = layer_types(config)
    width = config.discriminator_width

    def hidden(x, units: int, salt: int, dropout: float, pieces: int = config.maxout_pieces):
        x = SeededDropout(dropout, salt, always=False)([x, seed]) if dropout else x
        x = normalize(dense(units * pieces, kernel_initializer=uniform(0.005 if pieces > 1 else 0.05))(x))
        if pieces == 1:
            return layers.LeakyReLU(LEAK)(x)
        return ops.max(layers.Reshape((units, pieces))(x), axis=-1)

    x = hidden(layers.Flatten()(image), width, 0, config.dropout * INPUT_DROPOUT)
    if condition.is_concatenated:
        x = layers.concatenate([x, hidden(condition.one_hot, max(round(width * CLASS_SHARE), 1), 1, 0.0)])
    joint = config.joint_pieces and condition.is_concatenated and config.maxout_pieces > 1
    pieces = config.joint_pieces if joint else config.maxout_pieces
    x = layers.Activation("linear", name="features_0")(hidden(x, width, 2, config.dropout, pieces))
    # pylearn2's dropout is of each layer's input, the logit's included.
    x = SeededDropout(config.dropout, 3, always=False)([x, seed]) if config.dropout else x
    start = functools.partial(uniform, 0.005 if config.maxout_pieces > 1 else 0.05)
    outputs = discriminator_outputs(x, config, condition, dense, pooled=x, start=start)
    inputs = {"image": image, **condition.inputs, **({"seed": seed} if config.dropout else {})}
    return keras.Model(inputs, outputs, name="discriminator")


def point_generator(config: PointGenerationConfig) -> keras.Model:
    """Noise to points. Input: `latent` (B, input_dim). Output: (B, dimensions) float32, unbounded."""
    latent = keras.Input((config.input_dim,), name="latent")
    x = latent
    for _ in range(2):
        x = layers.ReLU()(linear(x, config.generator_width))
    points = layers.Dense(config.dimensions, dtype="float32", name="points")(x)
    return keras.Model({"latent": latent}, points, name="generator")


def point_discriminator(config: PointGenerationConfig) -> keras.Model:
    """Points to the logits of "real". Input: `image` (B, dimensions), the points. Output: (B, 1) float32."""
    point = keras.Input((config.dimensions,), name="image")
    x = point
    for _ in range(2):
        x = normalization(config.discriminator_normalization)(linear(x, config.discriminator_width))
        x = layers.LeakyReLU(LEAK)(x)
    logits = layers.Dense(1, dtype="float32", name="logits")(beside_others(x, config))
    return keras.Model({"image": point}, logits, name="discriminator")
