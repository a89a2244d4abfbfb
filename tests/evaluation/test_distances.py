"""Distances, manifold figures and scores by a network whose answers are known, each image seen once."""

import dataclasses
import types

import numpy as np
import pytest

from evaluation import extractor as extractors
from evaluation.distances import FeatureDistances, FeatureManifold, JudgeDistances, JudgeManifold, NetworkScore
from evaluation.evaluator import Data, Outputs, measure, protocol_of
from evaluation.extractor import extract, extract_once
from evaluation.names import NetworkName
from evaluation.pairs import CycleDistances, CycleManifold, CycleOutputs, PairOutputs
from metrics import kernel
from pipelines.examples import DataError
from pipelines.images import FloatImages
from tests.evaluation.doubles import class_judge, extractor, in_range, pictures
from tests.metrics import reference

RNG = np.random.default_rng(0)
GENERATED, REAL = (RNG.integers(low, 256, (count, 8, 8, 3), np.uint8) for low, count in ((0, 40), (90, 30)))


def features(images):
    return images.reshape(len(images), -1)[:, ::24]


def probabilities(images):
    powers = np.exp(features(images)[:, :5])
    return powers / powers.sum(axis=1, keepdims=True)


def outputs_of(generated=GENERATED, real=REAL):
    outputs = Outputs()
    outputs.generated, outputs.real = FloatImages(generated), FloatImages(real)
    return outputs


def data_of(network, **options):
    return Data(types.SimpleNamespace(), "test", 1, features=network, **options)


ALL = [FeatureDistances(), FeatureManifold(), NetworkScore()]


@pytest.fixture(scope="module")
def figures():
    return measure(ALL, outputs_of(), data_of(extractor(features, probabilities)))


def of(images):
    return features(in_range(images).astype(np.float32)).astype(np.float64)


def test_the_frechet_distance_and_its_floor(figures):
    assert figures["network_fd"] == pytest.approx(reference.frechet_distance(of(GENERATED), of(REAL)), rel=1e-6)
    assert 0 < figures["network_fd_of_real"] < figures["network_fd"]


def test_the_kernel_distance_is_over_subsets_of_half_of_the_smaller_set(figures):
    # Around that of all rows, by the spread over a hundred subsets.
    expected, spread = reference.kernel_discrepancy(of(GENERATED), of(REAL)), figures["network_kd_deviation"]
    assert figures["network_kd"] == pytest.approx(expected, abs=spread / 2)
    expected = kernel.kernel_distance(of(GENERATED), of(REAL), size=15)
    assert (figures["network_kd"], spread) == pytest.approx(expected, rel=1e-6)


def test_the_manifold_figures_are_of_five_neighbors(figures):
    expected = reference.manifold(of(REAL), of(GENERATED), 5)
    assert {key: figures[f"network_{key}"] for key in expected} == pytest.approx(expected, abs=1e-6)
    assert figures["network_precision"] != figures["network_recall"]


def test_the_score_is_by_the_classes_of_the_network(figures):
    by_side = [probabilities(in_range(images).astype(np.float32)) for images in (GENERATED, REAL)]
    # Of 40 images eight parts of five, of 30 six.
    parts = [[reference.inception_score(part) for part in np.split(side, len(side) // 5)] for side in by_side]
    assert figures["network_score"] == pytest.approx(np.mean(parts[0]), rel=1e-5)
    assert figures["network_score_deviation"] == pytest.approx(np.std(parts[0]), rel=1e-3)
    assert figures["network_score_of_real"] == pytest.approx(np.mean(parts[1]), rel=1e-5)


def test_there_are_no_other_figures_and_without_classes_no_score(figures):
    names = ("fd", "fd_of_real", "kd", "kd_deviation", "precision", "recall", "density", "coverage")
    scores = {f"network_score{suffix}" for suffix in ("", "_deviation", "_of_real")}
    assert figures.keys() == {f"network_{name}" for name in names} | scores
    assert measure(ALL, outputs_of(), data_of(extractor(features))).keys() == figures.keys() - scores


def test_each_image_is_seen_once_for_all_evaluators():
    seen = []

    def counted(images):
        seen.append(len(images))
        return features(images)

    data, outputs = data_of(extractor(counted, probabilities)), outputs_of()
    measure(ALL, outputs, data)
    protocol_of(ALL, outputs, data)
    assert sum(seen) == len(GENERATED) + len(REAL)


def test_the_names_of_papers_are_those_of_the_graph_of_2015_alone():
    network = extractor(features, probabilities)
    graph = dataclasses.replace(network, name=NetworkName("graph.keras", is_inception_2015=True))
    outputs, data = outputs_of(), data_of(graph)
    keys = measure(ALL, outputs, data).keys()
    assert keys >= {"fid", "fid_of_real", "kid", "kid_deviation", "inception_score", "inception_score_deviation"}
    assert keys >= {"inception_precision", "inception_coverage"}
    assert protocol_of(ALL, outputs, data) == {
        "distances": "FID, KID",
        "kernel_subsets": "100 of 15",
        "neighbors": 5,
        "score": "IS",
        "score_splits": 8,
    }
    assert protocol_of(ALL, outputs_of(), data_of(network))["distances"] == "network FD, network KD"


def test_the_judge_is_a_network_of_its_own_name():
    judge = class_judge(np.full((3, 3), 1 / 3))
    kinds = np.arange(20) % 3
    outputs, data = outputs_of(pictures(kinds), pictures(np.arange(21) % 3)), data_of(None, judge=judge)
    both = [JudgeDistances(), JudgeManifold()]
    figures = measure(both, outputs, data)
    distances = {f"judge_{kind}_distance" for kind in ("frechet", "kernel")}
    assert figures.keys() >= distances | {"judge_kernel_distance_deviation", "judge_precision", "judge_coverage"}
    assert protocol_of(both, outputs, data) == {"kernel_subsets": "100 of 10", "neighbors": 5}
    # Of one held-out image there is nothing to say.
    assert measure(both, outputs_of(pictures([0]), pictures([0, 1])), data) == {}


def test_a_network_that_gives_no_numbers_is_named():
    with pytest.raises(DataError, match=r"network\.keras: features must be finite"):
        measure(ALL, outputs_of(), data_of(extractor(lambda images: features(images) * np.nan)))


def test_translations_are_among_the_images_of_the_other_side():
    here = pictures(np.arange(12) % 4, channels=3)
    there = np.rot90(pictures(np.arange(14) % 5, channels=3), axes=(1, 2))

    class Sampler:
        def draw(self, inputs, seed):
            images = np.stack(list(inputs["images"]))
            return 255 - images if inputs["direction"] == "AtoB" else images // 2

    data = data_of(extractor(features))
    ways = {
        "a_to_b": PairOutputs(Sampler(), data, (), here, None, None, "AtoB", "BtoA"),
        "b_to_a": PairOutputs(Sampler(), data, (), there, None, None, "BtoA", "AtoB"),
    }
    figures = measure([CycleDistances(), CycleManifold()], CycleOutputs(ways), data)
    for way, generated, real in (("a_to_b", 255 - here, there), ("b_to_a", there // 2, here)):
        expected = reference.frechet_distance(of(generated), of(real))
        assert figures[f"{way}_network_fd"] == pytest.approx(expected, rel=1e-5)
        assert f"{way}_network_coverage" in figures


def counted(calls, weights="of these weights"):
    def seen(images):
        calls.append(len(images))
        return features(images)

    return dataclasses.replace(extractor(seen, probabilities), weights=weights)


def test_features_of_real_images_are_kept_by_content_weights_and_resizing(tmp_path):
    calls, images = [], FloatImages(REAL)
    first = extract_once(counted(calls), images, "", tmp_path / "features")
    again = extract_once(counted(calls), images, "", tmp_path / "features")
    assert sum(calls) == len(REAL)
    np.testing.assert_array_equal(first.rows, again.rows)
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    np.testing.assert_allclose(first.moments.covariance, again.moments.covariance)
    other = REAL.copy()
    other[-1, 0, 0, 0] ^= 1
    for network, pixels in (
        (counted(calls), other),
        (counted(calls, "of others"), REAL),
        (dataclasses.replace(counted(calls), side=16), REAL),
    ):
        before = sum(calls)
        extract_once(network, FloatImages(pixels), "", tmp_path / "features")
        assert sum(calls) == before + len(REAL)
    assert len(list((tmp_path / "features").iterdir())) == 4


def test_a_damaged_file_of_features_is_written_again(tmp_path):
    calls, images = [], FloatImages(REAL)
    first = extract_once(counted(calls), images, "", tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-200])
    np.testing.assert_array_equal(extract_once(counted(calls), images, "", tmp_path).rows, first.rows)
    assert sum(calls) == 2 * len(REAL)
    extract_once(counted(calls), images, "", tmp_path)
    assert sum(calls) == 2 * len(REAL)


def test_nothing_is_kept_without_a_folder_or_of_a_network_without_a_hash(tmp_path):
    extract_once(counted([], ""), FloatImages(REAL), "", tmp_path)
    extract_once(counted([]), FloatImages(REAL), "", None)
    assert not list(tmp_path.iterdir())


def test_of_many_images_some_rows_are_kept_and_the_moments_of_all(monkeypatch):
    monkeypatch.setattr(extractors, "KEPT", 8)
    monkeypatch.setattr(extractors, "MOST", 16)
    found = extract(extractor(features, probabilities), FloatImages(GENERATED))
    rows = of(GENERATED)
    np.testing.assert_allclose(found.rows, rows[np.linspace(0, 39, 8).astype(int)], atol=1e-6)
    np.testing.assert_allclose(found.moments.covariance, np.cov(rows, rowvar=False), atol=1e-6)
    assert found.moments.count == len(found.probabilities) == 40
