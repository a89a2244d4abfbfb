import numpy as np
import pytest

from experiments.exemplars import Combination, Judged, matches
from experiments.vector_arithmetic import vector_arithmetic
from tests.experiments import toys

LEFT, RIGHT = 0, 1


def halves(left, right):
    return {LEFT: left, RIGHT: right}


# Which half is bright. The latents of the toy generator are the tones of the halves, so that all four occur.
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
    assert figures["exemplars_10"] == figures["in_pixels"] == everything
    assert figures["exemplars_3"]["all"] > 0.7
    # Both attributes are wrong in c: a random difference is added, which now and then is enough.
    assert figures["control"]["all"] < 1.0


def test_random_samples_are_what_chance_gives():
    generator = toys.halves()
    seen = samples_of(generator).predicted
    for one in COMBINATIONS:
        chance = found(generator, [one]).figures["random_samples"]
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


def test_a_wrong_result_counts_as_a_failure():
    wrong = [Combination(*one.groups, halves(1 - one.result[LEFT], one.result[RIGHT])) for one in COMBINATIONS]
    assert found(toys.halves(), wrong).figures["exemplars_10"] == {"all": 0.0, "left": 0.0, "right": 1.0}


def test_the_noise_is_a_function_of_the_seed():
    generator = toys.halves()
    first, same, other = (found(generator, seed=seed).pictures["arithmetic_1"] for seed in (0, 0, 1))
    assert (first == same).all()
    assert (first != other).any()
