"""Penalties on the discriminator's gradient, each an unweighted mean over a batch: a float32 scalar.

All in `PENALTIES` take the same arguments, so that any of them goes with any adversarial loss:
    score: images -> logits; whatever else the logits depend on (a text, a label) is held fixed.
    real: (B, ...) real images.
    fake: (B, ...) generated images.
    weight: (B,) the real images' share of the interpolated ones; drawn uniformly from [0, 1).
"""

from collections.abc import Callable

import tensorflow as tf

Score = Callable[[tf.Tensor], tf.Tensor]

# p of the matching-aware penalty; Tao et al. 2022 (DF-GAN), section 3.3.
MATCHING_AWARE_POWER = 6


def squared_gradient_norm(score: Score, images: tf.Tensor) -> tf.Tensor:
    """(B,) the squared norm of the gradient of each image's logits with respect to that image."""
    images = tf.cast(images, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = tf.cast(score(images), tf.float32)
    return squared_norm(tape.gradient(logits, images))


def squared_norm(gradient: tf.Tensor) -> tf.Tensor:
    """(B,) the squared norms of the rows of (B, ...), in float32."""
    return tf.reduce_sum(tf.square(tf.cast(gradient, tf.float32)), axis=list(range(1, gradient.shape.rank)))


def norm(squared: tf.Tensor) -> tf.Tensor:
    """The square root, whose gradient is finite at 0."""
    return tf.sqrt(squared + 1e-12)


def interpolated_gradient_norm(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """(B,) the norm of the gradient at interpolations of real and generated images."""
    real, fake = tf.cast(real, tf.float32), tf.cast(fake, tf.float32)
    weight = tf.reshape(weight, (-1,) + (1,) * (real.shape.rank - 1))
    return norm(squared_gradient_norm(score, weight * real + (1.0 - weight) * fake))


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


def r1_r2_penalty(score: Score, real: tf.Tensor, fake: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """The sum of both, which a relativistic loss needs to converge (Huang et al. 2024 (R3GAN), section 2)."""
    return r1_penalty(score, real, fake, weight) + r2_penalty(score, real, fake, weight)


def matching_aware_penalty(
    score: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], real: tf.Tensor, text: tf.Tensor
) -> tf.Tensor:
    """The sixth power of the sum of two gradient norms at real images and texts that match them.

    Tao et al. 2022 (DF-GAN), section 3.3: the discriminator is flat where a generator should arrive, at real images
    with their own texts, and not at those with others.

    Args:
        score: images and texts -> logits.
        real: (B, ...) real images.
        text: (B, D) the texts that match them.
    """
    real, text = tf.cast(real, tf.float32), tf.cast(text, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch([real, text])
        logits = tf.cast(score(real, text), tf.float32)
    by_image, by_text = (norm(squared_norm(gradient)) for gradient in tape.gradient(logits, [real, text]))
    return tf.reduce_mean((by_image + by_text) ** MATCHING_AWARE_POWER)


PENALTIES = {
    "gradient": gradient_penalty,
    "one_sided_gradient": one_sided_gradient_penalty,
    "r1": r1_penalty,
    "r2": r2_penalty,
    "r1_r2": r1_r2_penalty,
}
