"""The loss of a style encoder."""

import tensorflow as tf


def style_loss(latent: tf.Tensor, style: tf.Tensor) -> tf.Tensor:
    """The mean over examples of |z - S(G(z, phi(t)))|^2; Reed et al. 2016, equation 6.

    Args:
        latent: (B, Z) the noise z from which images were generated.
        style: (B, Z) what the style encoder reads off the images.

    Returns:
        A float32 scalar; Z where the noise is N(0, 1) and every style is 0.
    """
    difference = tf.cast(latent, tf.float32) - tf.cast(style, tf.float32)
    return tf.reduce_mean(tf.reduce_sum(tf.square(difference), axis=1))
