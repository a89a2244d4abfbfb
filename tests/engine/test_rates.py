"""The learning rate is the one thing that a run may be resumed with another value of, if it is given by name."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from callbacks.checkpoints import checkpoint_path
from engine.command import Train
from engine.experiment import resolve, with_changed_rates
from engine.folder import RunError
from engine.record import changes_of, history
from engine.run import Run
from models.core.config import RATES
from models.registry import PRESETS
from tests.worlds import tiny_run

pytestmark = pytest.mark.usefixtures("world")
CADENCES = {"checkpoint_every": 2, "log_every": 2}


def train(folder, config=None, given=None, model="attribute_judge", **command):
    """What `main.py` does, with the smallest networks: `given` are the rates on the command line."""
    plain = tiny_run(model, folder, **({"steps": 2} | (config or {}) | (given or {})))
    command = Train(set=tuple(f"{name}={value}" for name, value in (given or {}).items()), **(CADENCES | command))
    Run(with_changed_rates(plain.experiment, command.given_rates)).train(command)


def record(folder):
    return json.loads((folder / "run.json").read_text())


def weights(folder, step="last"):
    return tiny_run("attribute_judge", folder).trained_model(str(step)).get_weights()


def assert_same_weights(one, other):
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.fixture
def seen(monkeypatch):
    """The models of trainings, which take no step; checkpoints are written as if they had taken all of theirs."""
    models = []

    def fit(self, command, model, prepared, selection):
        models.append(model)
        model.steps_done.assign(prepared.config.steps)
        for player in model.players:
            model.optimizer_of(player).iterations.assign(prepared.config.steps)
        model.save(checkpoint_path(self.folder.checkpoints, prepared.config.steps))

    def train_nothing(folder, *arguments, **named):
        (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
        with monkeypatch.context() as patch:
            patch.setattr("engine.run.Run.fit", fit)
            train(folder, *arguments, **named)
        return models[-1]

    return train_nothing


def test_a_rate_that_is_given_is_the_rate_from_there_on(tmp_path, capsys):
    train(tmp_path)
    train(tmp_path, {"steps": 4}, {"learning_rate": 0.0})
    assert "learning_rate: 0.001 -> 0.0, from step 2 on." in capsys.readouterr().out
    assert record(tmp_path)["changes"] == [{"step": 2, "field": "learning_rate", "from": 0.001, "to": 0.0}]
    assert record(tmp_path)["config"]["learning_rate"] == 0.0
    before, after = (
        tiny_run("attribute_judge", tmp_path).trained_model(step).classifier.trainable_variables for step in ("2", "4")
    )
    assert_same_weights([np.asarray(weight) for weight in after], [np.asarray(weight) for weight in before])


def test_killed_between_the_change_and_the_next_checkpoint_it_ends_as_the_uninterrupted_run(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(whole)
    train(whole, {"steps": 4}, {"learning_rate": 0.1})
    shutil.copytree(whole, parts)
    changes = record(whole)["changes"]
    # As if its last checkpoint had not been written yet. The rate of the command is the preset's again.
    checkpoint_path(parts / "checkpoints", 4).unlink()
    (parts / "finished.json").unlink()
    train(parts, {"steps": 4})
    assert record(parts)["changes"] == changes == [{"step": 2, "field": "learning_rate", "from": 0.001, "to": 0.1}]
    assert_same_weights(weights(parts), weights(whole))


def test_without_the_flag_the_last_recorded_rate_is_kept(tmp_path, seen):
    for steps, given, rate in (
        (2, {}, 0.001),
        (4, {"learning_rate": 0.5}, 0.5),
        (6, {}, 0.5),
        (8, {"learning_rate": 0.25}, 0.25),
        (9, {}, 0.25),
    ):
        model = seen(tmp_path, {"steps": steps}, given)
        assert float(model.optimizer.learning_rate) == pytest.approx(rate)
    assert [(change["step"], change["from"], change["to"]) for change in record(tmp_path)["changes"]] == [
        (2, 0.001, 0.5),
        (6, 0.5, 0.25),
    ]


def test_the_command_line_keeps_the_changed_rate(tmp_path, seen):
    flags = {"model": "attribute_judge", "dataset": "birds", "workdir": str(tmp_path)}
    assert resolve(Train(**flags)).config.learning_rate == 0.001
    seen(tmp_path)
    seen(tmp_path, {"steps": 4}, {"learning_rate": 0.5})
    assert resolve(Train(**flags)).config.learning_rate == 0.5
    assert resolve(Train(**flags, learning_rate=0.1)).config.learning_rate == 0.1
    # Another run of this folder.
    assert resolve(Train(**flags, restart=True)).config.learning_rate == 0.001
    assert (
        resolve(Train(**(flags | {"model": "gan_cls"}))).config.learning_rate
        == PRESETS["gan_cls"].resolve("birds").learning_rate
    )


def test_a_change_from_a_rate_that_was_never_used_is_replaced(tmp_path, seen):
    seen(tmp_path)
    for rate, changes in ((0.5, 1), (0.25, 1), (0.001, 0)):
        seen(tmp_path, {"steps": 4}, {"learning_rate": rate})
        checkpoint_path(tmp_path / "checkpoints", 4).unlink()
        assert [(change["from"], change["to"]) for change in record(tmp_path)["changes"]] == [(0.001, rate)] * changes


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        # 0 stands for the other rate, which is named.
        ((1e-5, 0.0), (1e-5, 3e-5), ["discriminator_learning_rate: 1e-05 (as learning_rate) -> 3e-05"]),
        ((1e-5, 3e-5), (1e-5, 0.0), ["discriminator_learning_rate: 3e-05 -> 1e-05 (as learning_rate)"]),
        (
            (1e-5, 0.0),
            (2e-5, 3e-5),
            ["learning_rate: 1e-05 -> 2e-05", "discriminator_learning_rate: 1e-05 (as learning_rate) -> 3e-05"],
        ),
        (
            (1e-5, 3e-5),
            (2e-5, 0.0),
            ["learning_rate: 1e-05 -> 2e-05", "discriminator_learning_rate: 3e-05 -> 2e-05 (as learning_rate)"],
        ),
        ((1e-5, 3e-5), (1e-5, 4e-5), ["discriminator_learning_rate: 3e-05 -> 4e-05"]),
        # The rate itself may be 0.
        ((1e-5, 3e-5), (0.0, 3e-5), ["learning_rate: 1e-05 -> 0.0"]),
    ],
)
def test_what_is_printed_are_the_rates_in_force(capsys, old, new, lines):
    old, new = ({"config": dict(zip(RATES, rates, strict=True))} for rates in (old, new))
    changes = history(old, new, 4, 8, None)["changes"]
    assert capsys.readouterr().out.splitlines() == [f"{line}, from step 4 on." for line in lines]
    # The record has the values of the settings.
    assert {(change["from"], change["to"]) for change in changes} == {
        (old["config"][name], new["config"][name]) for name in RATES if old["config"][name] != new["config"][name]
    }
    history(old | {"changes": changes}, new, 6, 8, None)
    assert "from step 4" not in capsys.readouterr().out


def test_the_rate_before_a_change_that_is_done_again_is_that_before_the_first(capsys):
    old = {
        "config": {"learning_rate": 2e-5, "discriminator_learning_rate": 0.0},
        "changes": [entry(4, 1e-5, 2e-5)],
    }
    new = {"config": {"learning_rate": 5e-5, "discriminator_learning_rate": 3e-5}}
    history(old, new, 4, 8, None)
    assert capsys.readouterr().out.splitlines() == [
        "learning_rate: 1e-05 -> 5e-05, from step 4 on.",
        "discriminator_learning_rate: 1e-05 (as learning_rate) -> 3e-05, from step 4 on.",
    ]


def entry(step, before, after, field="learning_rate"):
    return {"step": step, "field": field, "from": before, "to": after}


@pytest.mark.parametrize(
    ("step", "now", "expected"),
    [
        # The checkpoints since step 2 are gone, and with them what 0.2 did.
        (2, 0.3, [entry(2, 0.1, 0.3)]),
        (2, 0.1, []),
        (5, 0.3, [entry(4, 0.1, 0.2), entry(5, 0.2, 0.3)]),
        (8, 0.5, [entry(4, 0.1, 0.2), entry(8, 0.2, 0.5)]),
        (9, 0.3, [entry(4, 0.1, 0.2), entry(8, 0.2, 0.3)]),
        (9, 0.4, [entry(4, 0.1, 0.2), entry(8, 0.2, 0.3), entry(9, 0.3, 0.4)]),
    ],
)
def test_changes_beyond_the_step_are_replaced(step, now, expected):
    old = {"config": {"learning_rate": 0.3}, "changes": [entry(4, 0.1, 0.2), entry(8, 0.2, 0.3)]}
    assert changes_of(old, {"config": {"learning_rate": now}}, step) == expected


@pytest.mark.parametrize(
    ("schedule", "factor"),
    [({"decay_steps": 8}, 0.75), ({"learning_rate_decay": 0.9}, 0.9**2), ({"learning_rate_halving_epochs": 2}, 0.5)],
)
def test_schedules_scale_with_the_new_rate_and_each_player_may_have_its_own(tmp_path, seen, schedule, factor):
    config = {"batch_size": 8, "discriminator_steps": 2} | schedule
    seen(tmp_path, config, model="wgan")
    for given in ({"learning_rate": 0.5}, {"discriminator_learning_rate": 0.25}):
        model = seen(tmp_path, config | {"steps": 4}, given, model="wgan")
        checkpoint_path(tmp_path / "checkpoints", 4).unlink()
        # After two steps of an epoch each.
        rates = {player: float(model.learning_rate(player, 1)(2 * model.turns_of(player))) for player in model.players}
        expected = {"generator": 0.5, "discriminator": given.get("discriminator_learning_rate", 0.5)}
        assert rates == {player: pytest.approx(rate * factor) for player, rate in expected.items()}
    assert {change["field"] for change in record(tmp_path)["changes"]} == set(RATES)


def test_another_difference_is_refused_all_the_same_and_nothing_is_recorded(tmp_path, seen):
    seen(tmp_path)
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(RunError, match=r"differs in config.seed: 0 -> 3\. Resuming"):
        train(tmp_path, {"steps": 4, "seed": 3}, {"learning_rate": 0.5})
    with pytest.raises(
        RunError, match=r"config.learning_rate: 0.001 -> 0.5\. .*may be another one if its flag is given"
    ):
        train(tmp_path, {"steps": 4, "learning_rate": 0.5})
    assert (tmp_path / "run.json").read_bytes() == before


def test_where_no_step_is_left_the_rate_stays(tmp_path, seen, capsys):
    seen(tmp_path)
    seen(tmp_path, {}, {"learning_rate": 0.5})
    assert record(tmp_path)["config"]["learning_rate"] == 0.001
    assert record(tmp_path)["changes"] == []
    assert "->" not in capsys.readouterr().out


def test_all_rates_of_all_models_may_be_changed():
    rates = {
        field.name
        for preset in PRESETS.values()
        for field in dataclasses.fields(preset.config)
        if field.name.endswith("learning_rate")
    }
    # The one below which a schedule does not fall is no rate of a player.
    assert rates - {"minimum_learning_rate"} == set(RATES)
