"""The ablation's cells: their commands, resuming cell by cell, and the table; nothing is trained."""

import json
import re
import shlex

import pytest

from benchmarks import cells
from benchmarks.cells import Cell, mean_and_spread
from benchmarks.text_to_image_ablation import Ablation, table
from tests.test_docs import check

CELLS = [Cell(model, seed) for seed in (0, 1) for model in ("gan_cls", "gan_int")]


@pytest.fixture
def executed(monkeypatch):
    """The commands in the order in which they are run; each leaves what main.py would, but for the one that fails."""
    commands = []

    def execute(command, log):
        commands.append(shlex.join(command))
        if getattr(execute, "failing", None) and execute.failing in commands[-1]:
            raise SystemExit(1)
        workdir = re.search(r"--workdir=(\S+)", commands[-1])[1]
        if "--mode=evaluate" in command:
            seed = int(re.search(r"seed-(\d)", workdir)[1])
            metrics = {"style_error": 0.5} if "style" in workdir else {"named_attributes": 0.5 + seed / 4}
            evaluation = {"protocol": {"split": "test"}, "metrics": metrics}
            path = log.parent / workdir
            path.mkdir(exist_ok=True)
            (path / "evaluation.json").write_text(json.dumps(evaluation))

    monkeypatch.setattr(cells, "execute", execute)
    execute.commands = commands
    return execute


def test_cells_are_computed_once_and_a_failed_one_again(tmp_path, executed, capsys):
    ablation = Ablation(tmp_path, steps=7)
    executed.failing = "--mode=evaluate --model=gan_int"
    with pytest.raises(SystemExit):
        ablation.run(CELLS)
    assert [path.name for path in tmp_path.glob("*.json")] == ["gan_cls-seed-0.json"]
    executed.failing = None
    del executed.commands[:]
    assert [result["model"] for result in ablation.run(CELLS)] == ["gan_cls", "gan_int", "gan_cls", "gan_int"]
    computed = [re.search(r"--workdir=\S*/(\S+)", command)[1] for command in executed.commands]
    assert computed == [
        *("word_region-birds", "attribute_judge-birds", "gan_int-seed-0", "gan_int-seed-0"),
        *("gan_cls-seed-1", "gan_cls-seed-1", "gan_int-seed-1", "gan_int-seed-1"),
    ]
    assert re.search(r"\[2/4\] gan_int-seed-0, about \d+ min left", capsys.readouterr().out)
    del executed.commands[:]
    ablation.run(CELLS)
    assert executed.commands == []
    with pytest.raises(ValueError, match=r"same commands.* Received: .*gan_cls-seed-0\.json"):
        Ablation(tmp_path, steps=8).run(CELLS)


def test_every_command_is_one_that_a_user_can_type_and_trains_with_the_shared_encoder(tmp_path):
    ablation = Ablation(tmp_path, steps=7, judge="runs/judge", cache_dir="cache")
    assert [command[2] for command in ablation.shared()] == ["--model=word_region"]
    for command in (*ablation.shared(), *ablation.commands(CELLS[1])):
        check(command[2:])
    train, evaluate = ablation.commands(CELLS[1])
    assert {"--steps=7", "--seed=0", f"--text_encoder={tmp_path / 'word_region-birds'}"} <= set(train)
    assert {"--judge=runs/judge", "--cache_dir=cache", f"--workdir={tmp_path / 'gan_int-seed-0'}"} <= set(evaluate)


def test_a_style_encoder_is_trained_on_generators_of_whole_captions(tmp_path):
    ablation = Ablation(tmp_path, steps=7, style_steps=5)
    assert len(ablation.commands(Cell("gan_cls", 0))) == 4
    assert len(ablation.commands(Cell("gan_cls_plus", 0))) == 2


def test_a_network_gives_the_inception_score_of_the_generators(tmp_path):
    ablation = Ablation(tmp_path, steps=7, style_steps=5, feature_network="inception")
    commands = ablation.commands(CELLS[0])
    assert ["--feature_network=inception" in command for command in commands] == [False, True, False, False]
    for command in commands:
        check(command[2:])


def test_the_table_has_the_mean_and_the_deviation_of_the_seeds_that_are_there():
    results = [
        {"label": "gan_cls", "seed": seed, "seconds": 60.0, "metrics": {"named_attributes": value}}
        for seed, value in ((0, 0.2), (2, 0.5))
    ]
    results.append({"label": "gan_int", "seed": 0, "seconds": 90.0, "metrics": {"diversity": 0.25}})
    # The deviation of a sample of two is their distance over the root of 2.
    assert table(results).splitlines() == [
        "| metric | `gan_cls` | `gan_int` |",
        "| --- | --- | --- |",
        "| seeds | 0, 2 | 0 |",
        "| `named_attributes` | 0.350 ± 0.212 |  |",
        "| `diversity` |  | 0.250 |",
        "| minutes | 1.000 ± 0.000 | 1.500 |",
    ]
    assert mean_and_spread([1.0, 2.0, 6.0]) == "3.000 ± 2.646"
