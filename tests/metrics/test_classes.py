import numpy as np
import pytest

from metrics.classes import category_error, class_score, class_shares
from metrics.modes import mode_figures


def test_the_score_is_the_number_of_classes_when_all_are_clear_and_as_many():
    assert class_score(np.tile(np.eye(4), (50, 1)), splits=10)[0] == pytest.approx(4.0, rel=1e-6)


@pytest.mark.parametrize("row", [[0.25] * 4, [1.0, 0.0, 0.0, 0.0]])
def test_the_score_is_one_when_nothing_is_clear_or_all_is_the_same(row):
    assert class_score(np.tile(row, (100, 1)))[0] == pytest.approx(1.0, abs=1e-6)


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
