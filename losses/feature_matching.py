"""Feature matching (Salimans et al. 2016, section 3.1): a generator whose images have the features of real ones."""

import tensorflow as tf


def feature_matching_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """The mean over features of the squared difference of their means over the batch, as in the authors' code.

    Args:
        real: (B, D) a discriminator's features of real images; no gradient goes through them.
        fake: (B, D) those of generated images.

    Returns:
        A float32 scalar.
    """
    means = (tf.reduce_mean(tf.cast(features, tf.float32), axis=0) for features in (tf.stop_gradient(real), fake))
    return tf.reduce_mean(tf.math.squared_difference(*means))
