"""The budget of memory is a matter of the machine: neither recorded nor compared, and the weights are the same."""

import numpy as np
import pytest

import main
from engine.command import COMMANDS, CommandError, Train
from engine.experiment import resolve
from engine.processor import NOT_CHOSEN
from engine.run import Run
from pipelines import budget
from pipelines.budget import DEFAULT
from pipelines.rows import ImageRows
from tests.pipelines.files import write_noise


def test_the_experiment_its_record_and_its_batches_are_the_same(tmp_path, memory):
    (tmp_path / "data").mkdir()
    for index in range(6):
        write_noise(tmp_path / "data" / f"{index}.png", index, size=32)
    found = []
    for amount in ("1GiB", "0b"):
        memory(amount)
        folders = {name: str(tmp_path / name) for name in ("data_dir", "cache_dir", "workdir")}
        folders["data_dir"] = str(tmp_path / "data")
        settings = {"image_size": 32, "batch_size": 2, "set": ("channels=1",)}
        command = Train(model="dcgan", dataset="folder", memory=amount, **settings, **folders)
        experiment = resolve(command)
        splits = Run(experiment).split(0.4)
        prepared = Run(experiment).parts.prepare(splits.train)
        batches = [batch["real"].numpy() for batch in prepared.batches.dataset(0, 4)]
        # The experiment is all that a record is made of, and is compared with.
        found.append((experiment, prepared.data, prepared.config, np.stack(batches)))
    assert isinstance(splits.train.images, ImageRows)
    np.testing.assert_array_equal(found[0][-1], found[1][-1])
    assert found[0][:-1] == found[1][:-1]


def test_main_gives_the_process_the_budget_of_the_command(monkeypatch, memory):
    amounts = []

    class Noted:
        """Stands for a run."""

        def __init__(self, *_):
            pass

        def export(self, command):
            amounts.append(budget.current().bytes)

    memory("1b")
    monkeypatch.setattr(main, "prepare_tensorflow", lambda devices: None)
    monkeypatch.setattr("engine.run.Run", Noted)
    monkeypatch.setattr("engine.errors.plain_log", lambda: None)
    main.run(None, COMMANDS["export"](memory="3kb"), NOT_CHOSEN)
    assert amounts == [3000]


@pytest.mark.parametrize("mode", [mode for mode in COMMANDS if mode != "explore"])
def test_every_mode_takes_it(mode):
    assert COMMANDS[mode]().memory == DEFAULT
    assert COMMANDS[mode](memory="1.5GiB").memory == "1.5GiB"
    with pytest.raises(CommandError, match=r"--memory must be a size.*Received: 5 apples"):
        COMMANDS[mode](memory="5 apples")
