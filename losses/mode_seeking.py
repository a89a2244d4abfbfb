"""The loss of images that stay alike when the noise changes."""

import tensorflow as tf


def mode_seeking_loss(images: tf.Tensor, others: tf.Tensor, latent: tf.Tensor, other_latent: tf.Tensor) -> tf.Tensor:
    """The inverse of how far two images of one condition are apart, for the distance of their noises.

    Mao et al. 2019 (Mode Seeking Generative Adversarial Networks), equation 1, whose ratio is to be large; its inverse,
    with 1e-5 beside the ratio, is from the authors' code. Distances are means of absolute differences.

    Args:
        images: (B, ...) generated images.
        others: (B, ...) images of the same conditions.
        latent: (B, Z) the noise of the first.
        other_latent: (B, Z) the noise of the others.

    Returns:
        A float32 scalar, the mean over the pairs.
    """
    ratio = distances(images, others) / distances(latent, other_latent)
    return tf.reduce_mean(1.0 / (ratio + 1e-5))


def distances(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """(B,) means of the absolute differences of (B, ...)."""
    differences = tf.abs(tf.cast(one, tf.float32) - tf.cast(other, tf.float32))
    return tf.reduce_mean(differences, axis=list(range(1, differences.shape.rank)))
