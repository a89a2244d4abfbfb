"""Penalties on the discriminator's gradient, each an unweighted mean over a batch: a float32 scalar.

All take the same arguments, so that any of them goes with any adversarial loss:
    score: images -> logits; whatever else the logits depend on (a text, a label) is held fixed.
    real: (B, ...) real images.
    fake: (B, ...) generated images.
    weight: (B,) the real images' share of the interpolated ones; drawn uniformly from [0, 1).
"""

from collections.abc import Callable

import tensorflow as tf

Score = Callable[[tf.Tensor], tf.Tensor]


def squared_gradient_norm(score: Score, images: tf.Tensor) -> tf.Tensor:
    """(B,) the squared norm of the gradient of each image's logits with respect to that image."""
    images = tf.cast(images, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = tf.cast(score(images), tf.float32)
    gradient = tf.cast(tape.gradient(logits, images), tf.float32)
    return tf.reduce_sum(tf.square(gradient), axis=list(range(1, gradient.shape.rank)))


def interpolated_gradient_norm(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """(B,) the norm of the gradient at interpolations of real and generated images."""
    real, fake = tf.cast(real, tf.float32), tf.cast(fake, tf.float32)
    weight = tf.reshape(weight, (-1,) + (1,) * (real.shape.rank - 1))
    # The gradient of the square root is infinite at 0, hence the epsilon.
    return tf.sqrt(squared_gradient_norm(score, weight * real + (1.0 - weight) * fake) + 1e-12)


def gradient_penalty(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """The squared distance of the interpolated gradient norm from 1 (Gulrajani et al. 2017, equation 3)."""
    return tf.reduce_mean(tf.square(interpolated_gradient_norm(score, real, fake, weight) - 1.0))


def one_sided_gradient_penalty(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """The squared excess of the interpolated gradient norm over 1 (Petzka et al. 2018, equation 8)."""
    return tf.reduce_mean(tf.square(tf.nn.relu(interpolated_gradient_norm(score, real, fake, weight) - 1.0)))


def r1_penalty(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Half the squared gradient norm at real images (Mescheder et al. 2018, equation 9)."""
    return 0.5 * tf.reduce_mean(squared_gradient_norm(score, real))


def r2_penalty(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Half the squared gradient norm at generated images (Mescheder et al. 2018, equation 10)."""
    return 0.5 * tf.reduce_mean(squared_gradient_norm(score, fake))


PENALTIES = {
    "gradient": gradient_penalty,
    "one_sided_gradient": one_sided_gradient_penalty,
    "r1": r1_penalty,
    "r2": r2_penalty,
}
