"""One budget of memory for all images of a process."""

import gc
import logging
import os
import shutil
import types

import numpy as np
import pytest

from pipelines import budget
from pipelines.budget import Budget, Whole, amount_of, shown_bytes
from pipelines.examples import DataError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("4GiB", 4 * 2**30),
        ("4g", 4 * 2**30),
        ("500MB", 500_000_000),
        ("1.5 MiB", 3 * 2**19),
        ("20kb", 20_000),
        ("0b", 0),
        ("2T", 2**41),
        ("50%", 0.5),
        ("100%", 1.0),
        ("12.5 %", 0.125),
    ],
)
def test_a_size_is_bytes_and_a_share_a_part(text, wanted):
    found = amount_of(text)
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize("text", ["", "4", "much", "-1GB", "101%", "4GX", "1e3MB", "GB", "%", "1,5GB", "inf"])
def test_what_is_neither_is_refused(text):
    with pytest.raises(DataError, match=f"memory must be a size such as 4GiB.*Received: {text}$"):
        amount_of(text)


def test_bytes_in_words():
    assert [shown_bytes(number) for number in (0, 2048, 3 * 2**19, 46 * 2**30 // 10, 2**41)] == [
        "0 bytes",
        "2.0 KiB",
        "1.5 MiB",
        "4.6 GiB",
        "2,048.0 GiB",
    ]


def test_a_share_is_of_what_is_available_when_the_first_set_is_loaded(monkeypatch):
    free = [1000, 10]
    monkeypatch.setattr(budget, "available_memory", lambda: free.pop(0))
    limits = Budget("20%")
    assert limits.holds(Whole("a", "images", {"a": 200}))
    assert not limits.holds(Whole("b", "images", {"b": 201}))


def test_a_set_is_held_as_a_whole_or_not_at_all():
    limits = Budget("300b")
    both = Whole("pairs", "pairs", {"A": 150, "B": 151})
    assert not limits.holds(both)
    assert limits.holds(Whole("pairs", "pairs", {"A": 150, "B": 150}))


def test_what_other_sets_take_counts_while_they_are_in_use():
    limits = Budget("300b")
    array = np.zeros(200, np.uint8)
    limits.keep("first", array, [])
    assert limits.known("first")[0] is array
    # Its own arrays do not count twice.
    assert limits.holds(Whole("first", "images", {"first": 200, "second": 100}))
    assert not limits.holds(Whole("other", "images", {"other": 101}))
    del array
    gc.collect()
    assert limits.known("first") is None
    assert limits.holds(Whole("third", "images", {"third": 102}))


def test_it_is_said_once_and_stays_decided(caplog):
    limits, whole = Budget("1KiB"), Whole("pairs", "10 pairs of 8 x 8 pixels", {"A": 1920, "B": 1920})
    with caplog.at_level(logging.INFO, logger="absl"):
        decided = [limits.holds(whole) for _ in range(3)]
        assert limits.holds(Whole("small", "2 images", {"C": 512}))
    assert decided == [False] * 3
    assert caplog.messages == [
        "pairs: 10 pairs of 8 x 8 pixels: 3.8 KiB, mapped from disk (--memory is 1.0 KiB)",
        "small: 2 images: 512 bytes, in memory (--memory is 1.0 KiB)",
    ]


def test_a_disk_without_room_is_said_before_anything_is_decoded(tmp_path, monkeypatch):
    asked = []

    def usage(folder):
        asked.append(folder)
        return types.SimpleNamespace(free=2000)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    cache = tmp_path / "new" / "cache"
    arrays = {str(cache / "a.npy"): 1500, str(cache / "b.npy"): 1500}
    with pytest.raises(
        DataError, match=r"pairs: 9 pairs do not fit into --memory=0 bytes.*--cache_dir.*2.9 KiB.*2.0 KiB"
    ):
        Budget("0b").holds(Whole("pairs", "9 pairs", arrays))
    # Of a folder that is yet to be made, its parent.
    assert asked == [str(tmp_path)]
    # What is there already needs no more room.
    os.makedirs(cache)
    (cache / "a.npy").write_bytes(b"")
    assert not Budget("0b").holds(Whole("pairs", "9 pairs", arrays))
    # In memory no disk is needed.
    assert Budget("3kb").holds(Whole("pairs", "9 pairs", {str(cache / "c.npy"): 3000}))
