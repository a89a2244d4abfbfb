import numpy as np
import pytest
import tensorflow as tf

from losses.penalties import gradient_penalty

WEIGHT = tf.random.stateless_uniform((6,), [1, 2])


def images(seed, shape=(6, 4, 4, 3)):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0, 3.0])
def test_a_linear_critic_pays_for_its_slope(slope):
    direction = np.random.default_rng(0).normal(size=(4, 4, 3)).astype(np.float32)
    direction *= slope / np.linalg.norm(direction)
    penalty = gradient_penalty(lambda x: tf.reduce_sum(x * direction, axis=(1, 2, 3)), images(1), images(2), WEIGHT)
    assert penalty.dtype == tf.float32
    np.testing.assert_allclose(penalty, (slope - 1) ** 2, atol=1e-5)


def test_the_norm_is_an_examples_own():
    """For |x|^2 / 2 the gradient is x itself: with real = fake the penalty is known."""
    rows = tf.constant([[3.0, 4.0], [0.6, 0.8]])
    penalty = gradient_penalty(lambda x: tf.reduce_sum(x * x, axis=1) / 2, rows, rows, WEIGHT[:2])
    np.testing.assert_allclose(penalty, ((5 - 1) ** 2 + 0) / 2, rtol=1e-5)


def test_points_lie_between_real_and_fake():
    seen = []

    def score(x):
        seen.append(x.numpy())
        return tf.reduce_sum(x, axis=1)

    gradient_penalty(score, tf.ones((6, 3)), -tf.ones((6, 3)), WEIGHT)
    np.testing.assert_allclose(seen[0], np.repeat(2 * WEIGHT.numpy()[:, np.newaxis] - 1, 3, axis=1), rtol=1e-5)


def test_a_flat_critic_has_a_finite_gradient():
    weight = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(lambda x: weight * tf.reduce_sum(x, axis=(1, 2, 3)), images(1), images(2), WEIGHT)
    assert np.isfinite(tape.gradient(penalty, weight))
