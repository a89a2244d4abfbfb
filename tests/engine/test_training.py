"""A training as its user sees it: resuming, stopping, refusing. The fastest model stands for all."""

import dataclasses
import json
import re
import signal

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from callbacks.checkpoints import TrainingError, checkpoint_path, checkpoint_steps
from callbacks.watch import StopOnSignal
from engine.command import Evaluate, Train
from engine.folder import RunError, RunFolder
from engine.record import run_record
from models.judges.judge import AttributeJudge
from pipelines.examples import DataError
from tests.worlds import captioned_images, tiny_run

pytestmark = pytest.mark.usefixtures("world")
CADENCES = {"checkpoint_every": 2, "log_every": 2}


def judge(folder, **config):
    """The run as a new process makes it."""
    return tiny_run("attribute_judge", folder / "run", **({"steps": 5} | config))


def train(folder, config=None, **command):
    judge(folder, **(config or {})).train(Train(**(CADENCES | command)))


def steps(folder):
    return checkpoint_steps(folder / "run" / "checkpoints")


def newest(folder):
    return checkpoint_path(folder / "run" / "checkpoints", steps(folder)[0])


def weights(folder):
    return judge(folder).trained_model().get_weights()


def assert_same_weights(one, other):
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The weights of an uninterrupted run of 5 steps."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", lambda *arguments: captioned_images())
        train(folder)
        return weights(folder)


def test_a_run_leaves_its_record_checkpoints_numbers_and_nothing_unfinished(tmp_path, capsys):
    train(tmp_path, keep_checkpoints=2)
    assert steps(tmp_path) == [5, 4]
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (record["model"], record["dataset"], record["devices"]) == ("attribute_judge", "birds", 1)
    assert record["config"]["steps"] == 5
    assert record["config"]["value_counts"] == [3, 2, 2]
    assert record["versions"]["tensorflow"] == tf.__version__
    assert list((tmp_path / "run" / "tensorboard").iterdir())
    hidden = [path.name for path in (tmp_path / "run").rglob(".*")]
    assert hidden == [".lock"]
    assert "Training: attribute_judge on birds, steps 0 to 5, 4 examples a step, in " in capsys.readouterr().out


def test_more_steps_resume_where_it_ended(tmp_path, finished, capsys):
    train(tmp_path, {"steps": 3})
    train(tmp_path, checkpoint_every=1, log_every=1, pictures_every=1)
    assert "Resuming: attribute_judge on birds, steps 3 to 5" in capsys.readouterr().out
    assert_same_weights(weights(tmp_path), finished)


def test_a_finished_run_is_left_as_it_is_with_a_message(tmp_path, capsys):
    train(tmp_path)
    before = newest(tmp_path).read_bytes()
    capsys.readouterr()
    train(tmp_path)
    output = capsys.readouterr().out
    assert "is finished: 5 steps" in output
    assert "more --steps" in output
    assert "--restart" in output
    assert newest(tmp_path).read_bytes() == before


def test_a_finished_training_killed_before_its_results_were_written_writes_them(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("engine.run.Run.finish", lambda self, model: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train(tmp_path)
    assert not (tmp_path / "run" / "evaluation.json").exists()
    train(tmp_path)
    assert (tmp_path / "run" / "evaluation.json").exists()


@pytest.mark.parametrize(("number", "step"), [(signal.SIGINT, 3), (signal.SIGTERM, 5)])
def test_a_signal_saves_the_step_under_way_and_the_same_command_resumes_it(
    tmp_path, finished, monkeypatch, capsys, number, step
):
    handler, original = signal.getsignal(number), StopOnSignal.on_train_batch_end

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step == step:
            signal.raise_signal(number)
        original(self, batch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(StopOnSignal, "on_train_batch_end", on_train_batch_end)
        with pytest.raises(SystemExit) as stopped:
            train(tmp_path)
    assert stopped.value.code == 128 + number
    assert signal.getsignal(number) is handler
    assert steps(tmp_path)[0] == step
    assert f"Stopped by {number.name} at step {step} and saved; the same command resumes it." in capsys.readouterr().out
    train(tmp_path)
    assert_same_weights(weights(tmp_path), finished)
    assert (tmp_path / "run" / "evaluation.json").exists()


def damage(path, kind):
    content = bytearray(path.read_bytes())
    if kind == "truncated":
        content = content[: len(content) // 2]
    else:
        content[len(content) // 2] ^= 255
    path.write_bytes(content)


@pytest.mark.parametrize("kind", ["truncated", "flipped"])
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(tmp_path, finished, caplog, capsys, kind):
    train(tmp_path, {"steps": 4})
    assert steps(tmp_path) == [4, 2]
    damage(newest(tmp_path), kind)
    with caplog.at_level("WARNING", logger="absl"):
        train(tmp_path)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert any("step-00000004.keras is damaged; falling back to the one before" in warning for warning in warnings)
    assert "steps 2 to 5" in capsys.readouterr().out
    assert_same_weights(weights(tmp_path), finished)


def test_all_checkpoints_damaged(tmp_path):
    train(tmp_path, {"steps": 4})
    for step in steps(tmp_path):
        damage(checkpoint_path(tmp_path / "run" / "checkpoints", step), "truncated")
    with pytest.raises(TrainingError, match="every checkpoint is damaged; --restart"):
        train(tmp_path)
    assert len(steps(tmp_path)) == 2


@pytest.mark.parametrize("every", [1, 2, 50])
def test_a_loss_that_is_not_finite_stops_with_step_and_name_and_keeps_the_last_good(
    tmp_path, monkeypatch, capsys, every
):
    original = AttributeJudge.train_step

    def train_step(self, batch):
        poison = tf.where(tf.equal(self.steps_done, 4), float("nan"), 0.0)
        return original(self, dict(batch, image=batch["image"] + poison))

    monkeypatch.setattr(AttributeJudge, "train_step", train_step)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(TrainingError) as raised:
        train(tmp_path, {"steps": 9}, log_every=every)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    # The error is printed on a line of its own, below the progress bar.
    assert capsys.readouterr().err.endswith("\n")
    assert str(raised.value).startswith("loss became nan at step 5; the last good checkpoint, of step 4, is kept in ")
    assert steps(tmp_path) == [4, 2]
    assert all(np.isfinite(value).all() for value in weights(tmp_path))


def test_changes_that_alter_the_weights_are_refused_by_name(tmp_path):
    train(tmp_path)
    before = newest(tmp_path).read_bytes(), (tmp_path / "run" / "run.json").read_bytes()
    with pytest.raises(RunError) as raised:
        train(tmp_path, {"learning_rate": 0.5, "seed": 3, "steps": 9})
    message = str(raised.value)
    assert "config.learning_rate: 0.001 -> 0.5; config.seed: 0 -> 3." in message
    assert "steps:" not in message
    assert "--restart" in message
    assert "--workdir" in message
    assert (newest(tmp_path).read_bytes(), (tmp_path / "run" / "run.json").read_bytes()) == before


def test_another_run_is_refused_before_the_data_is_loaded(tmp_path, monkeypatch):
    train(tmp_path)
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: pytest.fail("the data was loaded"))
    for change, field in (({"learning_rate": 0.5}, "config.learning_rate"), ({"batch_size": 2}, "config.batch_size")):
        with pytest.raises(RunError, match=field):
            train(tmp_path, change)


def test_other_pixels_and_another_number_of_devices_are_refused(tmp_path, monkeypatch):
    train(tmp_path)
    with pytest.raises(RunError, match="devices: 1 -> 2"):
        train(tmp_path, devices=2)
    other = captioned_images(seed=1)
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: other)
    with pytest.raises(RunError, match=r"data\.pixels: "):
        train(tmp_path)


def test_another_model_is_refused(tmp_path, encoder_folder):
    train(tmp_path)
    with pytest.raises(RunError, match="model: attribute_judge -> char_cnn_rnn"):
        tiny_run("char_cnn_rnn", tmp_path / "run", encoder_folder).train(Train())


def test_restart_moves_the_old_run_aside(tmp_path, capsys, finished):
    train(tmp_path, {"seed": 8})
    old = newest(tmp_path).read_bytes()
    train(tmp_path, restart=True)
    assert_same_weights(weights(tmp_path), finished)
    (moved,) = (path for path in tmp_path.iterdir() if path.name != "run")
    assert f"The old run is now in {moved}." in capsys.readouterr().out
    assert (moved / "checkpoints" / "step-00000005.keras").read_bytes() == old


def test_checkpoints_of_an_unknown_run_are_not_resumed_and_not_lost(tmp_path):
    train(tmp_path, {"steps": 2})
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(RunError, match=r"checkpoints, but no run\.json"):
        train(tmp_path)
    train(tmp_path, restart=True)
    (moved,) = (path for path in tmp_path.iterdir() if path.name != "run")
    assert (moved / "checkpoints" / "step-00000002.keras").exists()


def test_a_damaged_record_is_refused_and_restart_moves_it_aside(tmp_path):
    train(tmp_path, {"steps": 2})
    (tmp_path / "run" / "run.json").write_text('{"model": ')
    with pytest.raises(RunError, match=r"run\.json is damaged; --restart moves the run aside"):
        train(tmp_path, {"steps": 2})
    train(tmp_path, {"steps": 2}, restart=True)
    (moved,) = (path for path in tmp_path.iterdir() if path.name != "run")
    assert (moved / "checkpoints" / "step-00000002.keras").exists()
    assert steps(tmp_path) == [2]


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path):
    train(tmp_path, {"steps": 2})
    with RunFolder(tmp_path / "run").locked():
        with pytest.raises(RunError, match="another process is training in this run folder"):
            train(tmp_path)
        with pytest.raises(RunError, match="another process is training in this run folder"):
            train(tmp_path, restart=True)
    assert steps(tmp_path) == [2]


def test_what_is_refused_leaves_no_folder(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise DataError("no such images")

    monkeypatch.setattr("pipelines.registry.load", refuse)
    with pytest.raises(DataError):
        train(tmp_path)
    assert not (tmp_path / "run").exists()


def test_unwritable_places(tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(RunError, match="must be a folder that can be written"):
        train(tmp_path)


@pytest.mark.parametrize(
    ("config", "command", "message"),
    [
        ({}, {"devices": 9}, "--devices must be at most 2, the devices of this machine. Received: 9"),
        ({"batch_size": 5}, {"devices": 2}, "must be a multiple of 2 on 2 devices. Received: 5"),
        ({"precision": "mixed_float16"}, {"devices": 2}, "mixed_float16 works on one device only"),
    ],
)
def test_devices_that_do_not_go_with_the_rest(tmp_path, config, command, message):
    with pytest.raises(RunError, match=message):
        train(tmp_path, config, **command)


def test_two_devices_train_one_model_after_another_in_one_process(tmp_path):
    for width in (4, 6):
        train(tmp_path / str(width), {"width": width, "steps": 2}, devices=2)
        assert steps(tmp_path / str(width))[0] == 2


def test_no_checkpoint_yet(tmp_path):
    with pytest.raises(RunError, match="no run here; train first"):
        judge(tmp_path).evaluate(Evaluate())
    folder = RunFolder(tmp_path / "run")
    folder.make()
    plain = judge(tmp_path)
    prepared = plain.parts.prepare(plain.splits.train)
    folder.write_record(run_record(plain.experiment, prepared.config, prepared.data, {}, 1, 0.0))
    with pytest.raises(TrainingError, match="this run has no checkpoint yet; train first"):
        plain.evaluate(Evaluate())


def test_a_dry_run_refuses_devices_that_are_not_there(tmp_path):
    with pytest.raises(RunError, match="--devices must be at most 2"):
        judge(tmp_path).describe(Train(devices=9))


def logged_steps(folder):
    return [int(float(line.split(",")[0])) for line in (folder / "run" / "numbers.csv").read_text().splitlines()[1:]]


def test_numbers_are_kept_as_a_table_and_as_curves(tmp_path, capsys, curves):
    train(tmp_path, {"steps": 20}, log_every=4)
    # Also when the first steps are measured, which tells how long the rest takes; never of one step alone.
    assert logged_steps(tmp_path) == [3, 8, 12, 15, 20]
    assert "5 steps to go at " in capsys.readouterr().out
    with Image.open(tmp_path / "run" / "curves.png") as curves:
        assert min(curves.size) > 100


def test_a_resume_shows_no_means_of_a_step_or_two(tmp_path):
    train(tmp_path, {"steps": 7}, log_every=8)
    train(tmp_path, {"steps": 24}, log_every=8)
    assert logged_steps(tmp_path) == [3, 7, 15, 24]
    assert "7.0" not in (tmp_path / "run" / "numbers.csv").read_text().split("\n")[2].split(",")[0]


def test_numbers_of_steps_that_are_done_again_are_dropped(tmp_path):
    train(tmp_path, {"steps": 6})
    newest(tmp_path).unlink()
    train(tmp_path, {"steps": 6})
    assert logged_steps(tmp_path) == [2, 3, 4, 6]


def test_a_table_of_numbers_that_cannot_be_read_stops_nothing(tmp_path, finished):
    train(tmp_path, {"steps": 3})
    table = tmp_path / "run" / "numbers.csv"
    table.write_text(table.read_text().replace(",", ";"))
    train(tmp_path)
    assert_same_weights(weights(tmp_path), finished)
    assert logged_steps(tmp_path) == [4, 5]
    assert ";" in (tmp_path / "run" / "numbers.unreadable.csv").read_text()


def test_a_dry_run_prints_everything_and_writes_nothing(tmp_path):
    text = judge(tmp_path).describe(Train())
    for field in dataclasses.fields(judge(tmp_path).experiment.config):
        assert f"  {field.name} = " in text
    # A source is claimed for the published values only.
    assert re.search(r"learning_rate = 0.001 +Adam's step size\n", text)
    assert re.search(r"batch_size = 4 +given; the preset's is 64: examples per step", text)
    assert re.search(r"value_counts = \(3, 2, 2\) +from the data; the preset's is \(\)", text)
    assert "image: float32 (4, 32, 32, 3)" in text
    assert "attributes: int32 (4, 3)" in text
    assert "18 training images" in text
    assert "4 steps an epoch, 5 steps in all" in text
    assert not (tmp_path / "run").exists()
