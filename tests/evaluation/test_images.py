"""Every number of an evaluation of images from noise, by a judge and a feature network whose answers are known."""

import types

import keras
import numpy as np
import pytest

from evaluation.distances import FeatureDistances, JudgeDistances, shuffled
from evaluation.evaluator import Data, measure
from evaluation.images import (
    CategoryError,
    ClassConsistency,
    ClassScore,
    Combinations,
    ImageDiversity,
    ImageOutputs,
)
from pipelines.examples import CaptionedImages, GroundTruth, LabeledImages
from tests.evaluation.doubles import CELLS, LatentDouble, attribute_judge, class_judge, extractor, in_range, pictures
from tests.metrics import reference

# What the judge says of a picture of each kind.
PROBABILITIES = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])
GENERATED = np.repeat([0, 1, 0, 2, 1], [13, 11, 17, 6, 13])
REAL = np.array([2, 2, 0, 1, 2, 2, 1, 2, 0, 0, 2, 1, 1, 2, 2, 0, 2, 1, 2, 2])


@pytest.fixture(scope="module")
def judge():
    return class_judge(PROBABILITIES)


def examples(kinds, labels=None, channels=1):
    names = tuple(map(str, range(len(kinds))))
    return LabeledImages(images=pictures(kinds, channels), names=names, labels=labels, class_names=("a", "b", "c"))


def measured(evaluator, generated=GENERATED, real=REAL, classes=0, **data):
    has = frozenset({"condition"} if classes else ())
    data = Data(examples(real), "test", len(generated), model_has=has, **data)
    return measure([evaluator], ImageOutputs(LatentDouble(pictures(generated), classes), data, 1), data)


def test_the_class_score_is_the_mean_of_ten_parts_of_the_samples_and_beside_it_that_of_real_images(judge):
    figures = measured(ClassScore(), judge=judge)
    # Real images may be sorted by class.
    samples, real = PROBABILITIES[GENERATED], PROBABILITIES[shuffled(REAL)]
    ten = np.mean([reference.inception_score(part) for part in np.split(samples, 10)])
    # Of 20 real images there are four parts of five.
    four = np.mean([reference.inception_score(part) for part in np.split(real, 4)])
    assert figures.keys() == {"class_score", "class_score_deviation", "class_score_of_real", "rarest_class_share"}
    assert figures["class_score"] == pytest.approx(ten, rel=1e-5)
    parts = [reference.inception_score(part) for part in np.split(samples, 10)]
    assert figures["class_score_deviation"] == pytest.approx(np.std(parts), rel=1e-4)
    assert figures["class_score_of_real"] == pytest.approx(four, rel=1e-5)
    # None of these is near another, nor near the score of one part.
    others = [ten, four, *map(reference.inception_score, (samples, real))]
    assert np.diff(np.sort(others)).min() > 0.01
    # 30, 24 and 6 of 60.
    assert figures["rarest_class_share"] == pytest.approx(0.1)


def test_ten_parts_are_scored_of_real_images_too_where_there_are_enough(judge):
    figures = measured(ClassScore(), real=GENERATED, generated=np.zeros(60, int), judge=judge)
    ten = np.mean([reference.inception_score(part) for part in np.split(PROBABILITIES[shuffled(GENERATED)], 10)])
    expected = {"class_score": 1, "class_score_deviation": 0, "class_score_of_real": ten, "rarest_class_share": 0}
    assert figures == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_the_score_of_real_images_that_are_sorted_by_class_is_that_of_all(judge):
    figures = measured(ClassScore(), real=np.repeat([0, 1, 2], 200), judge=judge)
    assert figures["class_score_of_real"] == pytest.approx(reference.inception_score(PROBABILITIES), rel=0.03)


def test_combinations_of_three_parts_are_counted_as_the_attribute_judge_sees_them(judge):
    # Of four kinds of pictures two differ in the bill alone, which is none of the three parts.
    values = np.array([[0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0]])
    kinds, counts = np.array([0, 0, 1, 2, 3, 0]), (2, 2, 2, 2)
    # What it is told of the real pictures is more than it sees in them.
    truth = GroundTruth(
        ("crown color", "breast color", "bill color", "wing color"), (("a", "b"),) * 4, values[[3, 2, 1, 0]], (), (), ()
    )
    real = CaptionedImages(images=pictures([0, 1, 2, 2], 3), names=tuple("abcd"), captions=(("x",),) * 4, truth=truth)
    colors = attribute_judge(values, counts)
    figures = {}
    for seen in (colors, judge):
        data = Data(real, "test", len(kinds), judge=seen)
        figures[seen] = measure([Combinations()], ImageOutputs(LatentDouble(pictures(kinds, 3)), data, 3), data)
    assert figures[colors] == {"combinations_found": 3, "combinations_of_real": 2, "combinations_of_truth": 3}
    # A judge of classes knows nothing of them, nor does one of attributes of classes.
    assert figures[judge] == {}
    assert measured(ClassScore(), judge=colors) == {}


def test_consistency_is_the_share_in_which_the_class_asked_for_is_seen(judge):
    # Asked for 0, 1, 2, 0, ...: of twelve, nine are drawn as asked.
    drawn = np.arange(12) % 3
    drawn[[1, 4, 6]] = [0, 2, 1]
    assert measured(ClassConsistency(), drawn, classes=3, judge=judge) == {"class_consistency": 0.75}


def test_each_class_is_asked_for_in_turn_with_the_evaluations_seed():
    sampler = LatentDouble(pictures(np.zeros(7, int)), classes=3)
    data = Data(examples(REAL), "test", 7, seed=5)
    outputs = ImageOutputs(sampler, data, 1)
    assert outputs.generated.shape == (7, 8, 8, 1)
    ((inputs, seed),) = sampler.asked
    assert (inputs["label"].tolist(), seed) == ([0, 1, 2, 0, 1, 2, 0], 5)
    assert outputs.protocol() == {"generated": 7, "real": 20}
    assert ImageOutputs(LatentDouble(pictures([0])), data, 1).asked is None


def test_diversity_of_samples_and_of_real_images():
    figures = measured(ImageDiversity(), [0, 0, 0, 1], [0, 1, 2, 2])
    # Two kinds differ in two cells of 16, each by 2; three pairs of six do, and five of six.
    different = np.sqrt(2 * 2**2 / CELLS**2)
    assert figures == pytest.approx({"diversity": different * 3 / 6, "diversity_of_real": different * 5 / 6})


def test_the_diversity_of_real_images_that_are_sorted_by_class_is_that_of_all():
    figures = measured(ImageDiversity(), [0, 1], np.repeat([0, 1], 500))
    # Of two drawn at random, one in two are of different kinds.
    assert figures["diversity_of_real"] == pytest.approx(0.5 * figures["diversity"], rel=0.02)


def test_the_frechet_distance_is_of_the_judges_last_hidden_layer(judge):
    figures = measured(JudgeDistances(), generated=GENERATED, real=np.full(9, 1), judge=judge)
    # That layer is the positive part of the cells. Of real images that are all alike, the halves are as well.
    features = [np.eye(CELLS**2)[kinds] for kinds in (GENERATED, np.full(9, 1))]
    expected = reference.frechet_distance(*features)
    assert expected > 0.1
    kernel = {"judge_kernel_distance", "judge_kernel_distance_deviation"}
    assert figures.keys() == {"judge_frechet_distance", "judge_frechet_distance_of_real"} | kernel
    assert figures["judge_frechet_distance"] == pytest.approx(expected, rel=1e-4)
    assert figures["judge_frechet_distance_of_real"] == pytest.approx(0, abs=1e-6)


def test_the_frechet_distance_of_real_images_is_that_of_two_random_halves(judge):
    figures = measured(JudgeDistances(), real=np.repeat([0, 1], 200), generated=np.repeat([0, 1], 30), judge=judge)
    # The first and the last 200 are at 2 from each other.
    assert 0 < figures["judge_frechet_distance_of_real"] < 0.05
    assert figures["judge_frechet_distance"] < 0.01


def test_the_frechet_distance_of_a_feature_network_is_of_color_images_in_the_range_of_the_models():
    seen = []

    def features(images):
        seen.append(images)
        return images.reshape(len(images), -1)[:, ::24]

    # Gray, as the model draws.
    figures = measured(FeatureDistances(), features=extractor(features))
    wanted = [in_range(pictures(kinds, channels=3)) for kinds in (GENERATED, REAL)]
    for given, images in zip(seen, wanted, strict=True):
        np.testing.assert_allclose(given, images, atol=1e-6)
    expected = reference.frechet_distance(*(images.reshape(len(images), -1)[:, ::24] for images in wanted))
    assert figures["network_fd"] == pytest.approx(expected, rel=1e-4)


def test_real_images_are_evenly_spaced_over_the_whole_split_and_have_the_models_channels():
    count = 20_003
    images = np.zeros((count, 1, 1, 3), np.uint8)
    images[-1], images[: count // 2] = 255, 100
    data = Data(LabeledImages(images=images, names=tuple(range(count))), "test", 2)
    outputs = ImageOutputs(LatentDouble(images[:2]), data, 1)
    assert outputs.real.shape == (10_000, 1, 1, 1)
    assert outputs.protocol() == {"generated": 2, "real": 10_000}
    assert outputs.real[-1] == 1.0
    assert np.mean(np.rint(outputs.real[:] * 127.5 + 127.5) == 100) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("seeded", [False, True])
def test_the_category_error_is_of_the_real_images_of_the_split_and_their_labels(seeded):
    inputs = {"image": keras.Input((8, 8, 1))} | ({"seed": keras.Input((2,), dtype="int32")} if seeded else {})
    cells = keras.layers.Flatten()(keras.layers.AveragePooling2D(2)(inputs["image"]))
    if seeded:
        cells = keras.layers.Add()([cells, keras.layers.Rescaling(1.0)(inputs["seed"])[:, :1]])
    network = keras.Model(inputs, {"category_logits": cells})
    labels = np.array([0, 0, 0, 1, 1, 2, 2, 2], np.int32)
    kinds = [7, 7, 3, 3, 3, 5, 5, 7]
    data = Data(examples(kinds, labels), "test", 2, model_has=frozenset({"category"}))
    model = types.SimpleNamespace(discriminator=network)
    outputs = ImageOutputs(LatentDouble(pictures([0, 0])), data, 1, model)
    # Category 7 is class 0 (two of three), 3 is class 1 (two of three), 5 is class 2 (both): two of eight are wrong.
    assert measure([CategoryError()], outputs, data) == {"category_error": 0.25}
