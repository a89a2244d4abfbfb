import numpy as np
import pytest
import tensorflow as tf

from losses import gradient_penalty

SEED = tf.constant([1, 2])


def images(seed, shape=(6, 4, 4, 3)):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0, 3.0])
def test_a_linear_critic_pays_for_its_slope(slope):
    direction = np.random.default_rng(0).normal(size=(4, 4, 3)).astype(np.float32)
    direction *= slope / np.linalg.norm(direction)
    penalty = gradient_penalty(lambda x: tf.reduce_sum(x * direction, axis=(1, 2, 3)), images(1), images(2), SEED)
    assert penalty.dtype == tf.float32
    np.testing.assert_allclose(penalty, (slope - 1) ** 2, atol=1e-5)


def test_the_norm_is_an_examples_own():
    """For |x|^2 / 2 the gradient is x itself: with real = fake the penalty is known."""
    rows = tf.constant([[3.0, 4.0], [0.6, 0.8]])
    penalty = gradient_penalty(lambda x: tf.reduce_sum(x * x, axis=1) / 2, rows, rows, SEED)
    np.testing.assert_allclose(penalty, ((5 - 1) ** 2 + 0) / 2, rtol=1e-5)


def test_points_lie_uniformly_between_real_and_fake():
    seen = []

    def score(x):
        seen.append(x.numpy())
        return tf.reduce_sum(x, axis=1)

    gradient_penalty(score, tf.ones((4000, 3)), tf.zeros((4000, 3)), SEED)
    weights = seen[0]
    assert (weights == weights[:, :1]).all()
    assert np.abs(np.quantile(weights, [0.1, 0.5, 0.9]) - [0.1, 0.5, 0.9]).max() < 0.03


def test_a_flat_critic_has_a_finite_gradient():
    weight = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(lambda x: weight * tf.reduce_sum(x, axis=(1, 2, 3)), images(1), images(2), SEED)
    assert np.isfinite(tape.gradient(penalty, weight))


def test_the_seed_decides():
    score = lambda x: tf.reduce_sum(x**3, axis=(1, 2, 3))  # noqa: E731
    first = gradient_penalty(score, images(1), images(2), SEED)
    assert float(first) == float(gradient_penalty(score, images(1), images(2), SEED))
    assert float(first) != float(gradient_penalty(score, images(1), images(2), SEED + 1))
