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
    return vector_arithmetic(
        generator, judge, samples_of(generator), combinations, ("left", "right"), describe, **options
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_axes_that_are_attributes_add_up(channels):
    figures = found(toys.halves(channels)).figures
    assert figures["combinations"] == 4
    everything = {"all": 1.0, "left": 1.0, "right": 1.0}
    assert figures["exemplars: 10"] == figures["in pixels"] == everything
    assert figures["exemplars: 3"]["all"] > 0.7
    # Of what is in c both are false: by chance something else is added, now and then enough.
    assert figures["control"]["all"] < 1.0


def test_random_samples_are_what_chance_gives():
    generator = toys.halves()
    seen = samples_of(generator).seen
    for one in COMBINATIONS:
        chance = found(generator, [one]).figures["random samples"]
        assert chance["all"] == pytest.approx(matches(seen, one.result).mean())
        assert chance["right"] == pytest.approx((seen[:, RIGHT] == one.result[RIGHT]).mean())


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
    assert found(toys.halves(), wrong).figures["exemplars: 10"] == {"all": 0.0, "left": 0.0, "right": 1.0}


def test_the_noise_is_a_function_of_the_seed():
    generator = toys.halves()
    first, same, other = (found(generator, seed=seed).pictures["arithmetic_1"] for seed in (0, 0, 1))
    assert (first == same).all()
    assert (first != other).any()


def test_exemplars_show_what_is_wanted_or_are_missed():
    seen = np.array([[0, 1], [1, 1], [0, 1], [0, 0]])
    np.testing.assert_array_equal(matches(seen, {0: 0, 1: 1}), [True, False, True, False])
    samples = Judged(np.zeros((4, 2)), np.zeros((4, 8, 8, 1)), seen)
    random = np.random.default_rng(0)
    np.testing.assert_array_equal(sorted(samples.rows({0: 0, 1: 1}, 2, random)), [0, 2])
    with pytest.raises(NothingFoundError, match="Received: 2 among 4"):
        samples.rows({0: 0, 1: 1}, 3, random)
