import math

import numpy as np
import pytest

from metrics import manifold
from tests.metrics import reference

PERFECT = {"precision": 1, "recall": 1, "density": 1, "coverage": 1}


def test_hand_worked_on_a_line():
    # Real balls, k = 1: around 0 and 1 of radius 1, around 3 of radius 2, around 10 of radius 7.
    real = np.array([[0.0], [1.0], [3.0], [10.0]])
    # Of radii 0.25, 0.25 and 13.5: 0.5 lies in the balls of 0 and 1, 0.75 in those two, 14.25 in that of 10.
    generated = np.array([[0.5], [0.75], [14.25]])
    figures = manifold.manifold_figures(real, generated, k=1)
    # 0.5 + 2.5 and 0.75 + 2.25 from 3 are beyond 2. Only the last ball, of 13.5, holds real ones: 1, 3 and 10.
    assert figures == pytest.approx({"precision": 1, "recall": 3 / 4, "density": 5 / 3, "coverage": 3 / 4})


@pytest.mark.parametrize("block", [1000, 7])
@pytest.mark.parametrize("k", [1, 3])
def test_equals_the_definitions_example_by_example(monkeypatch, block, k):
    monkeypatch.setattr(manifold, "_BLOCK", block)
    rng = np.random.default_rng(k)
    # Far from zero, where distances lose digits.
    real, generated = 100 + rng.normal(size=(30, 4)), 100.5 + 0.7 * rng.normal(size=(25, 4))
    figures = manifold.manifold_figures(real, generated, k)
    assert figures == pytest.approx(reference.manifold(real, generated, k), abs=1e-6)
    assert len(set(figures.values()) | {1.0}) == 5


def test_a_neighbor_at_exactly_the_radius_is_outside():
    # Each generated example is as far from a real one as that one's neighbor.
    corners = np.array([[0.0, 0.0], [2.0, 0.0]])
    figures = manifold.manifold_figures(corners, np.array([[0.0, 2.0], [2.0, 2.0]]), k=1)
    assert figures == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}


def test_of_one_distribution_density_and_coverage_are_their_expectations():
    rng, rows, k = np.random.default_rng(0), 1500, manifold.NEIGHBORS
    figures = manifold.manifold_figures(*rng.normal(size=(2, rows, 8)), k)
    # Of 2n - 1 others, the k nearest are all real.
    missed = math.prod((rows - 1 - i) / (2 * rows - 1 - i) for i in range(k))
    assert figures["density"] == pytest.approx(1, abs=0.08)
    assert figures["coverage"] == pytest.approx(1 - missed, abs=0.02)


def test_a_copy_of_the_real_images_is_perfect_and_few_modes_lose_recall_and_coverage():
    real = np.random.default_rng(0).normal(size=(60, 3))
    assert manifold.manifold_figures(real, real.copy(), k=3) == pytest.approx(PERFECT)
    few = np.repeat(real[:6], 10, axis=0) + 1e-6 * np.random.default_rng(1).normal(size=(60, 3))
    figures = manifold.manifold_figures(real, few, k=3)
    assert figures["precision"] == 1
    assert figures["recall"] < 0.2
    assert figures["coverage"] < 0.6


def test_recall_grows_with_the_number_of_images_so_that_only_equal_numbers_compare():
    rng = np.random.default_rng(0)
    recall = [
        np.mean([manifold.manifold_figures(*rng.normal(size=(2, n, 16)), 3)["recall"] for _ in range(3)])
        for n in (50, 400)
    ]
    assert recall[1] > recall[0] + 0.02


@pytest.mark.parametrize(
    ("real", "generated", "k", "message"),
    [
        (np.zeros((9, 4)), np.zeros((5, 4)), 5, r"k must be 1 to 4. Received: 5"),
        (np.zeros((9, 4)), np.zeros((9, 5)), 2, r"Received: shapes \(9, 4\) and \(9, 5\)"),
        (np.zeros((9, 4)), np.full((9, 4), np.nan), 2, "must be finite"),
    ],
)
def test_what_is_refused(real, generated, k, message):
    with pytest.raises(ValueError, match=message):
        manifold.manifold_figures(real, generated, k)
