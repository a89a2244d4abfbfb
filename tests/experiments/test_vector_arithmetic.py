import numpy as np
import pytest

from experiments.result import NothingFoundError
from experiments.vector_arithmetic import Combination, Judged, matches, vector_arithmetic
from tests.experiments import toys

LEFT, RIGHT = 0, 1


def halves(left, right):
    return {LEFT: left, RIGHT: right}


# What is bright; of the toy, whose latents are the tones of the halves, all four come out.
COMBINATIONS = [
    Combination(halves(a, kept), halves(1 - a, kept), halves(1 - a, 1 - kept), halves(a, 1 - kept))
    for a in (0, 1)
    for kept in (0, 1)
]


def samples_of(generator):
    latents, images = toys.samples(generator, 600)
    # Away from the borders, as exemplars that a person picks are.
    clear = np.abs(latents).min(axis=1) > 0.6
    return Judged(latents[clear], images[clear], toys.seen_in_halves(images[clear]))


def describe(shown):
    return f"left {shown[LEFT]}, right {shown[RIGHT]}"


def found(generator, combinations=COMBINATIONS, judge=toys.seen_in_halves, **options):
    return vector_arithmetic(generator, judge, samples_of(generator), combinations, describe, **options)


@pytest.mark.parametrize("channels", [1, 3])
def test_axes_that_are_attributes_add_up(channels):
    figures = found(toys.halves(channels)).figures
    assert figures["combinations"] == 4
    assert figures["exemplars: 3"] == figures["exemplars: 10"] == 1.0
    assert figures["chance"] == pytest.approx(0.25, abs=0.01)
    assert 0.0 <= figures["in pixels"] <= 1.0


def test_the_picture_of_a_combination():
    pictures = found(toys.halves(), shown=2).pictures
    assert set(pictures) == {"arithmetic_1", "arithmetic_2"}
    picture = pictures["arithmetic_1"]
    # Three groups, three rows of results, one of pixels, five titles.
    assert picture.shape[0] == 7 * 50 + 5 * 20
    # The result in the middle: dark on the left, bright on the right.
    top = 3 * 70 + 20 + 50
    assert picture[top + 10, 50 + 5, 0] < 100 < 150 < picture[top + 10, 50 + 40, 0]


def test_the_judge_says_also_that_it_failed():
    wrong = [Combination(*one.groups, halves(1 - one.result[LEFT], one.result[RIGHT])) for one in COMBINATIONS]
    assert found(toys.halves(), wrong).figures["exemplars: 3"] == 0.0


def test_the_noise_is_a_function_of_the_seed():
    generator = toys.halves()
    first, same, other = (found(generator, seed=seed).pictures["arithmetic_1"] for seed in (0, 0, 1))
    assert (first == same).all()
    assert (first != other).any()


def test_exemplars_show_what_is_wanted_or_are_missed():
    seen = np.array([[0, 1], [1, 1], [0, 1], [0, 0]])
    np.testing.assert_array_equal(matches(seen, {0: 0, 1: 1}), [True, False, True, False])
    samples = Judged(np.zeros((4, 2)), np.zeros((4, 8, 8, 1)), seen)
    np.testing.assert_array_equal(samples.rows({0: 0, 1: 1}, 2), [0, 2])
    with pytest.raises(NothingFoundError, match="Received: 2 among 4"):
        samples.rows({0: 0, 1: 1}, 3)
