"""--init_from: a new run begins with the weights of another run's checkpoint."""

import dataclasses
import json
import os
import shutil

import numpy as np
import pytest

from callbacks.checkpoints import checkpoint_path, checkpoint_steps, save
from engine.command import CommandError, Train
from engine.folder import RunError
from engine.transfer import layers_of, networks_of, slots_of
from tests.worlds import captioned_images, examples_of, labeled_images, tiny_run

CADENCES = {"checkpoint_every": 2, "log_every": 2}


def run(folder, model="attribute_judge", **config):
    return tiny_run(model, folder, **({"steps": 2} | config))


def train(folder, model="attribute_judge", config=None, **command):
    run(folder, model, **(config or {})).train(Train(**(CADENCES | command)))


def record(folder):
    return json.loads((folder / "run.json").read_text())


def model_at(folder, step, model="attribute_judge", **config):
    return run(folder, model, **config).trained_model(str(step))


def assert_same(one, other):
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.fixture(scope="module")
def patched():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", examples_of)
        yield


@pytest.fixture(scope="module")
def old(patched, tmp_path_factory):
    """A judge of 4 steps, with checkpoints 2 and 4."""
    folder = tmp_path_factory.mktemp("old") / "run"
    train(folder, config={"steps": 4})
    return folder


def test_means_of_past_weights_begin_with_those_that_are_taken(patched, tmp_path):
    changes = {"historical_averaging": 0.1}
    for other in ({}, changes):
        name = f"source {len(other)}"
        train(tmp_path / name, "dcgan", other)
        begun = tmp_path / f"begun {len(other)}"
        begin(begun, "dcgan", changes, step=2, init_from=str(tmp_path / name))
        source, model = model_at(tmp_path / name, 2, "dcgan", **other), model_at(begun, 2, "dcgan", **changes)
        for player in ("generator", "discriminator"):
            # And `begin` has moved all by 1.
            for kept, weight in zip(
                getattr(model, f"historical_{player}_0").get_weights(),
                getattr(source, player).get_weights(),
                strict=True,
            ):
                np.testing.assert_allclose(kept, weight + 1, atol=1e-6)
        assert not any("historical" in line for line in record(begun)["initial"]["fresh"])


def begin(folder, model="attribute_judge", config=None, step=0, **command):
    """A run that is left before its first step; with a step, as if it had taken as many."""

    def fit(self, command, model, prepared, selection):
        if step:
            model.steps_done.assign(step)
            for name, network in networks_of(model).items():
                shift = 2.0 if name.startswith("averaged") else 1.0
                network.set_weights([weight + shift for weight in network.get_weights()])
            save(model, self.folder.checkpoints, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.run.Run.fit", fit)
        train(folder, model, config, **command)


@pytest.fixture(scope="module")
def gan(patched, tmp_path_factory):
    """A DCGAN that keeps an average, of two devices."""
    folder = tmp_path_factory.mktemp("gan") / "run"
    begin(folder, "dcgan", {"average_decay": 0.5}, step=2, devices=2)
    return folder


@pytest.mark.parametrize(("given", "step"), [({}, 4), ({"init_checkpoint": "2"}, 2)])
def test_a_new_run_begins_with_the_weights_of_another_at_step_0(tmp_path, old, monkeypatch, capsys, given, step):
    # Other images, another rate, another batch: nothing of it need be the same.
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: captioned_images(classes=5, seed=3))
    begin(tmp_path / "new", config={"learning_rate": 0.1, "batch_size": 2, "seed": 5}, init_from=str(old), **given)
    new = model_at(tmp_path / "new", "last")
    assert new.step == 0
    assert_same(new.classifier, model_at(old, step).classifier)
    begun = record(tmp_path / "new")["initial"]
    assert (begun["run"], begun["step"], begun["model"]) == (str(old), step, "attribute_judge")
    assert (begun["taken"], begun["fresh"]) == (["classifier"], [])
    assert f"Begins with the weights of {old}, of attribute_judge on birds, step {step}: classifier." in (
        capsys.readouterr().out
    )


def test_another_number_of_devices_and_the_averaged_weights(tmp_path, gan):
    before = model_at(gan, 2, "dcgan")
    for devices in (1, 2):
        folder = tmp_path / str(devices)
        begin(folder, "dcgan", {"average_decay": 0.5, "seed": 3}, devices=devices, init_from=str(gan))
        after = model_at(folder, 0, "dcgan")
        for name in ("generator", "discriminator", "averaged_generator"):
            assert_same(getattr(after, name), getattr(before, name))
    assert (before.generator.get_weights()[0] != before.averaged_generator.get_weights()[0]).all()


def test_what_does_not_fit_is_named_and_starts_fresh(tmp_path, gan, capsys):
    begin(tmp_path / "fresh", "dcgan", {"discriminator_width": 6}, step=1)
    capsys.readouterr()
    begin(tmp_path / "new", "dcgan", {"discriminator_width": 6}, init_from=str(gan))
    assert "\n  discriminator: first_filters/kernel: shape (4, 4, 3, 4) -> (4, 4, 3, 6): all of it starts fresh\n" in (
        capsys.readouterr().out
    )
    assert record(tmp_path / "new")["initial"]["taken"] == ["generator"]
    new, fresh = (model_at(tmp_path / name, "last", "dcgan") for name in ("new", "fresh"))
    assert_same(new.generator, model_at(gan, 2, "dcgan").generator)
    # With the initial weights of the seed.
    kernels = (layers_of(model.discriminator)["first_filters"]["kernel"] for model in (new, fresh))
    np.testing.assert_allclose(
        *(np.asarray(kernel) - shift for kernel, shift in zip(kernels, (0, 1), strict=True)), atol=1e-6
    )


def test_an_average_that_the_other_run_does_not_keep_begins_as_a_copy(tmp_path, patched, capsys):
    begin(tmp_path / "old", "dcgan", step=1)
    begin(tmp_path / "new", "dcgan", {"average_decay": 0.9}, init_from=str(tmp_path / "old"))
    new, old = model_at(tmp_path / "new", 0, "dcgan"), model_at(tmp_path / "old", 1, "dcgan")
    assert_same(new.averaged_generator, old.generator)
    assert "averaged_generator: begins as a copy of generator" in capsys.readouterr().out


def test_more_classes_keep_all_but_the_layers_of_classes(tmp_path, patched, monkeypatch):
    begin(tmp_path / "old", "acgan", step=1)
    monkeypatch.setattr("pipelines.registry.load", lambda name, split, side, *_: labeled_images(4, side=side))
    begin(tmp_path / "new", "acgan", init_from=str(tmp_path / "old"))
    begun = record(tmp_path / "new")["initial"]
    assert begun["taken"] == ["generator", "discriminator"]
    assert "discriminator: class_logits/kernel: shape (256, 3) -> (256, 4): starts fresh" in begun["fresh"]
    new, old = (
        layers_of(model_at(tmp_path / name, step, "acgan").discriminator) for name, step in (("new", 0), ("old", 1))
    )
    np.testing.assert_array_equal(new["first_filters"]["kernel"], old["first_filters"]["kernel"])


def renamed(monkeypatch, names):
    """The images of a new run have classes of these names."""

    def load(dataset, split, side, *arguments):
        return dataclasses.replace(labeled_images(len(names), side=side, split=split), class_names=names)

    monkeypatch.setattr("pipelines.registry.load", load)


@pytest.mark.parametrize(
    ("model", "names", "line"),
    [
        ("acgan", ("x", "class 1", "class 2"), 'class 0 was "class 0" and is now "x": the weights of'),
        # The same classes in another order.
        ("acgan", ("class 0", "class 2", "class 1"), 'class 1 was "class 1" and is now "class 2" (and 1 more): the'),
        ("class_judge", ("x", "y\n", "z"), 'class 0 was "class 0" and is now "x" (and 2 more): the weights of'),
        # As before, of another number (whose layers start fresh), and of a model that has no weights of classes.
        ("acgan", ("class 0", "class 1", "class 2"), ""),
        ("acgan", ("x", "y"), ""),
        ("dcgan", ("x", "y", "z"), ""),
    ],
)
def test_classes_of_other_names_are_said_in_one_line(tmp_path, patched, monkeypatch, capsys, model, names, line):
    begin(tmp_path / "old", model, step=1)
    capsys.readouterr()
    renamed(monkeypatch, names)
    begin(tmp_path / "new", model, init_from=str(tmp_path / "old"))
    printed = capsys.readouterr().out
    assert [text.strip().startswith(line) for text in printed.splitlines() if " is now " in text] == [True] * bool(line)
    assert ("classes" in record(tmp_path / "new")["initial"]) == bool(line)
    text = run(tmp_path / "other", model).describe(Train(init_from=str(tmp_path / "old")))
    assert text.count(" is now ") == bool(line)


def test_another_preset_whose_networks_fit(tmp_path, gan):
    begin(tmp_path / "new", "wgan_gp", {"discriminator_normalization": "none"}, init_from=str(gan))
    assert record(tmp_path / "new")["initial"]["model"] == "dcgan"


@pytest.mark.parametrize("optimizers", [False, True])
def test_the_optimizers_slots_are_taken_if_asked_for(tmp_path, old, optimizers):
    begin(tmp_path / "new", init_from=str(old), init_optimizers=optimizers)
    restored = []
    for folder, step in ((old, 4), (tmp_path / "new", 0)):
        model = run(folder).model_class(run(folder).trained_config())
        model.compile()
        model.load_weights(checkpoint_path(folder / "checkpoints", step))
        assert int(model.optimizer.iterations) == step
        restored.append([np.asarray(slot) for slots in slots_of(model.optimizer) for slot in slots])
    before, now = restored
    for one, other in zip(before, now, strict=True):
        np.testing.assert_array_equal(other, one if optimizers else 0 * one)
    assert ("classifier_optimizer" in record(tmp_path / "new")["initial"]["taken"]) == optimizers


def test_another_kind_of_optimizer_starts_fresh(tmp_path, old, capsys):
    begin(tmp_path / "new", config={"optimizer": "sgd"}, init_from=str(old), init_optimizers=True)
    assert "  classifier_optimizer: FusedAdam -> SGD: starts fresh\n" in capsys.readouterr().out


def test_resuming_does_not_need_the_other_run_and_is_the_uninterrupted_run(tmp_path, old):
    moved, whole, parts = tmp_path / "old", tmp_path / "whole", tmp_path / "parts"
    shutil.copytree(old, moved)
    train(whole, config={"steps": 2}, init_from=str(moved))
    train(parts, config={"steps": 1}, init_from=str(moved))
    begun = record(parts)["initial"]
    shutil.rmtree(moved)
    train(parts, config={"steps": 2})
    # The same flag again is fine, too, however the folder is written.
    begin(parts, config={"steps": 2}, init_from=os.path.relpath(moved))
    assert_same(model_at(parts, 2), model_at(whole, 2))
    assert record(parts)["initial"] == begun


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            {"init_from": "elsewhere"},
            r"holds a run that began with \S*run \(checkpoint last\).*Received: --init_from=else",
        ),
        ({"init_checkpoint": "2"}, r"began with \S*run \(checkpoint last\).*\(checkpoint 2\)"),
        ({"init_optimizers": True}, r"Received: --init_from=\S*run \(checkpoint last with its optimizers\)"),
    ],
)
def test_resuming_with_another_beginning_is_refused(tmp_path, old, other, message):
    begin(tmp_path / "new", init_from=str(old))
    before = (tmp_path / "new" / "run.json").read_bytes()
    with pytest.raises(RunError, match=message):
        train(tmp_path / "new", config={"steps": 3}, **({"init_from": str(old)} | other))
    assert (tmp_path / "new" / "run.json").read_bytes() == before


def test_a_run_that_began_at_random_is_not_begun_anew(tmp_path, old):
    begin(tmp_path / "new", step=1)
    with pytest.raises(
        RunError, match=r"holds a run that began with random weights\. To begin with other weights, name"
    ):
        train(tmp_path / "new", init_from=str(old))
    begin(tmp_path / "new", init_from=str(old), restart=True)
    assert_same(model_at(tmp_path / "new", 0).classifier, model_at(old, 4).classifier)


def test_killed_before_its_first_checkpoint(tmp_path, old, monkeypatch):
    source = shutil.copytree(old, tmp_path / "old")
    with monkeypatch.context() as patch:
        patch.setattr("engine.run.save", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train(tmp_path / "new", init_from=str(source))
    begin(source, step=6)
    begin(tmp_path / "new")
    # The step that was the last one then; not the last one now.
    assert_same(model_at(tmp_path / "new", 0).classifier, model_at(old, 4).classifier)


def write_other(folder, old):
    (folder / "run.json").write_text(json.dumps(record(old) | {"model": "forgotten"}))


def write_older(folder, old):
    config = record(old)["config"] | {"forgotten": 1}
    (folder / "run.json").write_text(json.dumps(record(old) | {"config": config}))


@pytest.mark.parametrize(
    ("spoil", "given", "message"),
    [
        (
            lambda folder, old: shutil.rmtree(folder),
            {},
            "must be the folder of a trained run. Received: .* no run.json",
        ),
        (lambda folder, old: shutil.rmtree(folder / "checkpoints"), {}, "has no checkpoint yet"),
        (lambda folder, old: (folder / "run.json").write_text("{"), {}, "run.json is damaged"),
        (lambda folder, old: None, {"init_checkpoint": "3"}, "--init_checkpoint: accepted for this run are last, 2, 4"),
        (lambda folder, old: None, {"init_checkpoint": "best"}, "keeps no best checkpoint"),
        (write_other, {}, "must be a run of a model of this version. Received: .*of forgotten"),
        (write_older, {}, "must be a run that this version can read. Received: .*forgotten"),
        (
            lambda folder, old: checkpoint_path(folder / "checkpoints", 4).write_bytes(b"PK"),
            {"init_checkpoint": "4"},
            "damaged",
        ),
    ],
)
def test_a_run_that_cannot_be_the_beginning_is_one_line_and_nothing_is_written(tmp_path, old, spoil, given, message):
    source = shutil.copytree(old, tmp_path / "old")
    spoil(source, old)
    with pytest.raises(RunError, match=message) as raised:
        train(tmp_path / "new", init_from=str(source), **given)
    assert "--init_from" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "new").exists()


def test_networks_of_which_none_fits_are_refused_before_an_old_run_is_moved(tmp_path, old):
    begin(tmp_path / "new", step=1)
    for config, model in (({"width": 6}, "attribute_judge"), ({}, "dcgan")):
        for restart in (True, False):
            folder = tmp_path / "new" if restart else tmp_path / "other"
            with pytest.raises(
                RunError, match=r"must be a run whose networks fit those of this one\. Received: .*run, of"
            ):
                train(folder, model, config, init_from=str(old), restart=restart)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new"]
    assert checkpoint_steps(tmp_path / "new" / "checkpoints") == [1]


def test_a_dry_run_says_what_would_be_taken(tmp_path, old):
    text = run(tmp_path / "new").describe(Train(init_from=str(old)))
    assert f"Begins with the weights of {old}, of attribute_judge on birds, step 4: classifier." in text
    with pytest.raises(RunError, match="must be the folder of a trained run"):
        run(tmp_path / "new").describe(Train(init_from=str(tmp_path)))


@pytest.mark.parametrize("flags", [{"init_checkpoint": "2"}, {"init_optimizers": True}])
def test_flags_of_a_beginning_need_one(flags):
    with pytest.raises(CommandError, match=r"says what is taken of the run --init_from. Received: no --init_from"):
        Train(**flags)


def test_a_checkpoint_is_last_best_or_a_step():
    with pytest.raises(CommandError, match=r"--init_checkpoint must be last, best or a step\. Received: first"):
        Train(init_from="run", init_checkpoint="first")
