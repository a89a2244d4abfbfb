"""Penalties on the discriminator's gradient, each the mean over a batch, not yet weighted: a float32 scalar.

All take the same arguments, so that any goes with any adversarial loss:
    score: images -> logits; whatever else it depends on (a text, a label) is held fixed.
    real: (B, ...) real images.
    fake: (B, ...) generated images.
    weight: (B,) of the real images in the images between; drawn uniformly in [0, 1).
"""

from collections.abc import Callable

import tensorflow as tf

Score = Callable[[tf.Tensor], tf.Tensor]


def squared_slope(score: Score, images: tf.Tensor) -> tf.Tensor:
    """(B,) the squared norm of each image's own gradient of its logits."""
    images = tf.cast(images, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = tf.cast(score(images), tf.float32)
    gradient = tf.cast(tape.gradient(logits, images), tf.float32)
    return tf.reduce_sum(tf.square(gradient), axis=list(range(1, gradient.shape.rank)))


def slope_between(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """(B,) the norm of the gradient at points between real and generated images."""
    real, fake = tf.cast(real, tf.float32), tf.cast(fake, tf.float32)
    weight = tf.reshape(weight, (-1,) + (1,) * (real.shape.rank - 1))
    # The square root's own gradient is infinite at 0, hence the epsilon inside it.
    return tf.sqrt(squared_slope(score, weight * real + (1.0 - weight) * fake) + 1e-12)


def gradient_penalty(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """How far the critic's slope between real and generated images is from 1 (Gulrajani et al. 2017, equation 3)."""
    return tf.reduce_mean(tf.square(slope_between(score, real, fake, weight) - 1.0))


def one_sided_gradient_penalty(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """How far the critic's slope between real and generated images is above 1 (Petzka et al. 2018, equation 8)."""
    return tf.reduce_mean(tf.square(tf.nn.relu(slope_between(score, real, fake, weight) - 1.0)))


def r1_penalty(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Half the squared slope at the real images (Mescheder et al. 2018, equation 9)."""
    return 0.5 * tf.reduce_mean(squared_slope(score, real))


def r2_penalty(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Half the squared slope at the generated images (Mescheder et al. 2018, equation 10)."""
    return 0.5 * tf.reduce_mean(squared_slope(score, fake))


PENALTIES = {
    "gradient": gradient_penalty,
    "one_sided_gradient": one_sided_gradient_penalty,
    "r1": r1_penalty,
    "r2": r2_penalty,
}
