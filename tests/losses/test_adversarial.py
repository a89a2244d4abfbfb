import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from losses import ADVERSARIAL

LOGITS = arrays.arrays(np.float32, arrays.array_shapes(max_dims=2, max_side=5), elements=st.floats(-50, 50, width=32))
SIDES = ("real", "fake", "generator")


def test_numbers_worked_by_hand():
    logits = tf.constant([[0.0], [2.0]])
    softplus = lambda x: np.log1p(np.exp(x))  # noqa: E731
    expected = {
        # -log sigmoid(x) = softplus(-x); -log(1 - sigmoid(x)) = softplus(x)
        "non_saturating": (
            (np.log(2) + softplus(-2)) / 2,
            (np.log(2) + softplus(2)) / 2,
            (np.log(2) + softplus(-2)) / 2,
        ),
        # The generator's is what the discriminator's is on generated images, negated.
        "minimax": (
            (np.log(2) + softplus(-2)) / 2,
            (np.log(2) + softplus(2)) / 2,
            -(np.log(2) + softplus(2)) / 2,
        ),
        # (x - 1)^2: 1 and 1; x^2: 0 and 4
        "least_squares": (1.0, 2.0, 1.0),
        # max(0, 1 - x): 1 and 0; max(0, 1 + x): 1 and 3; -mean: -1
        "hinge": (0.5, 2.0, -1.0),
        "wasserstein": (-1.0, 1.0, -1.0),
    }
    assert set(expected) == set(ADVERSARIAL)
    for name, values in expected.items():
        found = [float(getattr(ADVERSARIAL[name], side)(logits)) for side in SIDES]
        np.testing.assert_allclose(found, values, rtol=1e-6, err_msg=name)


@given(logits=LOGITS, target=st.floats(0.5, 1.0))
@settings(max_examples=30, deadline=None)
def test_cross_entropy_is_that_of_keras(logits, target):
    loss = ADVERSARIAL["non_saturating"]
    keras_loss = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = np.ones_like(logits), np.zeros_like(logits)
    np.testing.assert_allclose(loss.real(logits, target), keras_loss(target * ones, logits), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(loss.fake(logits), keras_loss(zeros, logits), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(loss.generator(logits), keras_loss(ones, logits), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ADVERSARIAL)
@given(logits=LOGITS)
@settings(max_examples=20, deadline=None)
def test_a_finite_float32_scalar_whatever_the_logits(name, logits):
    for side in SIDES:
        for dtype in (tf.float32, tf.bfloat16):
            value = getattr(ADVERSARIAL[name], side)(tf.cast(logits, dtype))
            assert value.dtype == tf.float32
            assert value.shape == ()
            assert np.isfinite(value)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_directions(name):
    """The discriminator wants real logits up and fake ones down; the generator wants its own up."""
    loss = ADVERSARIAL[name]
    logits = tf.constant([-0.5, 0.5])
    for function, sign in ((loss.real, -1), (loss.fake, 1), (loss.generator, -1)):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = function(logits)
        gradient = sign * tape.gradient(value, logits).numpy()
        assert gradient.max() > 0
        assert gradient.min() >= (-0.5 if name == "least_squares" else 0)


@pytest.mark.parametrize("name", ["non_saturating", "least_squares"])
def test_a_smoothed_target_moves_only_the_real_loss_and_its_optimum(name):
    loss = ADVERSARIAL[name]
    logits = tf.Variable([3.0])
    for _ in range(400):
        with tf.GradientTape() as tape:
            value = loss.real(logits, 0.9)
        logits.assign_sub((2.0 if name == "non_saturating" else 0.5) * tape.gradient(value, logits))
    # sigmoid(log 9) = 0.9
    assert float(logits[0]) == pytest.approx(np.log(9) if name == "non_saturating" else 0.9, abs=0.02)


@pytest.mark.parametrize("name", ["hinge", "wasserstein"])
def test_losses_without_targets_ignore_smoothing(name):
    logits = tf.constant([0.3, -2.0])
    assert float(ADVERSARIAL[name].real(logits, 0.9)) == float(ADVERSARIAL[name].real(logits))


@pytest.fixture(scope="module")
def best_discriminator():
    """Two densities p (data) and q (generated) on a line, and the D that maximizes V(D, G), found by gradient descent.

    The losses are means over examples: here over places of the line, each as often as its density says.
    """
    x, examples = np.linspace(-4.0, 6.0, 101), 100_000

    def normal(mean, deviation):
        density = np.exp(-0.5 * ((x - mean) / deviation) ** 2)
        return density / density.sum()

    p, q = normal(0.0, 1.0), 0.5 * (normal(1.5, 0.7) + normal(3.0, 1.0))
    logits, loss = tf.Variable(tf.zeros(len(x))), ADVERSARIAL["minimax"]
    optimizer = keras.optimizers.Adam(0.1)

    real, fake = (np.repeat(np.arange(len(x)), np.round(density * examples).astype(int)) for density in (p, q))

    def value():
        return -(loss.real(tf.gather(logits, real)) + loss.fake(tf.gather(logits, fake)))

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            negated = -value()
        optimizer.apply([tape.gradient(negated, logits)], [logits])

    for _ in range(400):
        step()
    return p, q, tf.sigmoid(logits).numpy(), float(value())


def test_the_best_discriminator_is_p_over_p_plus_q(best_discriminator):
    """Goodfellow et al. 2014, proposition 1."""
    p, q, best, _ = best_discriminator
    seen = p + q > 1e-4
    np.testing.assert_allclose(best[seen], (p / (p + q))[seen], atol=0.01)


def test_its_value_is_two_jensen_shannon_divergences_less_log_four(best_discriminator):
    """Goodfellow et al. 2014, theorem 1."""
    p, q, _, value = best_discriminator
    middle = (p + q) / 2
    divergence = 0.5 * (p * np.log(p / middle)).sum() + 0.5 * (q * np.log(q / middle)).sum()
    assert value == pytest.approx(-np.log(4) + 2 * divergence, abs=1e-3)
    assert divergence > 0.1
