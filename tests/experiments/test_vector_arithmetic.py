import numpy as np
import pytest

from experiments.vector_arithmetic import find_exemplars, matches, vector_arithmetic
from tests.experiments import toys

LEFT, RIGHT = 0, 1


def groups_of(generator, label=None):
    latents, images = toys.samples(generator, 300, labels=None if label is None else np.full(300, label))
    # Away from the borders, as exemplars that a person picks are.
    clear = np.abs(latents).min(axis=1) > 0.6
    latents, seen = latents[clear], toys.seen_in_halves(images[clear])
    wanted = {"left and right": (1, 1), "left": (1, 0), "neither": (0, 0)}
    return {
        name: find_exemplars(seen, latents, {LEFT: left, RIGHT: right}) for name, (left, right) in wanted.items()
    }, toys.seen_in_halves(images)


@pytest.mark.parametrize("channels", [1, 3])
def test_axes_that_are_attributes_add_up(channels):
    generator = toys.halves(channels)
    groups, seen = groups_of(generator)
    finding = vector_arithmetic(generator, groups, toys.seen_in_halves, {LEFT: 0, RIGHT: 1}, seen)
    assert finding.figures["results"] == 1.0
    assert finding.figures["chance"] == pytest.approx(0.25, abs=0.08)
    assert 0.0 <= finding.figures["pixels"] <= 1.0
    picture = finding.pictures["arithmetic"]
    # Three groups, three rows of results, one of pixels, five titles.
    assert picture.shape[0] == 7 * 50 + 5 * 20
    # The result in the middle: dark on the left, bright on the right.
    top = 3 * 70 + 20 + 50
    assert picture[top + 10, 50 + 5, 0] < 100 < 150 < picture[top + 10, 50 + 40, 0]


def test_a_judge_says_also_that_it_failed():
    generator = toys.halves()
    groups, seen = groups_of(generator)
    assert vector_arithmetic(generator, groups, toys.seen_in_halves, {LEFT: 1}, seen).figures["results"] == 0.0


def test_the_noise_is_a_function_of_the_seed():
    generator = toys.halves()
    groups, _ = groups_of(generator)
    first, same, other = (vector_arithmetic(generator, groups, seed=seed).pictures["arithmetic"] for seed in (0, 0, 1))
    assert (first == same).all()
    assert (first != other).any()


def test_without_a_judge_there_are_pictures_alone():
    generator = toys.halves(classes=2)
    groups, _ = groups_of(generator, label=0)
    finding = vector_arithmetic(generator, groups, label=0)
    assert finding.figures == {}
    with pytest.raises(ValueError, match="seen_at_random"):
        vector_arithmetic(generator, groups, toys.seen_in_halves, {LEFT: 0}, label=0)
    with pytest.raises(ValueError, match="three"):
        vector_arithmetic(generator, dict(list(groups.items())[:2]), label=0)


def test_exemplars_show_what_is_wanted_or_are_missed():
    latents = np.arange(8, dtype=np.float32).reshape(4, 2)
    seen = np.array([[0, 1], [1, 1], [0, 1], [0, 0]])
    np.testing.assert_array_equal(matches(seen, {0: 0, 1: 1}), [True, False, True, False])
    np.testing.assert_array_equal(find_exemplars(seen, latents, {0: 0, 1: 1}, count=2), latents[[0, 2]])
    with pytest.raises(ValueError, match="Received: 2 among 4"):
        find_exemplars(seen, latents, {0: 0, 1: 1})
