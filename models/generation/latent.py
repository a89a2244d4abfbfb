"""Noise as a function of a seed: the same in training, sampling and the exported model."""

from collections.abc import Callable

import tensorflow as tf

from models.generation.configs import GenerationConfig, InfoGANConfig


def latents(config: GenerationConfig) -> Callable[[tf.Tensor | int, tf.Tensor], tf.Tensor]:
    """A function from (count, (2,) integer seed) to (count, input_dim) inputs of the generator.

    InfoGAN's are noise, a one-hot category (uniform), and continuous codes (uniform in [-1, 1]), in this order.
    """

    def draw(count, seed):
        if config.latent_distribution == "normal":
            noise = tf.random.stateless_normal((count, config.latent_dim), seed)
        else:
            noise = tf.random.stateless_uniform((count, config.latent_dim), seed, -1.0, 1.0)
        if not isinstance(config, InfoGANConfig):
            return noise
        parts, fold = [noise], tf.random.experimental.stateless_fold_in
        if config.categories:
            category = tf.random.stateless_uniform((count,), fold(seed, 1), 0, config.categories, tf.int32)
            parts.append(tf.one_hot(category, config.categories))
        if config.continuous_codes:
            parts.append(tf.random.stateless_uniform((count, config.continuous_codes), fold(seed, 2), -1.0, 1.0))
        return tf.concat(parts, axis=1)

    return draw
