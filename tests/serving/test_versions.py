"""Numbered folders: whole ones alone have a number, whatever else happens."""

import threading
import time

import pytest

from serving.versions import next_version


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_versions_count_up_from_the_largest(tmp_path):
    for expected in ("1", "2"):
        with next_version(tmp_path) as (aside, written):
            aside.mkdir()
        assert written.name == expected
    (tmp_path / "10").mkdir()
    (tmp_path / "notes").mkdir()
    with next_version(tmp_path) as (aside, _):
        aside.mkdir()
    assert names(tmp_path) == ["1", "10", "11", "2", "notes"]


def test_what_failed_leaves_nothing_and_what_was_killed_is_replaced(tmp_path):
    def fail():
        with next_version(tmp_path) as (aside, _):
            aside.mkdir()
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        fail()
    assert names(tmp_path) == []
    # Of a process that was killed.
    (tmp_path / ".1.unfinished").mkdir()
    (tmp_path / ".1.unfinished" / "half").touch()
    with next_version(tmp_path) as (aside, _):
        aside.mkdir()
        (aside / "whole").touch()
    assert names(tmp_path) == ["1"]
    assert names(tmp_path / "1") == ["whole"]


def test_two_at_once_become_two_whole_ones(tmp_path):
    def write(name):
        with next_version(tmp_path) as (aside, _):
            aside.mkdir()
            for part in range(5):
                (aside / f"{name}{part}").touch()
                time.sleep(0.02)

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(tmp_path) == ["1", "2"]
    assert sorted(names(tmp_path / "1") + names(tmp_path / "2")) == [
        f"{name}{part}" for name in "ab" for part in range(5)
    ]
    assert len({name[0] for name in names(tmp_path / "1")}) == 1
