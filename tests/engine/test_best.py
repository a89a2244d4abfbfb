"""Evaluations during training and the best checkpoint: kept, used later, and the same after a resume."""

import csv
import itertools
import json
import signal
import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from callbacks.best import BestCheckpoint
from callbacks.checkpoints import Checkpoints, TrainingError, checkpoint_steps
from callbacks.curves import NumbersTable
from callbacks.watch import StopOnSignal
from engine.command import CommandError, Evaluate, Export, Sample, Train
from engine.experiment import Experiment
from engine.folder import RunError
from engine.parts.points import PointParts
from engine.run import Run
from evaluation.judges import JudgeOutputs
from pipelines.batches.draws import Batches
from pipelines.examples import DataError
from pipelines.images import to_float
from pipelines.readers.points import load_normal
from serving.export import export
from tests.worlds import labeled_images, tiny

# Not multiples of each other, so that a step may be saved, evaluated, both or neither.
CADENCES = {"evaluate_every": 2, "checkpoint_every": 3, "log_every": 3, "evaluate_samples": 60}
STEPS = 9


def examples_of(dataset, split, side, *arguments):
    """Stands in for `pipelines.registry.load`."""
    if dataset == "normal_1d":
        return load_normal(split, side, "", "")
    return labeled_images(side=side, seed=int(split == "test"), split=split)


@pytest.fixture(autouse=True, scope="module")
def world():
    """Tiny datasets; points are trained without pictures, and their results are not exported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", examples_of)
        patch.setattr(PointParts, "panels", lambda self, model: None)
        patch.setattr(PointParts, "finish", lambda self, model: None)
        patch.setattr("engine.run.export", lambda sampler, folder, about: folder)
        yield


def run_of(model, folder, dataset="digits", **changes) -> Run:
    """A run as a new process sees it."""
    return Run(Experiment(model, dataset, tiny(model, **({"steps": STEPS} | changes)), str(folder)))


def points(folder, **changes) -> Run:
    # A rate at which every step counts.
    return run_of("gan_1d", folder, "normal_1d", learning_rate=0.05, **changes)


def images(folder, **changes) -> Run:
    return run_of("dcgan", folder, learning_rate=0.3, **changes)


def by_distance(**changes) -> Train:
    """A command that keeps the best points."""
    return Train(keep_best="wasserstein_1_distance", **(CADENCES | changes))


def by_score(**changes) -> Train:
    """A command that keeps the best images."""
    return Train(keep_best="class_score", **(CADENCES | changes))


def best_of(folder) -> dict:
    return json.loads((folder / "checkpoints" / "best.json").read_text())


def evaluations(folder) -> dict[int, dict[str, str]]:
    """The evaluation metrics of numbers.csv, as written, by step."""
    path = folder / "numbers.csv"
    found = {}
    for row in csv.DictReader(path.read_text().splitlines() if path.exists() else []):
        metrics = {name: cell for name, cell in row.items() if name.startswith("evaluation/") and cell}
        if metrics:
            found[int(row["step"])] = metrics
    return found


def assert_same_weights(one, other):
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.fixture(scope="module")
def folders(tmp_path_factory, world):
    """Folders of finished runs that keep every checkpoint and the best: by name, of points and of images."""
    root = tmp_path_factory.mktemp("runs")
    run_of("class_judge", root / "class_judge-digits", steps=30).train(Train())
    points(root / "points").train(by_distance(keep_checkpoints=99))
    with pytest.MonkeyPatch.context() as patch:
        # Whatever the images are, the score falls from evaluation to evaluation: the best is not the last.
        falling = itertools.count(90, -1)
        patch.setattr("evaluation.images.class_score", lambda *arguments, **named: (float(next(falling)), 0.0))
        images(root / "images").train(by_score(keep_checkpoints=99))
    return {name: root / name for name in ("points", "images")}


def trained(folders, name, checkpoint):
    """The model of a finished run from one of its checkpoints."""
    return {"points": points, "images": images}[name](folders[name]).trained_model(checkpoint)


@pytest.mark.parametrize(
    ("name", "key", "better"), [("points", "wasserstein_1_distance", "lower"), ("images", "class_score", "higher")]
)
def test_the_best_of_all_evaluations_is_kept(folders, name, key, better):
    found = {step: float(row[f"evaluation/{key}"]) for step, row in evaluations(folders[name]).items()}
    # Every so many steps, and the last.
    assert list(found) == [2, 4, 6, 8, 9]
    assert len(set(found.values())) == 5
    step = (min if better == "lower" else max)(found, key=found.get)
    record = best_of(folders[name])
    protocol = record.pop("protocol")
    assert record == {"key": key, "value": found[step], "step": step, "better": better}
    assert (protocol["split"], protocol["count"]) == ("validation", 60)
    assert [path.name for path in (folders[name] / "checkpoints").glob("best-*")] == [f"best-step-{step:08}.keras"]
    # What is evaluated is saved, too.
    assert checkpoint_steps(folders[name] / "checkpoints") == [9, 8, 6, 4, 3, 2]
    best = trained(folders, name, "best")
    assert best.step == step
    assert_same_weights(best, trained(folders, name, str(step)))


def test_the_best_checkpoint_outlives_those_that_are_dropped(folders, tmp_path, monkeypatch):
    # The first evaluation is the best one.
    values = iter([1.0, 3.0, 2.0, 5.0, 4.0])

    def evaluate():
        return {"wasserstein_1_distance": next(values), "mean": 0.0}

    monkeypatch.setattr("engine.run.while_training", lambda *arguments: evaluate)
    points(tmp_path / "run").train(by_distance(keep_checkpoints=1))
    assert checkpoint_steps(tmp_path / "run" / "checkpoints") == [9]
    assert best_of(tmp_path / "run")["step"] == 2
    assert_same_weights(points(tmp_path / "run").trained_model("best"), trained(folders, "points", "2"))


def test_what_is_held_out_is_never_trained_on_and_is_what_checkpoints_are_compared_on(tmp_path, monkeypatch):
    batches, original = [], Batches.dataset

    def dataset(self, start, stop):
        batches.extend(original(self, start, stop).as_numpy_iterator())
        return original(self, start, stop)

    monkeypatch.setattr(Batches, "dataset", dataset)
    command = Train(keep_best="accuracy", validation_share=0.25, **(CADENCES | {"keep_checkpoints": 99}))
    run_of("class_judge", tmp_path / "run", steps=18).train(command)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["validation_share"] == 0.25

    run = run_of("class_judge", tmp_path / "run")
    held_out, split = run.splits.selection
    whole = examples_of("digits", "train", 32)
    assert (len(held_out), split) == (6, "validation")
    assert set(held_out.names) | set(run.splits.train.names) == set(whole.names)
    assert len(run.splits.train) == 18
    # Three epochs: all that is trained on, and nothing else.
    assert len(batches) == 18
    seen = {image.tobytes() for batch in batches for image in batch["image"]}
    assert seen == {image.tobytes() for image in np.asarray(to_float(run.splits.train.images))}
    assert seen.isdisjoint(image.tobytes() for image in np.asarray(to_float(held_out.images)))
    # The figures are those of the held-out images.
    for step, row in evaluations(tmp_path / "run").items():
        model = run.trained_model(str(step))
        outputs = JudgeOutputs(model, types.SimpleNamespace(examples=held_out), 1)
        assert float(row["evaluation/accuracy"]) == (outputs.seen[:, 0] == held_out.labels).mean()


def test_without_keep_best_nothing_is_held_out_and_the_weights_are_those_of_a_run_without_evaluations(tmp_path):
    commands = {
        "plain": Train(),
        "evaluated": Train(**CADENCES),
        "best": by_distance(validation_share=0.0),
    }
    for name, command in commands.items():
        points(tmp_path / name).train(command)
        assert json.loads((tmp_path / name / "run.json").read_text())["validation_share"] == 0.0
        assert (tmp_path / name / "checkpoints" / "best.json").exists() == (name == "best")
        assert_same_weights(points(tmp_path / name).trained_model(), points(tmp_path / "plain").trained_model())
    assert evaluations(tmp_path / "evaluated") == evaluations(tmp_path / "best")
    assert not evaluations(tmp_path / "plain")


def test_without_keep_best_the_images_of_a_batch_are_drawn_from_all(tmp_path):
    command = Train(**CADENCES)
    run_of("class_judge", tmp_path / "run", steps=2).train(command)
    run = run_of("class_judge", tmp_path / "run")
    assert run.splits.train.names == examples_of("digits", "train", 32).names
    assert run.splits.selection[1] == "test"


def test_the_best_checkpoint_is_sampled_evaluated_and_exported(folders, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.run.export", export)
    folder, step = folders["images"], best_of(folders["images"])["step"]
    assert step != STEPS

    def sample(checkpoint):
        output = tmp_path / f"{checkpoint}.png"
        images(folder).sample(Sample(checkpoint=checkpoint, num_images=5, seed=3, output=str(output)))
        return np.asarray(Image.open(output))

    np.testing.assert_array_equal(sample("best"), sample(str(step)))
    assert not np.array_equal(sample("best"), sample("last"))

    path = images(folder).export(Export(checkpoint="best"))
    served = tf.saved_model.load(str(path)).signatures["pixels"](seed=tf.constant([3]))
    run = images(folder)
    drawn = run.sampler(run.trained_model(str(step))).draw({"count": 5}, 3)
    assert np.abs(served["images"].numpy().astype(int) - drawn[:1]).max() <= 1

    best, chosen, last = (
        images(folder).evaluate(Evaluate(checkpoint=checkpoint, num_samples=60))
        for checkpoint in ("best", str(step), "last")
    )
    assert best["metrics"] == chosen["metrics"] != last["metrics"]
    assert (best["protocol"]["step"], best["protocol"]["checkpoint"]) == (step, "best")
    assert best["protocol"]["split"] == "test"
    assert best["protocol"]["selected_on"] == "validation"
    # It is the same checkpoint, whatever it is called.
    assert chosen["protocol"]["selected_on"] == "validation"
    assert "selected_on" not in last["protocol"]
    # By other noise than the one by which it was chosen.
    assert best["metrics"]["class_score"] != best_of(folder)["value"]


@pytest.mark.parametrize("split", ["test", "train"])
def test_the_protocol_of_a_best_checkpoint_names_the_split_that_it_was_selected_on(tmp_path, monkeypatch, split):
    def load(dataset, name, side, *arguments):
        if name == "test" and split == "train":
            raise DataError("0 test images")
        return examples_of(dataset, name, side)

    if split == "train":
        # Of a class judge: it needs no other classes than those of the training images.
        monkeypatch.setattr("pipelines.registry.load", load)
    run_of("class_judge", tmp_path / "run", steps=4).train(
        Train(keep_best="accuracy", validation_share=0.0, **CADENCES)
    )
    evaluation = run_of("class_judge", tmp_path / "run").evaluate(Evaluate(checkpoint="best"))
    assert evaluation["protocol"]["selected_on"] == evaluation["protocol"]["split"] == split
    # Selected on what it is now measured on.
    assert evaluation["metrics"]["accuracy"] == best_of(tmp_path / "run")["value"]


def test_a_run_without_a_best_checkpoint_has_none_to_evaluate(tmp_path):
    points(tmp_path / "run", steps=2).train(Train())
    with pytest.raises(TrainingError, match=r"train with --keep_best=KEY.*Received: --checkpoint=best"):
        points(tmp_path / "run").evaluate(Evaluate(checkpoint="best"))


@pytest.mark.parametrize(
    ("model", "key", "accepted"),
    [
        ("dcgan", "loss", "judge_coverage, class_score, rarest_class_share"),
        # Keys of evaluators whose needs are not met: an unconditional GAN, one without categories.
        ("dcgan", "class_consistency", "judge_coverage, class_score, rarest_class_share"),
        ("dcgan", "category_error", "judge_coverage, class_score, rarest_class_share"),
        # There to compare with.
        ("dcgan", "class_score_of_real", "judge_coverage, class_score, rarest_class_share"),
        ("gan_1d", "modes_found", "wasserstein_1_distance"),
        ("class_judge", "loss", "accuracy"),
    ],
)
def test_a_key_that_is_no_metric_of_the_run_is_refused_before_it_is_trained(folders, monkeypatch, model, key, accepted):
    monkeypatch.setattr(Run, "fit", lambda *arguments: pytest.fail("training started"))
    folder = folders["images"].parent / "refused"
    run = run_of(model, folder, "normal_1d" if model == "gan_1d" else "digits")
    with pytest.raises(
        RunError, match=rf"--keep_best must be a metric by which checkpoints compare: .*{accepted}.*Received: {key}"
    ):
        run.train(Train(keep_best=key, **CADENCES))
    assert not folder.exists()


def test_without_a_judge_its_keys_are_refused_with_the_command_that_trains_one(tmp_path):
    with pytest.raises(RunError, match=r"this needs a judge, which is trained by: (python main\.py .*)\. ") as raised:
        images(tmp_path / "run").train(by_score())
    assert f"--model=class_judge --dataset=digits --workdir={tmp_path / 'class_judge-digits'}." in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_without_a_feature_network_its_key_is_refused(folders):
    folder = folders["images"].parent / "refused"
    for key in ("fid", "inception_v3_keras_fd"):
        with pytest.raises(RunError, match=rf"--keep_best={key} needs a --feature_network\. Received: no"):
            images(folder).train(Train(keep_best=key, **CADENCES))
    assert not folder.exists()


def test_a_key_is_refused_before_a_text_encoder_is_trained(tmp_path):
    run = run_of("gan_cls", tmp_path / "run", "birds", text_encoder="char_cnn_rnn")
    with pytest.raises(
        RunError, match=r"--keep_best must be a metric by which checkpoints compare: named_attributes.*Received: loss"
    ):
        run.train(Train(keep_best="loss", **CADENCES))
    assert not list(tmp_path.iterdir())


def test_the_best_needs_evaluations():
    with pytest.raises(CommandError, match=r"--keep_best .* needs --evaluate_every"):
        Train(keep_best="accuracy")


class Killed(BaseException):
    """Stands in for the end of a process; nothing catches it."""


def dies_after(owner, name, at):
    """A method that does what it did, and then ends the process, when `at(*arguments)` for the first time."""
    original = getattr(owner, name)

    def method(self, *arguments, **keywords):
        result = original(self, *arguments, **keywords)
        if at(self, *arguments):
            raise Killed
        return result

    return owner, name, method


def dies_before(owner, name, at):
    """A method that ends the process before it does anything, when `at(*arguments)`."""
    original = getattr(owner, name)

    def method(self, *arguments, **keywords):
        if at(self, *arguments):
            raise Killed
        return original(self, *arguments, **keywords)

    return owner, name, method


def is_evaluation(step):
    """Of NumbersTable.add: whether it is called for the metrics of a step."""
    return lambda table, of, values: of == step and any(name.startswith("evaluation/") for name in values)


DEATHS = {
    "between a checkpoint and its evaluation": dies_after(Checkpoints, "save", lambda self, step: step == 4),
    "after a checkpoint without an evaluation": dies_after(Checkpoints, "save", lambda self, step: step == 3),
    "before the best is noted": dies_before(BestCheckpoint, "consider", lambda self, step, *rest: step == 6),
    "between the best and the table": dies_before(NumbersTable, "add", is_evaluation(6)),
    "after an evaluation": dies_after(NumbersTable, "add", is_evaluation(6)),
    "between the last checkpoint and its evaluation": dies_after(Checkpoints, "save", lambda self, step: step == STEPS),
    "between the last best and its row": dies_before(NumbersTable, "add", is_evaluation(STEPS)),
    "after the last evaluation": dies_before(Run, "finish", lambda self, model: True),
}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, world):
    """The folder of a run that was not interrupted."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "run"
    points(folder).train(by_distance())
    return folder


def assert_same_results(folder, uninterrupted):
    """The same best, the same numbers and the same weights, bit for bit."""
    assert best_of(folder) == best_of(uninterrupted)
    assert (folder / "numbers.csv").read_text() == (uninterrupted / "numbers.csv").read_text()
    names = [sorted(path.name for path in (run / "checkpoints").glob("best*")) for run in (folder, uninterrupted)]
    assert names[0] == names[1]
    for checkpoint in ("last", "best"):
        one, other = (points(path).trained_model(checkpoint) for path in (folder, uninterrupted))
        assert one.step == other.step
        assert_same_weights(one, other)


@pytest.mark.parametrize("death", DEATHS)
def test_a_run_whose_process_dies_ends_with_the_best_and_numbers_of_an_uninterrupted_one(
    tmp_path, monkeypatch, uninterrupted, death
):
    with monkeypatch.context() as patch:
        patch.setattr(*DEATHS[death])
        with pytest.raises(Killed):
            points(tmp_path / "run").train(by_distance())
    points(tmp_path / "run").train(by_distance())
    assert_same_results(tmp_path / "run", uninterrupted)


@pytest.mark.parametrize("step", [4, 7])
def test_a_run_that_is_stopped_ends_with_the_best_and_numbers_of_an_uninterrupted_one(
    tmp_path, monkeypatch, uninterrupted, step
):
    original = StopOnSignal.on_train_batch_end

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step == step:
            signal.raise_signal(signal.SIGINT)
        original(self, batch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(StopOnSignal, "on_train_batch_end", on_train_batch_end)
        with pytest.raises(SystemExit):
            points(tmp_path / "run").train(by_distance())
    assert max(evaluations(tmp_path / "run"), default=0) == step // 2 * 2
    points(tmp_path / "run").train(by_distance())
    assert_same_results(tmp_path / "run", uninterrupted)


def test_more_steps_continue_the_choice_of_the_best(tmp_path, uninterrupted):
    points(tmp_path / "run", steps=6).train(by_distance())
    points(tmp_path / "run").train(by_distance())
    assert best_of(tmp_path / "run") == best_of(uninterrupted)
    assert evaluations(tmp_path / "run") == evaluations(uninterrupted)


def test_another_validation_share_is_refused_by_name(tmp_path, uninterrupted):
    before = (uninterrupted / "run.json").read_bytes()
    with pytest.raises(RunError, match=r"validation_share: 0\.1 -> 0\.3\..*--restart"):
        points(uninterrupted).train(by_distance(validation_share=0.3))
    # Without the best, all images are trained on.
    with pytest.raises(RunError, match=r"validation_share: 0\.1 -> 0\.0\..*--restart"):
        points(uninterrupted).train(Train(**CADENCES))
    assert (uninterrupted / "run.json").read_bytes() == before
