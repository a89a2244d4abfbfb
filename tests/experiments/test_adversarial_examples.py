"""Adversarial examples of a judge whose arithmetic is known: a linear one."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from experiments.adversarial_examples import EPSILONS, adversarial_examples, evenly_spread, run, wrong
from experiments.subject import Judged
from tests.worlds import labeled_images

NAMES = ("dark", "bright")


def linear_judge(weight=4.0):
    """Sees "bright" where the mean of an image is positive, the surer the more."""

    def logits(images):
        mean = tf.reduce_mean(images, axis=(1, 2, 3)) * weight
        return tf.stack([-mean, mean], axis=1)

    def input_gradient(images, attributes):
        with tf.GradientTape() as tape:
            tape.watch(images)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(attributes[:, 0], logits(images))
        return tape.gradient(loss, images)

    return SimpleNamespace(
        input_gradient=input_gradient,
        probabilities=lambda images: tf.nn.softmax(logits(images)),
    )


def images(means, side=16):
    rng = np.random.default_rng(0)
    noise = rng.uniform(-0.1, 0.1, (len(means), side, side, 1))
    noise -= noise.mean(axis=(1, 2, 3), keepdims=True)
    return (noise + np.reshape(means, (-1, 1, 1, 1))).astype(np.float32)


def test_signs_of_the_gradient_deceive_where_signs_at_random_do_not():
    means = np.array([-0.3, -0.15, 0.15, 0.3, 0.05, -0.05])
    labels = np.array([0, 0, 1, 1, 0, 1])
    finding = adversarial_examples(linear_judge(), images(means), labels, NAMES, seed=0)
    figures = finding.figures
    # The last two are wrong as they are.
    assert figures["error"] == pytest.approx(2 / 6)
    assert figures["confidence"] == pytest.approx(1 / (1 + np.exp(-8 * 0.05)), abs=1e-3)
    # By 2 epsilon the mean goes to the other side: 0.1 of the range moves 0.15, not 0.3.
    errors = {epsilon: figures[f"adversarial_{round(1000 * epsilon):04}"]["error"] for epsilon in EPSILONS}
    assert errors == pytest.approx({0.01: 2 / 6, 0.02: 2 / 6, 0.05: 2 / 6, 0.1: 4 / 6, 0.25: 1.0})
    deceived = figures["adversarial_0250"]["confidence"]
    moved = np.array([0.5 - 0.3, 0.5 - 0.15, 0.5 - 0.15, 0.5 - 0.3, 0.55, 0.55])
    assert deceived == pytest.approx(np.mean(1 / (1 + np.exp(-8 * moved))), abs=1e-3)
    assert all(figures[f"random_{round(1000 * epsilon):04}"]["error"] == pytest.approx(2 / 6) for epsilon in EPSILONS)
    assert set(finding.pictures) == {"examples", "errors"}


def test_without_errors_there_is_no_confidence_of_them():
    assert wrong(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1])) == {"error": 0.0, "confidence": None}


def test_the_pictures_show_every_class_in_turn():
    assert evenly_spread(np.array([1, 1, 1, 0, 2, 0]), 4).tolist() == [3, 0, 4, 5]


def test_it_looks_at_the_images_that_are_given_with_their_own_labels():
    examples = labeled_images(classes=2, per_class=6)
    seen = []

    def real(rows):
        seen.extend(rows.tolist())
        return images(np.where(examples.labels[rows] == 1, 0.3, -0.3))

    finding = run(Judged(linear_judge(), examples, real, seed=3))
    assert sorted(seen) == list(range(12))
    assert finding.figures["error"] == 0.0
    assert finding.figures["adversarial_0250"]["error"] == 1.0
