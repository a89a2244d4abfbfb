import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from losses import ADVERSARIAL

SEPARABLE = {name: loss() for name, loss in ADVERSARIAL.items() if not loss().is_paired}
PAIRED = {name: loss() for name, loss in ADVERSARIAL.items() if loss().is_paired}

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
        # As the non-saturating one's; x^2 / 2: 0 and 2
        "boundary_seeking": ((np.log(2) + softplus(-2)) / 2, (np.log(2) + softplus(2)) / 2, 1.0),
        # x; max(0, 1 - x): 1 and 0; x
        "energy": (1.0, 0.5, 1.0),
    }
    assert set(expected) == set(SEPARABLE)
    for name, values in expected.items():
        found = [float(getattr(SEPARABLE[name], side)(logits)) for side in SIDES]
        np.testing.assert_allclose(found, values, rtol=1e-6, err_msg=name)


def test_a_margin_worked_by_hand():
    loss, logits = ADVERSARIAL["hinge"](margin=3.0), tf.constant([[0.0], [2.0]])
    # max(0, 3 - x): 3 and 1; max(0, 3 + x): 3 and 5; -mean: -1
    assert [float(getattr(loss, side)(logits)) for side in SIDES] == [2.0, 4.0, -1.0]


def test_paired_losses_worked_by_hand():
    real, fake = tf.constant([[1.0], [3.0]]), tf.constant([[0.0], [-1.0]])
    softplus = lambda x: np.log1p(np.exp(x))  # noqa: E731
    expected = {
        # -log sigmoid(real - fake): differences of 1 and 4; the generator's are -1 and -4
        "relativistic": ((softplus(-1) + softplus(-4)) / 2, (softplus(1) + softplus(4)) / 2),
        # real - mean(fake): 1.5 and 3.5; fake - mean(real): -2 and -3
        "relativistic_average": (
            (softplus(-1.5) + softplus(-3.5)) / 2 + (softplus(-2) + softplus(-3)) / 2,
            (softplus(1.5) + softplus(3.5)) / 2 + (softplus(2) + softplus(3)) / 2,
        ),
    }
    assert set(expected) == set(PAIRED)
    for name, values in expected.items():
        found = [float(PAIRED[name].discriminator(real, fake)), float(PAIRED[name].generator(fake, real))]
        np.testing.assert_allclose(found, values, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("name", PAIRED)
@given(logits=LOGITS)
@settings(max_examples=20, deadline=None)
def test_a_paired_loss_is_a_finite_float32_scalar_that_depends_on_differences_only(name, logits):
    loss, other = PAIRED[name], logits[::-1]
    for function in (loss.discriminator, loss.generator):
        for dtype in (tf.float32, tf.bfloat16):
            value = function(tf.cast(logits, dtype), tf.cast(other, dtype))
            assert value.dtype == tf.float32
            assert value.shape == ()
            assert np.isfinite(value)
        np.testing.assert_allclose(function(logits + 7.0, other + 7.0), function(logits, other), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", SEPARABLE)
def test_the_discriminators_loss_of_a_separable_one_is_a_sum_and_its_generators_ignores_real_logits(name):
    loss, real, fake = SEPARABLE[name], tf.constant([0.3, -0.2]), tf.constant([1.5, -2.0])
    assert float(loss.discriminator(real, fake)) == float(loss.real(real) + loss.fake(fake))
    assert float(loss.generator(fake, real)) == float(loss.generator(fake))


@given(logits=LOGITS, smoothing=st.floats(0.0, 0.5))
@settings(max_examples=30, deadline=None)
def test_cross_entropy_is_that_of_keras(logits, smoothing):
    loss = ADVERSARIAL["non_saturating"](label_smoothing=smoothing)
    keras_loss = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = np.ones_like(logits), np.zeros_like(logits)
    np.testing.assert_allclose(loss.real(logits), keras_loss((1.0 - smoothing) * ones, logits), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(loss.fake(logits), keras_loss(zeros, logits), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(loss.generator(logits), keras_loss(ones, logits), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", SEPARABLE)
@given(logits=LOGITS)
@settings(max_examples=20, deadline=None)
def test_a_finite_float32_scalar_whatever_the_logits(name, logits):
    for side in SIDES:
        for dtype in (tf.float32, tf.bfloat16):
            value = getattr(SEPARABLE[name], side)(tf.cast(logits, dtype))
            assert value.dtype == tf.float32
            assert value.shape == ()
            assert np.isfinite(value)


def test_the_boundary_is_where_it_leads_from_both_sides_and_its_pull_does_not_end_before():
    """Where the discriminator is sure that images are real, the non-saturating loss pushes them on."""
    logits = tf.constant([-3.0, -0.1, 0.0, 0.1, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        seeking, pushing = (ADVERSARIAL[name]().generator(logits) for name in ("boundary_seeking", "non_saturating"))
    np.testing.assert_allclose(tape.gradient(seeking, logits), logits / 5)
    assert np.all(tape.gradient(pushing, logits) < 0)


def test_energies_are_low_of_real_images_and_of_generated_ones_at_least_the_margin():
    loss, energies = ADVERSARIAL["energy"](margin=0.5), tf.constant([0.1, 0.4, 0.6])
    expected = {"real": [1, 1, 1], "fake": [-1, -1, 0], "generator": [1, 1, 1]}
    for side, signs in expected.items():
        with tf.GradientTape() as tape:
            tape.watch(energies)
            value = getattr(loss, side)(energies)
        np.testing.assert_allclose(tape.gradient(value, energies), np.array(signs) / 3, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in SEPARABLE if name not in ("boundary_seeking", "energy")])
def test_directions(name):
    """The discriminator raises real logits and lowers fake ones; the generator raises those of its images."""
    loss = SEPARABLE[name]
    logits = tf.constant([-0.5, 0.5])
    for function, sign in ((loss.real, -1), (loss.fake, 1), (loss.generator, -1)):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = function(logits)
        gradient = sign * tape.gradient(value, logits).numpy()
        assert gradient.max() > 0
        assert gradient.min() >= (-0.5 if name == "least_squares" else 0)


@pytest.mark.parametrize("name", ["non_saturating", "least_squares"])
def test_label_smoothing_moves_the_optimum_of_the_real_loss(name):
    loss = ADVERSARIAL[name](label_smoothing=0.1)
    logits = tf.Variable([3.0])
    for _ in range(400):
        with tf.GradientTape() as tape:
            value = loss.real(logits)
        logits.assign_sub((2.0 if name == "non_saturating" else 0.5) * tape.gradient(value, logits))
    # sigmoid(log 9) = 0.9
    assert float(logits[0]) == pytest.approx(np.log(9) if name == "non_saturating" else 0.9, abs=0.02)


@pytest.mark.parametrize("name", ["minimax", "non_saturating", "least_squares"])
def test_smoothing_is_one_sided(name):
    logits, plain, smoothed = tf.constant([0.3, -2.0]), ADVERSARIAL[name](), ADVERSARIAL[name](label_smoothing=0.1)
    assert float(smoothed.real(logits)) != float(plain.real(logits))
    for side in ("fake", "generator"):
        assert float(getattr(smoothed, side)(logits)) == float(getattr(plain, side)(logits))


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
    logits, loss = tf.Variable(tf.zeros(len(x))), ADVERSARIAL["minimax"]()
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
    sampled = p + q > 1e-4
    np.testing.assert_allclose(best[sampled], (p / (p + q))[sampled], atol=0.01)


def test_its_value_is_two_jensen_shannon_divergences_less_log_four(best_discriminator):
    """Goodfellow et al. 2014, theorem 1."""
    p, q, _, value = best_discriminator
    middle = (p + q) / 2
    divergence = 0.5 * (p * np.log(p / middle)).sum() + 0.5 * (q * np.log(q / middle)).sum()
    assert value == pytest.approx(-np.log(4) + 2 * divergence, abs=1e-3)
    assert divergence > 0.1
