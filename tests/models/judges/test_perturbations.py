"""The fast gradient sign method on a classifier whose loss is known: sections 3 and 4 of Goodfellow et al. 2015."""

import numpy as np
import pytest
import tensorflow as tf

from models.judges.perturbations import fast_gradient_sign
from tests.models.steps import Step, class_entropy, descend, images, plain


def test_each_pixel_goes_up_by_epsilon_of_the_range_and_stays_within_it():
    given = tf.constant([0.0, 0.5, -0.99, 0.99, 0.3])
    found = fast_gradient_sign(given, tf.constant([3.0, -1e-9, -7.0, 2.0, 0.0]), 0.1)
    np.testing.assert_allclose(found, [0.2, 0.3, -1.0, 1.0, 0.3], atol=1e-6)


def test_of_a_linear_classifier_no_step_of_its_size_raises_the_loss_more():
    rng = np.random.default_rng(0)
    weights = tf.constant(rng.normal(size=(50, 2)), tf.float32)
    points = tf.constant(rng.uniform(-0.5, 0.5, (20, 50)), tf.float32)
    labels = tf.constant(rng.integers(0, 2, 20))

    def losses(at):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, at @ weights)

    with tf.GradientTape() as tape:
        tape.watch(points)
        loss = tf.reduce_mean(losses(points))
    worst = losses(fast_gradient_sign(points, tape.gradient(loss, points), 0.1))
    # The margin falls by epsilon times the sum of the absolute weights (section 3), here by 0.2 in [-1, 1].
    away = weights[:, 1] - weights[:, 0]
    margins = tf.linalg.matvec(points, away) * tf.where(labels == 1, 1.0, -1.0)
    np.testing.assert_allclose(worst, tf.math.softplus(0.2 * tf.reduce_sum(tf.abs(away)) - margins), rtol=1e-4)
    for seed in range(50):
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], points.shape)
        assert np.all(worst >= losses(fast_gradient_sign(points, tf.constant(signs, tf.float32), 0.1)))


@pytest.mark.parametrize("epsilon", [0.0, 0.05])
def test_half_of_the_loss_of_adversarial_training_is_that_of_the_deceiving_images(epsilon):
    model = plain("class_judge", value_counts=(4,), channels=3, adversarial_epsilon=epsilon)
    image, labels = images(0), np.array([[0], [3], [1], [2]])
    step = Step(model, {"image": image, "attributes": tf.constant(labels, tf.int32)})
    with tf.GradientTape() as image_tape:
        image_tape.watch(image)
        first = class_entropy(model.classifier({"image": image}, training=True), labels[:, 0])
    signs = np.sign(image_tape.gradient(first, image))
    deceiving = tf.constant(np.clip(image + 2 * epsilon * signs, -1, 1), tf.float32)
    with tf.GradientTape() as tape:
        logits = model.classifier({"image": image}, training=True)
        loss = class_entropy(logits, labels[:, 0])
        if epsilon:
            loss = (loss + class_entropy(model.classifier({"image": deceiving}, training=True), labels[:, 0])) / 2
    descend(loss, tape, model.classifier)
    step.assert_repeated(loss=loss, accuracy=np.mean(np.argmax(logits, axis=1) == labels[:, 0]))
