"""Boundary-seeking for discrete images (Hjelm et al. 2018): what a generator learns where no gradient goes through."""

import tensorflow as tf


def boundary_seeking_loss(log_probabilities: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The lower-variance policy gradient: -sum_m (w_m - 1 / M) log g(x_m | z) over M draws x_m of each z, the mean over
    z.

    The weights are those of importance, D(x) / (1 - D(x)) = exp(logit), normalized over the draws of the same z; they
    are data of the loss, through which no gradient goes. The 1 / M, which they would be where the discriminator cannot
    tell one draw from another, is a baseline: it changes nothing of the expected gradient, as that of log g is 0, and
    takes most of its noise.

    Args:
        log_probabilities: (B, M) log g(x_m | z) of the draws, by the generator.
        logits: (B, M) the discriminator's logits of the draws.

    Returns:
        A float32 scalar.
    """
    weights = tf.nn.softmax(tf.cast(logits, tf.float32), axis=1)
    weights = tf.stop_gradient(weights - tf.reduce_mean(weights, axis=1, keepdims=True))
    return -tf.reduce_mean(tf.reduce_sum(weights * tf.cast(log_probabilities, tf.float32), axis=1))
