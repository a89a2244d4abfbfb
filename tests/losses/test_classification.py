import math

import numpy as np
import tensorflow as tf

from losses import attribute_loss, categorical_information, class_loss, continuous_information


def test_the_class_loss_by_hand():
    logits = tf.constant([[math.log(3.0), 0.0], [0.0, 0.0]])
    loss = class_loss(tf.cast(logits, tf.bfloat16), tf.constant([0, 1]))
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, (-math.log(0.75) - math.log(0.5)) / 2, atol=5e-3)


def test_the_attribute_loss_by_hand():
    predicted = tf.constant([[1.0, 0.0], [0.5, -1.0]])
    loss = attribute_loss(tf.cast(predicted, tf.bfloat16), tf.constant([[0.0, 0.0], [0.5, 1.0]]))
    assert loss.dtype == tf.float32
    # Errors of 1, 0, 0 and 2.
    np.testing.assert_allclose(loss, (1.0 + 4.0) / 4)


def test_a_category_predicted_with_certainty_has_the_information_of_its_entropy():
    one_hot = tf.one_hot([0, 3, 2, 1], 4)
    np.testing.assert_allclose(categorical_information(100.0 * one_hot, one_hot), math.log(4.0), rtol=1e-6)


def test_a_category_that_cannot_be_predicted_has_no_information():
    one_hot = tf.one_hot([0, 3, 2, 1], 4)
    np.testing.assert_allclose(categorical_information(tf.zeros((4, 4)), one_hot), 0.0, atol=1e-6)
    # A wrong prediction is worse than none.
    assert categorical_information(3.0 * one_hot[::-1], one_hot) < 0


def test_continuous_codes_by_hand():
    """Two codes, the second with an error of 2: E[log N(c; mean, 1)] + 2 log 2."""
    information = continuous_information(tf.constant([[0.5, 1.0]]), tf.constant([[0.5, -1.0]]))
    by_hand = -math.log(2 * math.pi) - 0.5 * 2.0**2 + 2 * math.log(2.0)
    np.testing.assert_allclose(information, by_hand, rtol=1e-6)
