import itertools

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from metrics import diversity


def test_hand_worked_distances():
    black, white = -np.ones((4, 4, 3)), np.ones((4, 4, 3))
    assert diversity.mean_pairwise_distance(np.stack([black, white])) == pytest.approx(2)
    # Pairs: black and white 2, black and grey 1, white and grey 1.
    assert diversity.mean_pairwise_distance(np.stack([black, white, 0 * black])) == pytest.approx(4 / 3)
    # Root mean square of (3, 4): 5 / sqrt 2.
    assert diversity.mean_pairwise_distance(np.array([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx(5 / np.sqrt(2))


def test_a_collapsed_generator_scores_zero():
    image = np.random.default_rng(0).uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32)
    assert diversity.mean_pairwise_distance(np.repeat(image, 20, axis=0)) == pytest.approx(0, abs=1e-12)


def test_small_differences_on_a_large_offset_are_kept():
    images = 0.9 + 1e-6 * np.array([[0.0], [1.0]]) * np.ones((2, 1000))
    assert diversity.mean_pairwise_distance(images) == pytest.approx(1e-6, rel=1e-6)


@pytest.mark.parametrize("count", [2, 5, 600, 1025])
def test_equals_the_slow_loop_at_any_block_boundary(count):
    rows = np.random.default_rng(count).normal(size=(count, 3))
    pairs = np.array(list(itertools.combinations(range(count), 2)))
    slow = np.sqrt(np.mean((rows[pairs[:, 0]] - rows[pairs[:, 1]]) ** 2, axis=1)).mean()
    assert diversity.mean_pairwise_distance(rows) == pytest.approx(slow, rel=1e-12)


@hypothesis.settings(deadline=None, max_examples=30)
@hypothesis.given(strategies.integers(0, 2**32 - 1), strategies.integers(2, 12), strategies.floats(0.1, 3))
def test_order_and_offset_do_not_matter_and_scale_does(seed, count, scale):
    generator = np.random.default_rng(seed)
    images = generator.uniform(-1, 1, (count, 2, 2, 3))
    distance = diversity.mean_pairwise_distance(images)
    assert diversity.mean_pairwise_distance(generator.permutation(images)) == pytest.approx(distance)
    assert diversity.mean_pairwise_distance(images[:, ::-1] + 7) == pytest.approx(distance)
    assert diversity.mean_pairwise_distance(images * scale) == pytest.approx(distance * scale)


@pytest.mark.parametrize(
    ("examples", "received"),
    [
        (np.zeros((1, 4, 4, 3)), r"\(1, 4, 4, 3\)"),
        (np.zeros(5), r"\(5,\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), "uint8"),
        (np.full((2, 3), np.nan), "NaN"),
    ],
)
def test_errors_end_with_what_was_received(examples, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        diversity.mean_pairwise_distance(examples)
