"""A training that is killed around an evaluation ends with the rows, the best and the weights of one that was not."""

import itertools
import os
import zipfile

import h5py
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.summary.summary_iterator import summary_iterator

from callbacks.best import BestCheckpoint
from callbacks.checkpoints import Checkpoints, TrainingError, best_path, checkpoint_path, checkpoint_steps, restore
from callbacks.curves import NumbersTable
from callbacks.evaluations import Evaluations
from callbacks.steps import StepCallback
from callbacks.watch import Numbers
from engine.strategy import mirrored
from tests.callbacks.toys import fit, line

# Evaluated after steps 8, 16, 24 and 30, saved also after 10 and 20; rows of logs at 3, 7, 14, 21, 28 and 30.
EVALUATE, CHECKPOINT, LOG, LAST = 8, 10, 7, 30


class Killed(BaseException):
    """Stands in for SIGKILL."""


class KillAfter(StepCallback):
    """The last of the callbacks."""

    def __init__(self, step):
        super().__init__()
        self.last = step

    def due(self, step):
        return False

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if self.step == self.last:
            raise Killed


class Run:
    """A run as the command makes it: resumes what is in the folder."""

    def __init__(self, folder, better="lower", strategy=None, kill_after=0):
        self.folder, self.evaluated = folder, []
        self.model = line(strategy)
        with (strategy or tf.distribute.get_strategy()).scope():
            self.start = restore(self.model, folder)
        self.writer = tf.summary.create_file_writer(str(folder / "tensorboard"))
        table = NumbersTable(folder / "numbers.csv", self.start)
        checkpoints = Checkpoints(folder, CHECKPOINT, keep=2)
        best = BestCheckpoint(folder, "wave", better)
        self.evaluations = Evaluations(self.evaluate, EVALUATE, table, self.writer, checkpoints, best)
        self.callbacks = [
            Numbers(LAST, LOG, self.writer, table),
            checkpoints,
            self.evaluations,
            KillAfter(kill_after),
        ]

    def evaluate(self):
        """Depends on the weights; is best in the middle."""
        self.evaluated.append(self.model.step)
        weight = float(self.model.network.get_weights()[0].sum())
        return {"weight": weight, "wave": abs(self.model.step - 16) + weight / 100}

    def train(self):
        try:
            if self.start >= LAST:
                self.evaluations.set_model(self.model)
                self.evaluations.complete(self.start)
            else:
                fit(self.model, self.callbacks, self.folder, LAST)
        finally:
            self.writer.close()
        return self


def outcome(folder):
    """The rows, the record of the best, and the arrays of the best and of the last checkpoint."""
    return (
        (folder / "numbers.csv").read_text(),
        (folder / "best.json").read_text(),
        [path.name for path in folder.glob("best-*")],
        arrays(next(folder.glob("best-*"))),
        arrays(checkpoint_path(folder, LAST)),
    )


def arrays(path):
    found = {}
    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as inner, h5py.File(inner) as file:
        file.visititems(lambda name, item: found.update({name: item[()].tobytes()} if hasattr(item, "shape") else {}))
    assert "vars/running_means" in found
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    run = Run(folder).train()
    return run, outcome(folder)


def test_it_evaluates_every_so_many_steps_and_at_the_end(whole):
    run, (rows, record, names, *_) = whole
    assert run.evaluated == [8, 16, 24, 30]
    assert names == ["best-step-00000016.keras"]
    assert '"step": 16' in record
    header, *lines = rows.splitlines()
    assert header == "step,input,loss,evaluation/weight,evaluation/wave"
    assert [line.split(",")[0] for line in lines] == ["3", "7", "8", "14", "15", "16", "21", "24", "28", "30"]
    assert [line.split(",")[0] for line in lines if not line.endswith(",,")] == ["8", "16", "24", "30"]
    assert checkpoint_steps(run.folder) == [30, 24]
    seen = {
        (event.step, value.tag)
        for path in (run.folder / "tensorboard").iterdir()
        for event in summary_iterator(str(path))
        for value in event.summary.value
    }
    assert {step for step, tag in seen if tag == "evaluation/weight"} == {8, 16, 24, 30}
    assert {step for step, tag in seen if tag == "loss"} == {3, 7, 14, 15, 21, 28, 30}


def test_the_best_checkpoint_is_that_of_its_step(whole):
    run, _ = whole
    model = line()
    model.load_weights(best_path(run.folder, 16))
    assert model.step == 16


def kill(patch, target, name, nth, after=False):
    """Raise at the n-th call of an attribute: instead of it, or after it."""
    original, calls = getattr(target, name), itertools.count(1)

    def call(*arguments, **named):
        is_last = next(calls) == nth
        if is_last and not after:
            raise Killed
        result = original(*arguments, **named)
        if is_last:
            raise Killed
        return result

    patch.setattr(target, name, call)


# A best is kept at the first two of four evaluations.
@pytest.mark.parametrize(
    ("target", "name", "nth", "after"),
    [
        (Checkpoints, "save", 1, False),
        (Checkpoints, "save", 1, True),
        (Run, "evaluate", 2, True),
        (os, "link", 2, False),
        (os, "link", 2, True),
        (BestCheckpoint, "consider", 2, True),
        (BestCheckpoint, "consider", 3, True),
        (Evaluations, "complete", 2, True),
        (Evaluations, "complete", 4, False),
        (Run, "evaluate", 4, False),
        (BestCheckpoint, "consider", 4, True),
        (Evaluations, "complete", 4, True),
    ],
)
def test_killed_around_an_evaluation_it_ends_the_same(whole, tmp_path, monkeypatch, target, name, nth, after):
    with monkeypatch.context() as patch:
        kill(patch, target, name, nth, after)
        with pytest.raises(Killed):
            Run(tmp_path).train()
    Run(tmp_path).train()
    assert outcome(tmp_path) == whole[1]


# Before any checkpoint; at, after and between those of evaluations (8, 16, 24) and the others (10, 20); at the end.
@pytest.mark.parametrize("step", [2, 8, 9, 11, 16, 22, 29, 30])
def test_killed_after_a_step_it_ends_the_same(whole, tmp_path, step):
    killed = Run(tmp_path, kill_after=step)
    with pytest.raises(Killed):
        killed.train()
    run = Run(tmp_path).train()
    assert outcome(tmp_path) == whole[1]
    # Nothing is evaluated twice, as every evaluation has its checkpoint.
    assert killed.evaluated + run.evaluated == [8, 16, 24, 30]


def test_with_the_newest_checkpoint_damaged_it_ends_the_same(whole, tmp_path):
    """The best, of a step that is repeated, is kept."""
    with pytest.raises(Killed):
        Run(tmp_path, kill_after=17).train()
    damaged = checkpoint_path(tmp_path, 16)
    damaged.write_bytes(damaged.read_bytes()[:-9])
    assert Run(tmp_path).start == 10
    Run(tmp_path).train()
    assert outcome(tmp_path) == whole[1]


def test_on_two_replicas_it_ends_the_same(tmp_path):
    strategy = mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")))
    Run(tmp_path / "whole", strategy=strategy).train()
    with pytest.raises(Killed):
        Run(tmp_path / "killed", strategy=strategy, kill_after=19).train()
    Run(tmp_path / "killed", strategy=strategy).train()
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "whole")


def test_stopped_by_a_signal_it_does_not_evaluate_and_ends_the_same(whole, tmp_path):
    class Stop(StepCallback):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            self.model.stop_training = self.step == 12

    run = Run(tmp_path)
    run.callbacks.append(Stop())
    run.train()
    assert run.evaluated == [8]
    assert checkpoint_steps(tmp_path) == [12, 10]
    Run(tmp_path).train()
    assert outcome(tmp_path) == whole[1]


def test_an_unknown_metric_stops_with_the_checkpoint_kept_and_another_one_continues(whole, tmp_path):
    run = Run(tmp_path)
    run.evaluations.best.key = "waves"
    with pytest.raises(TrainingError, match=r"accepted are wave, weight\. Received: waves"):
        run.train()
    assert checkpoint_steps(tmp_path) == [8]
    Run(tmp_path).train()
    assert outcome(tmp_path) == whole[1]


def test_without_evaluations_the_weights_are_the_same(whole, tmp_path):
    run = Run(tmp_path)
    run.callbacks.remove(run.evaluations)
    run.train()
    for one, other in zip(run.model.get_weights(), whole[0].model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
