"""Content losses of super-resolution (Ledig et al. 2017, section 2.2.1): of pixels, and of features."""

from collections.abc import Sequence

import tensorflow as tf


def pixel_loss(real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
    """Equation 4: the mean squared error of (B, h, w, c) images, a float32 scalar."""
    return tf.reduce_mean(tf.math.squared_difference(tf.cast(real, tf.float32), tf.cast(generated, tf.float32)))


def perceptual_loss(real: Sequence[tf.Tensor], generated: Sequence[tf.Tensor], scale: float = 0.0) -> tf.Tensor:
    """Equation 5: the mean squared error of features, the mean over layers; a float32 scalar.

    Args:
        real: for each layer (B, h, w, c) features of real images, which get no gradient.
        generated: the same of generated ones.
        scale: by which squared differences are divided; 0: by the mean square of the real features of that layer, so
            that layers of any size of features count alike.
    """
    losses = []
    for features, others in zip(real, generated, strict=True):
        features = tf.stop_gradient(tf.cast(features, tf.float32))
        error = pixel_loss(features, others)
        losses.append(error / (scale or tf.reduce_mean(tf.square(features))))
    return tf.add_n(losses) / len(losses)
