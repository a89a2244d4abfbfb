import itertools
import json
import os

import pytest

from callbacks.best import BestCheckpoint
from callbacks.checkpoints import TrainingError, best_path, best_record, checkpoint_path

VALUES = {10: 0.5, 20: 0.7, 30: float("nan"), 40: 0.7, 50: 0.6}


def content(step):
    return f"checkpoint of step {step}".encode()


def consider(folder, steps, values=VALUES, better="higher"):
    for step in steps:
        path = checkpoint_path(folder, step)
        path.write_bytes(content(step))
        BestCheckpoint(folder, "score", better).consider(step, {"other": 0.0, "score": values[step]}, path)


def best(folder):
    """The recorded step and value; checks that the file is that step's and the only one."""
    record = json.loads((folder / "best.json").read_text())
    assert record.keys() == {"key", "value", "step", "better", "protocol"}
    assert [path.name for path in folder.glob("best*.keras")] == [f"best-step-{record['step']:08d}.keras"]
    assert best_path(folder, record["step"]).read_bytes() == content(record["step"])
    return record["step"], record["value"]


@pytest.mark.parametrize(("better", "step"), [("higher", 20), ("lower", 10)])
def test_the_best_value_is_kept_the_earliest_of_equal_ones_and_never_nan(tmp_path, better, step):
    consider(tmp_path, VALUES, better=better)
    assert best(tmp_path) == (step, VALUES[step])
    record = {"key": "score", "value": VALUES[step], "step": step, "better": better, "protocol": {}}
    assert best_record(tmp_path) == record
    # The checkpoints themselves stay.
    assert all(checkpoint_path(tmp_path, other).exists() for other in VALUES)


def test_nan_alone_is_no_best(tmp_path):
    consider(tmp_path, [30])
    assert best_record(tmp_path) is None
    assert list(tmp_path.glob("best*")) == []


@pytest.mark.parametrize("order", itertools.permutations([10, 20, 40]))
def test_repeated_steps_change_nothing(tmp_path, order):
    """A best beyond the step that is resumed is kept, and the repeated steps lead to the same one."""
    consider(tmp_path, [*order, *VALUES])
    assert best(tmp_path) == (20, 0.7)


def test_it_outlives_the_step_s_own_checkpoint(tmp_path):
    consider(tmp_path, [10])
    checkpoint_path(tmp_path, 10).unlink()
    assert best(tmp_path) == (10, 0.5)


def test_it_is_saved_only_once_where_the_file_system_has_hard_links_and_copied_elsewhere(tmp_path, monkeypatch):
    consider(tmp_path, [10])
    assert os.path.samefile(checkpoint_path(tmp_path, 10), best_path(tmp_path, 10))

    def link(source, target):
        raise PermissionError("no hard links here")

    monkeypatch.setattr(os, "link", link)
    consider(tmp_path, [20])
    assert not os.path.samefile(checkpoint_path(tmp_path, 20), best_path(tmp_path, 20))
    assert best(tmp_path) == (20, 0.7)


def test_a_damaged_best_is_replaced_when_its_step_is_repeated(tmp_path):
    consider(tmp_path, [10, 20])
    best_path(tmp_path, 20).write_bytes(b"damaged")
    checkpoint_path(tmp_path, 20).unlink()
    consider(tmp_path, [20])
    assert best(tmp_path) == (20, 0.7)


def test_an_unknown_metric_is_one_line_that_lists_those_there_are(tmp_path):
    with pytest.raises(TrainingError) as raised:
        BestCheckpoint(tmp_path, "scores", "higher").consider(5, {"score": 1.0, "distance": 2.0}, tmp_path / "none")
    assert str(raised.value) == "--keep_best: accepted are distance, score. Received: scores"


def test_a_best_by_another_metric_or_that_is_lost_is_replaced_with_a_warning(tmp_path, caplog):
    consider(tmp_path, [20])
    with caplog.at_level("WARNING", logger="absl"):
        consider(tmp_path, [10], better="lower")
        assert best(tmp_path) == (10, 0.5)
        best_path(tmp_path, 10).unlink()
        consider(tmp_path, [20], better="lower")
        assert best(tmp_path) == (20, 0.7)
        (tmp_path / "best.json").write_text("{")
        consider(tmp_path, [50], better="lower")
        assert best(tmp_path) == (50, 0.6)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 3
    assert "chosen by score (higher is better); from now on it is by score (lower is better)" in messages[0]
    assert "of step 10, is missing" in messages[1]
    assert "best.json is damaged" in messages[2]


class Killed(BaseException):
    """Stands in for SIGKILL: nothing but `finally` runs, and what that cleans up is cleaned when resuming, too."""


@pytest.mark.parametrize("at", ["before the file", "between file and json", "before the old file is removed"])
def test_killed_at_any_point_the_record_names_a_file_of_its_step(tmp_path, monkeypatch, at):
    consider(tmp_path, [10])
    with monkeypatch.context() as patch:
        if at == "before the old file is removed":
            patch.setattr("pathlib.Path.glob", killed)
        else:
            replace, spared = os.replace, itertools.count(0 if at == "before the file" else -1)
            patch.setattr(os, "replace", lambda *paths: killed() if next(spared) == 0 else replace(*paths))
        with pytest.raises(Killed):
            consider(tmp_path, [20])
    record = best_record(tmp_path)
    assert record["step"] == (20 if at == "before the old file is removed" else 10)
    assert best_path(tmp_path, record["step"]).read_bytes() == content(record["step"])
    consider(tmp_path, [20])
    assert best(tmp_path) == (20, 0.7)


def killed(*arguments, **named):
    raise Killed


def test_values_of_another_protocol_are_not_compared(tmp_path, caplog):
    for step, value, count in ((10, 0.9, 2000), (20, 0.5, 100), (30, 0.4, 100)):
        path = checkpoint_path(tmp_path, step)
        path.write_bytes(content(step))
        BestCheckpoint(tmp_path, "score", "higher", {"count": count}).consider(step, {"score": value}, path)
    # On so few samples 0.5 says nothing of the 0.9 before.
    assert best(tmp_path) == (20, 0.5)
    assert "was chosen by another protocol" in caplog.text
