"""The generator's latent input as a function of a seed: the same in training, sampling and the exported model."""

import math
from collections.abc import Callable

import tensorflow as tf

from models.generation.configs import GenerationConfig


def uniform(low: float, high: float) -> Callable[[tuple, tf.Tensor], tf.Tensor]:
    """(shape, seed) -> uniform numbers in [low, high)."""
    return lambda shape, seed: tf.random.stateless_uniform(shape, seed, low, high)


# The keys are `models.generation.configs.LATENT_DISTRIBUTIONS`.
DISTRIBUTIONS = {
    "uniform": uniform(-1.0, 1.0),
    "uniform_unit_cube": uniform(0.0, 1.0),
    "uniform_unit_variance": uniform(-math.sqrt(3.0), math.sqrt(3.0)),
    "normal": tf.random.stateless_normal,
}


def one_hot(shape: tuple, seed: tf.Tensor) -> tf.Tensor:
    """One-hot rows of a uniform category."""
    count, categories = shape
    return tf.one_hot(tf.random.stateless_uniform((count,), seed, 0, categories, tf.int32), categories)


def latents(config: GenerationConfig) -> Callable[[tf.Tensor | int, tf.Tensor], tf.Tensor]:
    """A function from (count, (2,) integer seed) to (count, input_dim) latent inputs of the generator.

    They are the `latent_parts` of the configuration, side by side: noise and, in InfoGAN, a one-hot category and
    continuous codes; of fonts, attributes; in LAPGAN, the noise of each level, by its side: `noise_16`, ...
    """
    fold, noise = tf.random.experimental.stateless_fold_in, DISTRIBUTIONS[config.latent_distribution]
    draws = {
        "noise": noise,
        "category": lambda shape, seed: one_hot(shape, fold(seed, 1)),
        **dict.fromkeys(("codes", "attributes"), lambda shape, seed: DISTRIBUTIONS["uniform"](shape, fold(seed, 2))),
    }
    parts = {name: size for name, size in config.latent_parts.items() if size}
    for name in parts:
        if name.startswith("noise_"):
            # Sides are larger than the numbers above.
            side = int(name.removeprefix("noise_"))
            draws[name] = lambda shape, seed, side=side: noise(shape, fold(seed, side))

    def draw(count, seed):
        return tf.concat([draws[name]((count, size), seed) for name, size in parts.items()], axis=1)

    return draw
