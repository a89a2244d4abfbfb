import itertools

import numpy as np
import pytest

from metrics.verification import same_style, verification_auc


def test_the_same_style_is_an_equal_kind_and_numbers_within_a_quarter_of_their_range():
    # A kind, and two numbers that range over 4 and over 1.
    style = np.array([[1, 0.0, 0.0], [1, 1.0, 0.25], [1, 1.1, 0.0], [1, 4.0, 0.2], [2, 0.0, 0.0], [2, 0.5, 1.0]])
    same = same_style(style)
    np.testing.assert_array_equal(same, same.T)
    pairs = {(first, second) for first, second in itertools.combinations(range(6), 2) if same[first, second]}
    assert pairs == {(0, 1), (1, 2)}
    assert same_style(style, tolerance=0.3)[0, 2]


def test_the_area_is_the_share_of_same_pairs_that_are_nearer_than_different_ones():
    rng = np.random.default_rng(0)
    vectors, kinds = rng.normal(size=(12, 3)), rng.integers(0, 3, 12)
    same = kinds[:, np.newaxis] == kinds
    pairs = list(itertools.combinations(range(12), 2))
    cosine = {
        (i, j): vectors[i] @ vectors[j] / np.sqrt((vectors[i] @ vectors[i]) * (vectors[j] @ vectors[j]))
        for i, j in pairs
    }
    wins = [cosine[one] > cosine[other] for one in pairs for other in pairs if same[one] and not same[other]]
    assert verification_auc(vectors, same) == pytest.approx(np.mean(wins), abs=1e-12)
    # The length of a vector says nothing.
    lengths = rng.uniform(0.1, 10, (12, 1))
    assert verification_auc(vectors * lengths, same) == pytest.approx(np.mean(wins), abs=1e-12)


def test_vectors_of_the_kind_know_everything_and_others_nothing():
    rng = np.random.default_rng(1)
    kinds = rng.integers(0, 4, 300)
    same = kinds[:, np.newaxis] == kinds
    assert verification_auc(np.eye(4)[kinds] + rng.normal(0, 0.01, (300, 4)), same) == 1.0
    assert verification_auc(rng.normal(size=(300, 4)), same) == pytest.approx(0.5, abs=0.02)
    assert np.isnan(verification_auc(np.eye(3), np.zeros((3, 3), bool)))
