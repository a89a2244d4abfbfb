"""Requests that are computed together."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.server.batches import Batches
from serving.server.errors import ServingError


class Doubling:
    """A call that doubles its rows, refuses 13, and waits while it is held."""

    def __init__(self):
        self.calls, self.held = [], threading.Event()
        self.held.set()

    def __call__(self, inputs):
        self.calls.append(len(inputs["x"]))
        self.held.wait(10)
        if (inputs["x"] == 13).any():
            raise ValueError("thirteen")
        return {"y": 2 * inputs["x"]}


def until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


@given(st.lists(st.lists(st.integers(0, 20), min_size=1, max_size=5), min_size=1, max_size=30), st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_each_request_gets_its_own_rows_whatever_is_put_together(requests, rows):
    call = Doubling()
    call.held.clear()
    batches = Batches(rows, waiting=100)
    futures = [batches.submit(call, {"x": np.array(request)}, 100) for request in requests]
    call.held.set()
    for request, future in zip(requests, futures, strict=True):
        if 13 in request:
            with pytest.raises(ValueError, match="thirteen"):
                future.result(10)
        else:
            np.testing.assert_array_equal(future.result(10)["y"], 2 * np.array(request))
    batches.stop()
    # A request of more rows than a call may have is computed alone.
    assert all(count <= max(rows, max(map(len, requests))) for count in call.calls)


def test_rows_of_other_shapes_and_other_calls_are_not_mixed():
    call, other = Doubling(), Doubling()
    call.held.clear()
    batches = Batches(100)
    first = batches.submit(call, {"x": np.zeros((1, 2))}, 100)
    until(lambda: call.calls)
    shapes = [(2, 3), (1, 2), (3, 3), (1, 2)]
    futures = [batches.submit(call, {"x": np.ones(shape)}, 100) for shape in shapes]
    futures += [batches.submit(other, {"x": np.ones((1, 3))}, 100)]
    call.held.set()
    assert [future.result(10)["y"].shape for future in [first, *futures]] == [(1, 2), *shapes, (1, 3)]
    batches.stop()
    # Those of one kind are put together though others came between them.
    assert call.calls == [1, 5, 2]
    assert other.calls == [1]


def test_a_call_has_no_more_rows_than_the_model_takes_or_the_flag_says():
    for flag, most, wanted in ((0, 2, [1, 2, 2]), (3, 100, [1, 3, 1]), (3, 2, [1, 2, 2])):
        call = Doubling()
        call.held.clear()
        batches = Batches(flag)
        futures = [batches.submit(call, {"x": np.array([0])}, most)]
        until(lambda call=call: call.calls)
        futures += [batches.submit(call, {"x": np.array([number])}, most) for number in range(4)]
        call.held.set()
        assert [future.result(10)["y"][0] for future in futures] == [0, 0, 2, 4, 6]
        batches.stop()
        assert call.calls == wanted


def test_a_call_waits_for_more_as_long_as_it_may():
    call = Doubling()
    batches = Batches(3, wait=5.0)
    start = time.monotonic()
    futures = [batches.submit(call, {"x": np.array([number])}, 100) for number in range(3)]
    assert [future.result(10)["y"][0] for future in futures] == [0, 2, 4]
    # Once it is full it waits no longer.
    assert time.monotonic() - start < 4
    assert call.calls == [3]
    batches.stop()


def test_what_was_accepted_is_computed_before_the_end():
    call = Doubling()
    call.held.clear()
    batches = Batches(2, waiting=4)
    futures = [batches.submit(call, {"x": np.array([0])}, 100)]
    until(lambda: call.calls)
    futures += [batches.submit(call, {"x": np.array([number])}, 100) for number in range(1, 5)]
    with pytest.raises(ServingError, match="at most 4 requests wait"):
        batches.submit(call, {"x": np.array([9])}, 100)
    ending = threading.Thread(target=batches.stop)
    call.held.set()
    ending.start()
    assert [future.result(10)["y"][0] for future in futures] == [0, 2, 4, 6, 8]
    ending.join(10)
    assert not ending.is_alive()


def test_a_request_that_was_given_up_is_not_computed():
    call = Doubling()
    call.held.clear()
    batches = Batches(1)
    first = batches.submit(call, {"x": np.array([0])}, 100)
    until(lambda: call.calls)
    given_up, last = (batches.submit(call, {"x": np.array([number])}, 100) for number in (1, 2))
    assert given_up.cancel()
    call.held.set()
    assert (first.result(10)["y"][0], last.result(10)["y"][0]) == (0, 4)
    batches.stop()
    assert call.calls == [1, 1]
