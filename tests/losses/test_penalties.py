import numpy as np
import pytest
import tensorflow as tf

from losses.penalties import PENALTIES, gradient_penalty, matching_aware_penalty

WEIGHT = tf.random.stateless_uniform((6,), [1, 2])


def images(seed, shape=(6, 4, 4, 3)):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


@pytest.mark.parametrize("norm", [0.0, 0.5, 1.0, 3.0])
def test_the_penalty_of_a_linear_critic(norm):
    direction = np.random.default_rng(0).normal(size=(4, 4, 3)).astype(np.float32)
    direction *= norm / np.linalg.norm(direction)
    penalty = gradient_penalty(lambda x: tf.reduce_sum(x * direction, axis=(1, 2, 3)), images(1), images(2), WEIGHT)
    assert penalty.dtype == tf.float32
    np.testing.assert_allclose(penalty, (norm - 1) ** 2, atol=1e-5)


def test_the_gradient_norm_is_of_each_example_alone():
    """For |x|^2 / 2 the gradient is x itself: with real = fake the penalty is known."""
    rows = tf.constant([[3.0, 4.0], [0.6, 0.8]])
    penalty = gradient_penalty(lambda x: tf.reduce_sum(x * x, axis=1) / 2, rows, rows, WEIGHT[:2])
    np.testing.assert_allclose(penalty, ((5 - 1) ** 2 + 0) / 2, rtol=1e-5)


def test_the_gradient_is_taken_at_interpolations():
    scored = []

    def score(x):
        scored.append(x.numpy())
        return tf.reduce_sum(x, axis=1)

    gradient_penalty(score, tf.ones((6, 3)), -tf.ones((6, 3)), WEIGHT)
    np.testing.assert_allclose(scored[0], np.repeat(2 * WEIGHT.numpy()[:, np.newaxis] - 1, 3, axis=1), rtol=1e-5)


def test_a_flat_critic_has_a_finite_gradient():
    weight = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(lambda x: weight * tf.reduce_sum(x, axis=(1, 2, 3)), images(1), images(2), WEIGHT)
    assert np.isfinite(tape.gradient(penalty, weight))


@pytest.mark.parametrize(
    ("name", "norm", "penalty"),
    [
        ("gradient", 0.5, 0.25),
        ("gradient", 3.0, 4.0),
        ("one_sided_gradient", 0.5, 0.0),
        ("one_sided_gradient", 3.0, 4.0),
        ("r1", 3.0, 4.5),
        ("r2", 3.0, 4.5),
        ("r1_r2", 3.0, 9.0),
    ],
)
def test_each_penalty_of_a_linear_critic(name, norm, penalty):
    direction = np.random.default_rng(0).normal(size=(4, 4, 3)).astype(np.float32)
    direction *= norm / np.linalg.norm(direction)
    found = PENALTIES[name](lambda x: tf.reduce_sum(x * direction, axis=(1, 2, 3)), images(1), images(2), WEIGHT)
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, penalty, atol=1e-5)


@pytest.mark.parametrize("name", ["gradient", "one_sided_gradient"])
def test_a_gradient_norm_of_one_is_not_penalized(name):
    direction = np.full((4, 4, 3), 1 / np.sqrt(48), np.float32)
    penalty = PENALTIES[name](lambda x: tf.reduce_sum(x * direction, axis=(1, 2, 3)), images(1), images(2), WEIGHT)
    assert penalty < 1e-10


def test_r1_is_of_real_images_and_r2_of_generated_ones():
    real, fake = tf.constant([[3.0, 4.0]]), tf.constant([[0.6, 0.8]])

    def score(x):
        return tf.reduce_sum(x * x, axis=1) / 2

    np.testing.assert_allclose(PENALTIES["r1"](score, real, fake, WEIGHT[:1]), 12.5)
    np.testing.assert_allclose(PENALTIES["r2"](score, real, fake, WEIGHT[:1]), 0.5)
    np.testing.assert_allclose(PENALTIES["r1_r2"](score, real, fake, WEIGHT[:1]), 13.0)


def test_the_matching_aware_penalty_adds_the_norms_of_image_and_text_before_the_power():
    """For (|x|^2 + |t|^2) / 2 the gradients are x and t: 2 + 1 to the sixth power, and 0 + 1."""
    image, text = tf.constant([[0.0, 2.0], [0.0, 0.0]]), tf.constant([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]])
    penalty = matching_aware_penalty(
        lambda x, t: (tf.reduce_sum(x * x, axis=1) + tf.reduce_sum(t * t, axis=1)) / 2, image, text
    )
    assert penalty.dtype == tf.float32
    np.testing.assert_allclose(penalty, (3**6 + 1) / 2, rtol=1e-4)


def matching_aware(score, real, fake, weight):
    """With the generated images in the place of texts."""
    return matching_aware_penalty(lambda image, text: score(0.3 * image + 0.2 * text), real, fake)


@pytest.mark.parametrize("name", [*PENALTIES, "matching_aware"])
def test_its_gradient_agrees_with_finite_differences(name):
    """In the weights of a critic that is not linear; in float32, hence the large steps."""
    rng = np.random.default_rng(0)
    kernel = tf.Variable(rng.normal(size=(3, 5)).astype(np.float32))
    last = tf.constant(rng.normal(size=(5, 1)).astype(np.float32))
    real, fake = (tf.constant(rng.normal(size=(6, 3)), tf.float32) for _ in range(2))

    function = PENALTIES.get(name, matching_aware)

    def penalty():
        return function(lambda x: tf.matmul(tf.tanh(tf.matmul(x, kernel)), last), real, fake, WEIGHT)

    with tf.GradientTape() as tape:
        value = penalty()
    gradient = tape.gradient(value, kernel).numpy()
    start, step = kernel.numpy(), 1e-2
    for place in np.ndindex(*start.shape):
        values = []
        for sign in (1, -1):
            moved = start.copy()
            moved[place] += sign * step
            kernel.assign(moved)
            values.append(float(penalty()))
        np.testing.assert_allclose(gradient[place], (values[0] - values[1]) / (2 * step), rtol=0.02, atol=0.02)
