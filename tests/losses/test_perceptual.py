import numpy as np
import pytest
import tensorflow as tf

from losses import perceptual_loss, pixel_loss

REAL = [np.array([[[[3.0, 4.0]]]], np.float32), np.array([[[[0.1]]]], np.float32)]
OTHER = [np.array([[[[3.0, 2.0]]]], np.float32), np.array([[[[0.2]]]], np.float32)]


def test_pixels_by_hand():
    assert float(pixel_loss(REAL[0], OTHER[0])) == pytest.approx((0 + 4) / 2)


def test_features_are_divided_by_the_scale_or_by_what_the_real_ones_are():
    # Means of squares: of the errors 2 and 0.01, of the real features 12.5 and 0.01.
    assert float(perceptual_loss(REAL, OTHER, 8.0)) == pytest.approx((2 / 8 + 0.01 / 8) / 2)
    assert float(perceptual_loss(REAL, OTHER)) == pytest.approx((2 / 12.5 + 0.01 / 0.01) / 2)
    assert float(perceptual_loss(REAL, REAL)) == 0.0


def test_only_what_is_generated_gets_a_gradient():
    real, other = tf.Variable(REAL[0]), tf.Variable(OTHER[0])
    with tf.GradientTape() as tape:
        loss = perceptual_loss([real], [other])
    of_real, of_other = tape.gradient(loss, [real, other])
    assert of_real is None
    # 2 (other - real) / 2 / 12.5.
    np.testing.assert_allclose(of_other, [[[[0.0, -2 / 12.5]]]], rtol=1e-6)
