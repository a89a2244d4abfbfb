import itertools

import numpy as np
import pytest

from metrics.classes import category_error, class_score, class_shares
from metrics.modes import mode_figures
from tests.metrics import reference


def test_the_score_is_the_number_of_classes_when_all_are_clear_and_as_many():
    assert class_score(np.tile(np.eye(4), (50, 1)), splits=10)[0] == pytest.approx(4.0, rel=1e-6)


@pytest.mark.parametrize("row", [[0.25] * 4, [1.0, 0.0, 0.0, 0.0]])
def test_the_score_is_one_when_nothing_is_clear_or_all_is_the_same(row):
    assert class_score(np.tile(row, (100, 1)))[0] == pytest.approx(1.0, abs=1e-6)


def test_the_score_is_the_mean_over_parts_and_their_deviation():
    # A part of one class scores 1, one of two clear classes 2.
    parts = np.concatenate([np.tile([1.0, 0.0], (4, 1)), np.tile(np.eye(2), (2, 1))])
    assert class_score(parts, splits=2) == (pytest.approx(1.5), pytest.approx(0.5))


def test_ten_parts_are_scored_as_published():
    probabilities = np.random.default_rng(0).dirichlet([0.3] * 5, 100)
    scores = [reference.inception_score(part) for part in np.split(probabilities, 10)]
    assert class_score(probabilities) == (pytest.approx(np.mean(scores)), pytest.approx(np.std(scores)))
    assert abs(np.mean(scores) - reference.inception_score(probabilities)) > 0.1


def test_parts_that_cannot_be_equal_begin_where_the_published_ones_do():
    probabilities = np.random.default_rng(0).dirichlet([0.3] * 5, 13)
    bounds = [0, 3, 6, 9, 13]
    scores = [reference.inception_score(probabilities[a:b]) for a, b in itertools.pairwise(bounds)]
    assert class_score(probabilities, splits=4) == (pytest.approx(np.mean(scores)), pytest.approx(np.std(scores)))


def test_shares_count_classes_that_are_never_seen():
    np.testing.assert_array_equal(class_shares(np.array([0, 0, 2, 2]), 4), [0.5, 0, 0.5, 0])


def test_a_category_stands_for_its_most_frequent_class():
    categories, labels = np.array([5, 5, 5, 1, 1]), np.array([0, 0, 1, 1, 1])
    assert category_error(categories, labels) == pytest.approx(0.2)


def test_modes_are_found_by_more_than_a_stray_point():
    centers = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    rng = np.random.default_rng(0)
    points = np.concatenate([centers[index] + 0.01 * rng.normal(size=(300, 2)) for index in (0, 1)])
    figures = mode_figures(np.concatenate([points, centers[2:3], [[0.5, 0.5]]]), centers, 0.01)
    assert figures["modes_found"] == 2
    assert figures["high_quality_share"] == pytest.approx(0.985, abs=0.01)
    assert figures["balance"] == pytest.approx(0.5, abs=0.02)


def test_the_truth_finds_all_modes_equally():
    centers = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    rng = np.random.default_rng(0)
    figures = mode_figures(np.repeat(centers, 500, axis=0) + 0.01 * rng.normal(size=(2000, 2)), centers, 0.01)
    # In two dimensions exp(-4.5) of the points lie beyond three deviations.
    assert figures["high_quality_share"] == pytest.approx(0.989, abs=0.006)
    assert (figures["modes_found"], figures["balance"]) == (4, pytest.approx(1.0, abs=1e-4))


def test_hand_worked_modes():
    centers = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
    # Two at the first, one at the second, of which three standard deviations are 3; two are beyond any.
    points = np.array([[0.0, 2.9], [1.0, 1.0], [10.0, -2.9], [10.0, 6.9], [5.0, 5.0]])
    assert mode_figures(points, centers, 1.0) == {
        "modes": 4,
        "modes_found": 2,
        "high_quality_share": pytest.approx(3 / 5),
        "balance": pytest.approx((2 / 3 * np.log(3 / 2) + 1 / 3 * np.log(3)) / np.log(4)),
    }


@pytest.mark.parametrize(("stray", "found"), [(4, 1), (5, 2)])
def test_a_mode_is_found_by_a_hundredth_of_an_equal_share(stray, found):
    # Of 1,000 points two modes have equal shares of 500.
    points = np.concatenate([np.zeros((1000 - stray, 2)), np.ones((stray, 2))])
    assert mode_figures(points, np.array([[0.0, 0.0], [1.0, 1.0]]), 0.1)["modes_found"] == found
