"""Every number of an evaluation of translations that are known."""

import numpy as np
import pytest

from evaluation.evaluator import Data, applicable, measure
from evaluation.pairs import (
    CycleOutputs,
    CycleReconstruction,
    CycleSimilarity,
    NearestTruth,
    PairOutputs,
    Similarity,
)
from pipelines.examples import PairedImages, UnpairedImages
from tests.evaluation.doubles import TranslationDouble
from tests.metrics import reference

KEYS = ("l1", "psnr", "ssim", "sharpness")


def noise(seed, low=0, high=256, count=3):
    return np.random.default_rng(seed).integers(low, high, (count, 14, 14, 3), np.uint8)


def darker(images):
    return images // 2


def mirrored(images):
    return images[:, :, ::-1]


def data_of(examples=None, **options):
    return Data(examples, "test", 10, **options)


def approximately(figures):
    return pytest.approx(figures, rel=1e-5, abs=1e-5)


def test_translations_are_compared_with_the_truth_beside_the_inputs_as_they_are():
    inputs, truth = noise(0), noise(1, 0, 200)
    outputs = PairOutputs(TranslationDouble(AtoB=darker), data_of(), ("a", "b", "c"), inputs, truth, direction="AtoB")
    expected = reference.similarities(darker(inputs), truth)
    baseline = reference.similarities(inputs, truth)
    # No number is another's: a swap of any two would show.
    assert np.diff(np.sort([*expected.values(), *baseline.values()])).min() > 1e-4
    assert measure([Similarity()], outputs, data_of()) == approximately(
        expected | {f"{key}_of_input": value for key, value in baseline.items()}
    )
    assert outputs.protocol() == {"generated": 3, "real": 3}
    columns = outputs.pictures()
    assert list(columns) == ["input", "output", "truth"]
    for name, images in (("input", inputs), ("output", darker(inputs)), ("truth", truth)):
        np.testing.assert_array_equal(columns[name], images)


@pytest.fixture(scope="module")
def both_ways():
    """Of two sides of different sizes: their images and the outputs, whose ways there and back are no inverses."""
    sampler = TranslationDouble(AtoB=darker, BtoA=lambda images: mirrored(images) // 3)
    a, b = noise(2), noise(3, 100)
    ways = {
        "a_to_b": PairOutputs(sampler, data_of(), ("1", "2", "3"), a, b, None, "AtoB", "BtoA"),
        "b_to_a": PairOutputs(sampler, data_of(), ("1", "2", "3"), b, a, None, "BtoA", "AtoB"),
    }
    return a, b, CycleOutputs(ways)


def test_a_reconstruction_is_compared_with_the_input_of_its_direction(both_ways):
    a, b, outputs = both_ways
    expected = {
        **{f"a_to_b_cycle_{key}": v for key, v in reference.similarities(mirrored(a // 2) // 3, a).items()},
        **{f"b_to_a_cycle_{key}": v for key, v in reference.similarities(mirrored(b) // 3 // 2, b).items()},
    }
    assert np.diff(np.sort(list(expected.values()))).min() > 1e-4
    assert measure([CycleReconstruction()], outputs, data_of()) == approximately(expected)
    assert outputs.protocol() == {**{"a_to_b_generated": 3, "a_to_b_real": 3, "b_to_a_generated": 3, "b_to_a_real": 3}}
    np.testing.assert_array_equal(outputs.ways["a_to_b"].pictures()["reconstruction"], mirrored(a // 2) // 3)


def test_a_translation_is_compared_with_the_counterpart_of_its_direction(both_ways):
    a, b, outputs = both_ways
    data = data_of(PairedImages(a, b, ("1", "2", "3")))
    expected = {}
    for way, translated, inputs, truth in (("a_to_b", a // 2, a, b), ("b_to_a", mirrored(b) // 3, b, a)):
        expected |= {f"{way}_{key}": value for key, value in reference.similarities(translated, truth).items()}
        expected |= {f"{way}_{key}_of_input": value for key, value in reference.similarities(inputs, truth).items()}
    assert measure([CycleSimilarity()], outputs, data) == approximately(expected)


def test_without_counterparts_there_is_nothing_to_compare_translations_with(both_ways):
    a, b, _ = both_ways
    data = data_of(UnpairedImages(a, b, ("1", "2", "3"), ("4", "5", "6")))
    assert applicable([CycleSimilarity(), CycleReconstruction()], data) != []
    assert [type(one) for one in applicable([CycleSimilarity(), CycleReconstruction()], data)] == [CycleReconstruction]


def test_the_nearest_truth_beside_chance():
    truth = np.stack([np.full((14, 14, 3), tone, np.uint8) for tone in (10, 10, 60, 200, 200)])
    labels = np.array([4, 4, 0, 9, 9])
    tones = np.array([30, 40, 60, 150, 20], np.uint8)
    translated = np.broadcast_to(tones[:, None, None, None], truth.shape)
    sampler = TranslationDouble(AtoB=lambda images: translated)
    outputs = PairOutputs(sampler, data_of(), (), noise(4, count=5), truth, labels, "AtoB")
    data = data_of(PairedImages(truth, truth, tuple("abcde"), labels))
    # 30 and 150 are nearest to their own; 40 and 20 to another's; 60 to its own.
    assert measure([NearestTruth()], outputs, data) == {
        "nearest_truth_accuracy": 3 / 5,
        "nearest_truth_accuracy_by_chance": pytest.approx(1 / 3),
    }


def test_a_gray_truth_is_compared_with_the_gray_of_a_color_input():
    truth, inputs = noise(1)[..., :1], noise(2)
    outputs = PairOutputs(TranslationDouble(), data_of(), ("a", "b", "c"), inputs, truth)
    outputs.translated = truth
    found = dict(Similarity().measure(outputs, data_of()))
    gray = np.rint(inputs @ np.array([0.299, 0.587, 0.114]))[..., np.newaxis]
    assert found["l1"] == 0
    assert found["l1_of_input"] == pytest.approx(np.abs(gray - truth).mean() / 255, abs=1e-3)
