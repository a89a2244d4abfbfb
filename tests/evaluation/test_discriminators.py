"""Energies of a discriminator whose arithmetic is known: an image's energy is its mean, its code its corner."""

from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import tensorflow as tf

from evaluation.discriminators import Anomalies, Boundary, Classification, Energies, by_batch
from evaluation.evaluator import Data, measure
from tests.worlds import labeled_images

HAS = frozenset({"energy", "left_out_class"})


def discriminator(inputs, training):
    image = inputs["image"]
    return {"energy": tf.reduce_mean(image, axis=(1, 2, 3))[:, tf.newaxis] + 1, "code": image[:, 0, :2, 0]}


def outputs_of(generated, real, **more):
    model = SimpleNamespace(discriminator=discriminator, config=SimpleNamespace(left_out_class=1, minibatch_kernels=0))
    return SimpleNamespace(generated=generated, real=real, model=model, **more)


def test_energies_of_each_kind_and_how_alike_codes_are():
    generated, real = np.full((6, 4, 4, 1), 0.5, np.float32), np.full((4, 4, 4, 1), -0.5, np.float32)
    real[::2, 0, 1] *= -1
    found = measure([Energies()], outputs_of(generated, real), Data(None, "test", 6, model_has=HAS))
    assert found["energy_of_generated"] == pytest.approx(1.5)
    assert found["energy_of_real"] == pytest.approx(1 + np.mean(real))
    assert found["energy_of_noise"] == pytest.approx(1.0, abs=0.05)
    assert found["code_cosine_of_generated"] == pytest.approx(1.0)
    # Of six pairs two are alike, four at right angles.
    assert found["code_cosine_of_real"] == pytest.approx(2 / 6)


def test_how_far_from_the_boundary_images_are():
    generated, real = np.full((3, 4, 4, 1), 0.5, np.float32), np.full((2, 4, 4, 1), -0.25, np.float32)
    real[0] *= -3
    for as_dict in (False, True):
        outputs = outputs_of(generated, real)

        class Logits:
            input: ClassVar = {"image": None, "seed": None}

            def __call__(self, inputs, training, as_dict=as_dict):
                assert inputs["seed"].shape[1] == 2
                logits = tf.reduce_mean(inputs["image"], axis=(1, 2, 3))[:, tf.newaxis]
                return {"logits": logits} if as_dict else logits

        outputs.model.discriminator = Logits()
        found = measure([Boundary()], outputs, Data(None, "test", 3, model_has=frozenset({"logits"})))
        assert found == pytest.approx({"mean_absolute_logit_of_generated": 0.5, "mean_absolute_logit_of_real": 0.5})


def test_the_error_is_that_of_all_unseen_images():
    examples = labeled_images(classes=3, per_class=4)

    class Classifier:
        input: ClassVar = {"image": None}

        def __call__(self, inputs, training):
            # An image's class is its tone; class 2 is taken for class 1.
            tone = tf.minimum(tf.reduce_mean(inputs["image"], axis=(1, 2, 3)), 1.0)
            return {"class_logits": -tf.abs(tone[:, tf.newaxis] - tf.constant([0.0, 1.0, 2.0]))}

    def rows(chosen):
        return np.broadcast_to(examples.labels[chosen][:, None, None, None], (len(chosen), 2, 2, 1)).astype(np.float32)

    config = SimpleNamespace(minibatch_kernels=0)
    outputs = SimpleNamespace(rows=rows, model=SimpleNamespace(discriminator=Classifier(), config=config))
    found = measure([Classification()], outputs, Data(examples, "test", 1, model_has=frozenset({"classifier"})))
    assert found == pytest.approx({"test_error": 4 / 12})


def test_a_discriminator_that_sees_the_batch_is_asked_in_batches_of_the_trainings_size():
    sizes = []

    def of_rows(rows):
        sizes.append(len(rows))
        return np.asarray(rows, np.float32)

    for kernels, expected in ((3, [4, 4, 4]), (0, [10])):
        model = SimpleNamespace(config=SimpleNamespace(minibatch_kernels=kernels, batch_size=4))
        np.testing.assert_array_equal(by_batch(model, of_rows, 10), np.arange(10))
        assert sizes == expected
        del sizes[:]


def test_energies_of_real_images_are_those_of_the_classes_that_were_trained_on():
    examples = labeled_images(classes=3, per_class=4)
    tones = np.where(examples.labels == 1, 0.9, -0.2)
    images = np.broadcast_to(tones[:, None, None, None], (12, 4, 4, 1)).astype(np.float32)
    outputs = outputs_of(images, images, compared_rows=np.arange(12), rows=lambda rows: images[rows])
    found = measure([Energies()], outputs, Data(examples, "test", 6, model_has=HAS))
    assert found["energy_of_real"] == pytest.approx(0.8)
    assert found["energy_of_generated"] == pytest.approx(1 + tones.mean())


def test_a_class_that_was_left_out_is_told_by_its_energy():
    examples = labeled_images(classes=3, per_class=4)
    rows = np.arange(12)[::-1]
    # In the order of the rows: of class 1 two are above all others, two below.
    levels = np.where(examples.labels[rows] == 1, np.array([1.0, -1.0] * 6), 0.0)
    real = np.broadcast_to(levels[:, None, None, None], (12, 4, 4, 1)).astype(np.float32)
    outputs = outputs_of(real, real, compared_rows=rows)
    above = (levels[examples.labels[rows] == 1] > 0).mean()
    found = measure([Anomalies()], outputs, Data(examples, "test", 6, model_has=HAS))
    assert found["anomaly_auc"] == pytest.approx(above)
