"""Boundary-seeking for discrete images (Hjelm et al. 2018): what a generator learns where no gradient goes through."""

import tensorflow as tf


def boundary_seeking_loss(log_probabilities: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The lower-variance policy gradient: -sum_m w_m log g(x_m | z) over M draws x_m of each z, the mean over z.

    The weights are those of importance, D(x) / (1 - D(x)) = exp(logit), normalized over the draws of the same z; they
    are data of the loss, through which no gradient goes. Where the discriminator cannot tell the draws from real images
    they are equal, and the expected gradient is 0.

    Args:
        log_probabilities: (B, M) log g(x_m | z) of the draws, by the generator.
        logits: (B, M) the discriminator's logits of the draws.

    Returns:
        A float32 scalar.
    """
    weights = tf.stop_gradient(tf.nn.softmax(tf.cast(logits, tf.float32), axis=1))
    return -tf.reduce_mean(tf.reduce_sum(weights * tf.cast(log_probabilities, tf.float32), axis=1))
