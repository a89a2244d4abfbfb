"""The divergence of normal distributions from the standard one."""

import tensorflow as tf


def standard_normal_divergence(mean: tf.Tensor, log_deviation: tf.Tensor) -> tf.Tensor:
    """The Kullback-Leibler divergence of independent normal distributions from N(0, 1), in nats, the mean over them.

    Kingma & Welling 2014, appendix B; Zhang et al. 2017 (StackGAN), equation 2, whose code has the mean over the
    dimensions, not their sum.

    Args:
        mean: (B, D) floats.
        log_deviation: (B, D) floats, logarithms of the standard deviations.

    Returns:
        A float32 scalar, not negative.
    """
    mean, log_deviation = tf.cast(mean, tf.float32), tf.cast(log_deviation, tf.float32)
    return tf.reduce_mean(0.5 * (tf.exp(2.0 * log_deviation) + tf.square(mean) - 1.0) - log_deviation)
