"""The boundary-seeking loss on a generator that can be enumerated: two black or white pixels."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from losses import boundary_seeking_loss

IMAGES = tf.constant(list(itertools.product([-1.0, 1.0], repeat=2)))


def log_probability(images, logits):
    """(n, pixels) of n images by the logits of white pixels."""
    return tf.reduce_sum(tf.math.log_sigmoid(images * logits), axis=-1)


def test_numbers_worked_by_hand():
    # exp(0) and exp(log 3) of the first: weights of 1/4 and 3/4, less 1/2; equal ones of the second.
    logits = tf.constant([[0.0, np.log(3.0)], [5.0, 5.0]])
    log_probabilities = tf.constant([[-1.0, -2.0], [-4.0, -6.0]])
    loss = boundary_seeking_loss(log_probabilities, logits)
    assert float(loss) == pytest.approx(((-0.25 + 0.5) + 0.0) / 2, rel=1e-6)


def test_no_gradient_goes_through_the_weights():
    logits, log_probabilities = tf.Variable([[0.3, -0.2]]), tf.Variable([[-1.0, -2.0]])
    with tf.GradientTape() as tape:
        loss = boundary_seeking_loss(log_probabilities, logits)
    gradients = tape.gradient(loss, [logits, log_probabilities])
    assert gradients[0] is None
    # Towards the draw that the discriminator takes for real, away from the other.
    np.testing.assert_array_equal(np.sign(gradients[1]), [[-1, 1]])


def test_the_baseline_leaves_the_expected_gradient_and_takes_most_of_its_noise():
    """Over many latents with few draws each, beside the plain estimate of section 3.2."""
    start, draws = tf.constant([-0.5, 0.8]), 4
    uniform = np.random.default_rng(0).random((4000, draws, 2))
    images = tf.where(tf.sigmoid(start) > uniform, 1.0, -1.0)
    logits = 0.3 * images[..., 0]
    plain = tf.nn.softmax(logits, axis=1)

    def gradients(weights):
        # By the logit of a white pixel, log g changes by (1 + x) / 2 - sigmoid.
        each = -tf.reduce_sum(weights[..., tf.newaxis] * ((1 + images) / 2 - tf.sigmoid(start)), axis=1)
        return each.numpy()

    variable = tf.Variable(start)
    with tf.GradientTape() as tape:
        loss = boundary_seeking_loss(log_probability(images, variable), logits)
    found = tape.gradient(loss, variable).numpy()
    np.testing.assert_allclose(found, gradients(plain - 1 / draws).mean(axis=0), rtol=1e-4, atol=1e-6)
    spread = gradients(plain).std(axis=0) / np.sqrt(len(images))
    assert np.all(np.abs(found - gradients(plain).mean(axis=0)) < 4 * spread)
    assert np.all(gradients(plain - 1 / draws).std(axis=0) < 0.3 * gradients(plain).std(axis=0))


def gradient_of(pixel_logits, discriminator, draws=200_000):
    """The mean over draws of the gradient by the generator's two logits, as the loss has it."""
    uniform = np.random.default_rng(0).random((draws, 2))
    images = tf.where(tf.sigmoid(pixel_logits) > uniform, 1.0, -1.0)
    variable = tf.Variable(pixel_logits)
    with tf.GradientTape() as tape:
        found = log_probability(images, variable)[tf.newaxis]
        loss = boundary_seeking_loss(found, discriminator(images)[tf.newaxis])
    return tape.gradient(loss, variable).numpy()


def test_with_the_best_discriminator_it_is_the_gradient_to_the_data_and_ends_there():
    data, start = tf.constant([1.2, -0.4]), tf.constant([-0.5, 0.8])

    def best(images):
        # log p / q
        return log_probability(images, data) - log_probability(images, start)

    # Of -E_p log g: the probability of white by the generator less that by the data, pixel by pixel.
    expected = (tf.sigmoid(start) - tf.sigmoid(data)).numpy()
    np.testing.assert_allclose(gradient_of(start, best), expected, atol=0.01)
    assert np.abs(expected).min() > 0.2
    # A discriminator that cannot tell them apart leaves the generator as it is.
    np.testing.assert_allclose(gradient_of(data, lambda images: tf.zeros(len(images))), [0.0, 0.0], atol=0.01)
