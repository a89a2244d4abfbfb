"""Log-likelihoods of the classes, attributes and latent codes that a discriminator predicts from images."""

import math

import tensorflow as tf


def class_loss(logits: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
    """Mean cross-entropy of (B, C) logits and (B,) integer labels, a float32 scalar (Odena et al. 2017, equation 3)."""
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=tf.cast(logits, tf.float32))
    )


def attribute_loss(predicted: tf.Tensor, attributes: tf.Tensor) -> tf.Tensor:
    """Mean squared error of (B, A) predicted and (B, A) true attributes, a float32 scalar in their squared units."""
    return tf.reduce_mean(tf.square(tf.cast(predicted, tf.float32) - attributes))


def categorical_information(logits: tf.Tensor, one_hot: tf.Tensor) -> tf.Tensor:
    """Lower bound of the mutual information of images and a uniform categorical code (Chen et al. 2016, equation 5).

    Args:
        logits: (B, C), predicted from the generated images.
        one_hot: (B, C), the codes that the images were generated from.

    Returns:
        A float32 scalar in nats, log C at most: E[log Q(c|x)] + H(c).
    """
    cross_entropy = tf.nn.softmax_cross_entropy_with_logits(labels=one_hot, logits=tf.cast(logits, tf.float32))
    return math.log(one_hot.shape[-1]) - tf.reduce_mean(cross_entropy)


def continuous_information(means: tf.Tensor, codes: tf.Tensor) -> tf.Tensor:
    """The same bound for codes uniform in [-1, 1]; Q is a normal distribution with its variance fixed at 1.

    Args:
        means: (B, N), predicted from the generated images.
        codes: (B, N), the codes that the images were generated from.

    Returns:
        A float32 scalar in nats, the sum over the N codes.
    """
    squared = tf.reduce_sum(tf.square(tf.cast(means, tf.float32) - codes), axis=1)
    return codes.shape[1] * (math.log(2.0) - 0.5 * math.log(2.0 * math.pi)) - 0.5 * tf.reduce_mean(squared)
