"""The rows of the settings' table: their commands, equal minutes, resuming; nothing is trained."""

import argparse
import json
import re
import shlex

import pytest

from benchmarks import cells, text_to_image_settings
from benchmarks.cells import Cell
from benchmarks.text_to_image_settings import (
    ADDED,
    LEFT_OUT,
    METRICS,
    ROWS,
    EqualMinutes,
    flags,
    labels,
    positive,
    table,
)
from models.registry import PRESETS
from tests.test_docs import check

SLOW, FAST = (Cell(ROWS[label][0], 0, label, flags(ROWS[label][1])) for label in ("gan_cls_plus", "gan_cls"))


@pytest.fixture
def executed(monkeypatch):
    """The commands in the order in which they are run; each leaves what main.py would."""
    commands = []

    def execute(command, log):
        commands.append(shlex.join(command))
        folder = cells.workdir_of(command)
        folder.mkdir(exist_ok=True)
        if folder.name.endswith("-timed"):
            log.write_text(
                f"{len(commands)} steps to go at {'0.5' if 'plus' in folder.name else '0.1'} s a step: ...\n"
            )
        if "--mode=evaluate" in command:
            evaluation = {"protocol": {}, "metrics": dict.fromkeys(METRICS.values(), 0.25)}
            (folder / "evaluation.json").write_text(json.dumps(evaluation))

    for module in (cells, text_to_image_settings):
        monkeypatch.setattr(module, "execute", execute)
    return commands


def test_each_row_has_as_many_steps_as_take_the_minutes(tmp_path, executed):
    table_of = EqualMinutes(tmp_path, text_encoder_run="runs/words", judge="runs/judge", minutes=2.0)
    results = table_of.run([SLOW, FAST])
    assert [re.findall(r"--workdir=\S*/(\S+)", command)[0] for command in executed] == [
        *("gan_cls_plus-seed-0-timed", "gan_cls-seed-0-timed"),
        *("gan_cls_plus-seed-0", "gan_cls_plus-seed-0", "gan_cls-seed-0", "gan_cls-seed-0"),
    ]
    assert [re.findall(r"--steps=(\d+)", result["commands"][0]) for result in results] == [["240"], ["1200"]]
    assert not list(tmp_path.glob("*-timed"))
    del executed[:]
    # A new process reads the times.
    EqualMinutes(tmp_path, text_encoder_run="runs/words", judge="runs/judge", minutes=2.0).run([SLOW, FAST])
    assert executed == []
    lines = table(results).splitlines()
    assert re.fullmatch(r"\| `gan_cls_plus` \| 0 \| 240 \| 0\.0 \| (0\.25 \| ){7}0\.25 \|", lines[2])


@pytest.mark.parametrize("label", ROWS)
def test_every_command_is_one_that_a_user_can_type_and_changes_what_its_row_names(tmp_path, label):
    model, settings = ROWS[label]
    of_table = EqualMinutes(tmp_path)
    check(of_table.train_for(Cell(model, 0, label, flags(settings)), 7)[2:])
    usual = PRESETS[model].resolve("birds", {"image_size": 32})
    changed = PRESETS[model].resolve("birds", {"image_size": 32} | settings)
    for name in settings:
        if name != "edited_captions":
            assert getattr(changed, name) != getattr(usual, name)


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf"])
def test_no_row_is_trained_without_an_end(tmp_path, minutes, executed):
    with pytest.raises(argparse.ArgumentTypeError, match=rf"a number above 0\. Received: {minutes}"):
        positive(minutes)
    (result,) = EqualMinutes(tmp_path, minutes=1e-6).run([FAST])
    assert "--steps=1 " in result["commands"][0] + " "


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path, monkeypatch, capsys, executed):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("sys.argv", ["settings", f"--folder={tmp_path / 'file' / 'in'}", "--only=word_attention"])
    with pytest.raises(SystemExit) as stopped:
        text_to_image_settings.main()
    assert stopped.value.code == 2
    assert "--folder must be a folder that can be written" in capsys.readouterr().err


def test_rows_are_chosen_by_parts_of_their_names():
    assert labels("text_affine") == ["gan_cls + text_affine", "gan_cls_plus + text_affine"]
    # A whole name is that row alone, though it occurs in others.
    assert labels("gan_cls,relativistic") == ["gan_cls", "gan_cls + relativistic, r1_r2"]
    with pytest.raises(Exception, match=r"accepted are parts of gan_cls; .* Received: stylegan"):
        labels("stylegan")
    assert len(ROWS) == len(ADDED) + len(LEFT_OUT) + 3
