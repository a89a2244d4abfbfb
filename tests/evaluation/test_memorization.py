"""Memorization by the judge's features, by a network's, and by pixels; training images are asked for once."""

import numpy as np
import pytest

from evaluation.evaluator import Data, Outputs, applicable, measure
from evaluation.memorization import Memorization
from pipelines.images import FloatImages
from tests.evaluation.doubles import class_judge, pictures

KEYS = {"memorization_ratio", "training_distance", "training_distance_of_unseen", "nearer_to_training_than_unseen"}


class Way(Outputs):
    def __init__(self, generated, real):
        self.generated, self.real = FloatImages(generated), FloatImages(real)


class Ways(Outputs):
    def __init__(self, **ways):
        self.ways = ways

    def compared(self):
        return {f"{name}_": way for name, way in self.ways.items()}


def noise(count, seed, side=32):
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 1), np.uint8)


def data_of(training, split="test", **options):
    return Data(None, split, 0, training=training, **options)


def figures_of(outputs, data):
    return measure([Memorization()], outputs, data)


def test_copies_and_new_images_in_pixels():
    training, unseen, new = noise(300, 0), noise(100, 1), noise(100, 2)
    data = data_of(lambda: {"": training})
    copies = figures_of(Way(training[::3], unseen), data)
    assert copies.keys() == KEYS
    assert copies["memorization_ratio"] == 0.0
    assert copies["nearer_to_training_than_unseen"] == 1.0
    fresh = figures_of(Way(new, unseen), data)
    assert fresh["memorization_ratio"] == pytest.approx(1.0, abs=0.02)
    assert fresh["nearer_to_training_than_unseen"] < 0.1
    assert Memorization().protocol(Way(new, unseen), data) == {
        "memorization_by": "pixels of 16 x 16",
        "training_images": 300,
    }


def test_a_judge_decides_what_is_near_before_a_network_does():
    """To the judge a picture is its kind; to the network all are alike but for one number."""
    judge = class_judge(np.full((3, 3), 1 / 3))
    kinds, unseen = np.array([3, 5, 7, 9]), np.array([4, 6, 8, 10])
    training = pictures(kinds)
    data = data_of(lambda: {"": training}, judge=judge)
    assert figures_of(Way(pictures([9, 3, 5]), pictures(unseen)), data)["memorization_ratio"] == pytest.approx(
        0, abs=1e-5
    )
    ratio = figures_of(Way(pictures([11, 12, 13]), pictures(unseen)), data)["memorization_ratio"]
    assert ratio == pytest.approx(1.0, abs=1e-5)
    assert Memorization().protocol(None, data)["memorization_by"] == "judge"


def test_each_way_is_compared_with_the_training_images_of_its_own_side():
    a, b, unseen = noise(60, 0), noise(60, 1), noise(60, 2)
    ways = Ways(a_to_b=Way(b[:20], unseen), b_to_a=Way(b[:20], unseen))
    figures = figures_of(ways, data_of(lambda: {"a_to_b_": b, "b_to_a_": a}))
    assert figures["a_to_b_memorization_ratio"] == 0.0
    assert figures["b_to_a_memorization_ratio"] == pytest.approx(1.0, abs=0.05)


def test_training_images_are_asked_for_once_and_only_if_they_are_needed():
    asked = []

    def training():
        asked.append(1)
        return {"": noise(20, 0)}

    data, evaluator = data_of(training), Memorization()
    for seed in (1, 2):
        measure([evaluator], Way(noise(5, seed), noise(5, 3)), data)
    assert len(asked) == 1
    measure([evaluator], Way(noise(5, 1), noise(5, 3)), data_of(training))
    assert len(asked) == 2
    # Where the images to test on were trained on, the ratio would be one to nothing.
    assert applicable([evaluator], data_of(training, "train")) == []
    assert applicable([evaluator], data_of(None)) == []
    assert len(asked) == 2
