"""The generator's latent input as a function of a seed: the same in training, sampling and the exported model."""

from collections.abc import Callable

import tensorflow as tf

from models.generation.configs import GenerationConfig


def uniform(shape: tuple, seed: tf.Tensor) -> tf.Tensor:
    """Uniform in [-1, 1]."""
    return tf.random.stateless_uniform(shape, seed, -1.0, 1.0)


# The keys are `models.generation.configs.LATENT_DISTRIBUTIONS`.
DISTRIBUTIONS = {"uniform": uniform, "normal": tf.random.stateless_normal}


def one_hot(shape: tuple, seed: tf.Tensor) -> tf.Tensor:
    """One-hot rows of a uniform category."""
    count, categories = shape
    return tf.one_hot(tf.random.stateless_uniform((count,), seed, 0, categories, tf.int32), categories)


def latents(config: GenerationConfig) -> Callable[[tf.Tensor | int, tf.Tensor], tf.Tensor]:
    """A function from (count, (2,) integer seed) to (count, input_dim) latent inputs of the generator.

    They are the `latent_parts` of the configuration, side by side: noise and, in InfoGAN, a one-hot category and
    continuous codes.
    """
    fold = tf.random.experimental.stateless_fold_in
    draws = {
        "noise": DISTRIBUTIONS[config.latent_distribution],
        "category": lambda shape, seed: one_hot(shape, fold(seed, 1)),
        "codes": lambda shape, seed: uniform(shape, fold(seed, 2)),
    }
    parts = {name: size for name, size in config.latent_parts.items() if size}

    def draw(count, seed):
        return tf.concat([draws[name]((count, size), seed) for name, size in parts.items()], axis=1)

    return draw
