"""Penalties on the discriminator's gradient."""

from collections.abc import Callable

import tensorflow as tf


def gradient_penalty(
    score: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """How far the critic's slope is from 1 between real and generated images (Gulrajani et al. 2017, equation 3).

    Args:
        score: images -> logits; whatever else it depends on (a text) is held fixed.
        real: (B, ...) real images.
        fake: (B, ...) generated images.
        weight: (B,) of the real images in the images between; drawn uniformly in [0, 1) in the paper.

    Returns:
        The mean of (|gradient| - 1)^2 over the batch, a float32 scalar, not yet weighted.
    """
    real, fake = tf.cast(real, tf.float32), tf.cast(fake, tf.float32)
    weight = tf.reshape(weight, (-1,) + (1,) * (real.shape.rank - 1))
    between = weight * real + (1.0 - weight) * fake
    with tf.GradientTape() as tape:
        tape.watch(between)
        logits = tf.cast(score(between), tf.float32)
    gradient = tf.cast(tape.gradient(logits, between), tf.float32)
    squared_norm = tf.reduce_sum(tf.square(gradient), axis=list(range(1, gradient.shape.rank)))
    # The square root's own gradient is infinite at 0, hence the epsilon inside it.
    return tf.reduce_mean(tf.square(tf.sqrt(squared_norm + 1e-12) - 1.0))
