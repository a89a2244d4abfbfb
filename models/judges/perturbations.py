"""Perturbations of images by which a classifier is deceived, and what they do to it."""

import tensorflow as tf


def fast_gradient_sign(images: tf.Tensor, gradient: tf.Tensor, epsilon: float) -> tf.Tensor:
    """The fast gradient sign method (Goodfellow et al. 2015, section 4): each pixel a step up the loss.

    No gradient goes through it, as the sign has none. The result is clipped to the range of pixels, of which the paper
    says nothing.

    Args:
        images: (B, h, w, c) in [-1, 1].
        gradient: of the loss by the images, of the same shape.
        epsilon: the step, as a share of the range of pixels: as the paper's, whose pixels are in [0, 1].
    """
    return tf.stop_gradient(tf.clip_by_value(images + 2.0 * epsilon * tf.sign(gradient), -1.0, 1.0))
