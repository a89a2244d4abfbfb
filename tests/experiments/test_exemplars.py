import numpy as np
import pytest

from experiments.exemplars import Judged, frequent_combinations, matches
from experiments.result import NothingFoundError


def test_exemplars_show_the_wanted_values_or_are_missed():
    predicted = np.array([[0, 1], [1, 1], [0, 1], [0, 0]])
    np.testing.assert_array_equal(matches(predicted, {0: 0, 1: 1}), [True, False, True, False])
    samples = Judged(np.zeros((4, 2)), np.zeros((4, 8, 8, 1)), predicted)
    random = np.random.default_rng(0)
    np.testing.assert_array_equal(sorted(samples.rows({0: 0, 1: 1}, 2, random)), [0, 2])
    with pytest.raises(NothingFoundError, match="Received: 2 among 4"):
        samples.rows({0: 0, 1: 1}, 3, random)


def test_the_moved_color_is_neither_color_of_the_body_and_the_most_frequent_come_first():
    predicted = np.array([(0, 1)] * 5 + [(2, 1)] * 5 + [(2, 3)] * 4 + [(1, 3)] * 9 + [(0, 3)] * 3)
    found = frequent_combinations(predicted, 0, 1, (4, 4), minimum=3)
    rarest = [min(matches(predicted, group).sum() for group in one.groups) for one in found]
    assert rarest == sorted(rarest, reverse=True)
    assert rarest[0] == 4
    for one in found:
        # (a, a') - (b, a') + (b, c') = (a, c').
        assert (one.a[1], one.b[0], one.result) == (one.b[1], one.c[0], {0: one.a[0], 1: one.c[1]})
        assert one.a[0] not in (one.a[1], one.c[1])
    assert len(frequent_combinations(predicted, 0, 1, (4, 4), minimum=4)) < len(found)


def test_where_a_term_is_rarely_predicted_there_is_no_combination():
    predicted = np.array([(0, 1)] * 9 + [(2, 1)] * 2 + [(2, 3)] * 9)
    assert not frequent_combinations(predicted, 0, 1, (4, 4), minimum=3)
