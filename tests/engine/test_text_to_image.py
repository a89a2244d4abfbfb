"""Sampling, evaluating and exporting a text-to-image GAN, as its user sees it."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.util import event_pb2

from callbacks.checkpoints import TrainingError, checkpoint_path
from engine.command import Evaluate, Export, Sample, Train
from engine.experiment import Experiment
from engine.folder import RunError, RunFolder
from engine.run import Run
from panels.grids import enlarged, row_of
from pipelines.examples import DataError
from serving.encoder import CaptionEncoder
from tests import quick
from tests.evaluation.doubles import extractor
from tests.worlds import (
    TEXT_DIM,
    captioned_images,
    tiny,
    tiny_run,
    write_captioned_folder,
    write_encoder,
    write_random_embeddings,
)

CAPTIONS = ("a red bird", "a small blue bird with a long bill")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a finished run of 2 steps, with its encoder's own folder gone."""
    folder = tmp_path_factory.mktemp("gan") / "run"
    encoder = tmp_path_factory.mktemp("its_encoder")
    write_encoder(encoder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", lambda *arguments: captioned_images())
        tiny_run("gan_cls", folder, encoder, steps=2, average_decay=0.5).train(Train())
    (encoder / "text_encoder.keras").unlink()
    return folder


def gan(folder):
    """The run in a folder as a new process makes it: configured by its record."""
    return tiny_run("gan_cls", folder, RunFolder(folder).need_record()["config"]["text_encoder"])


def sample(folder, *captions, **command):
    return gan(folder).sample(Sample(caption=captions, **command))


def evaluate(folder, **command):
    return gan(folder).evaluate(Evaluate(**command))


def text_encoder_of(folder):
    return CaptionEncoder.load(folder / "text_encoder.keras")


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """The folder of a judge of one step."""
    folder = tmp_path_factory.mktemp("judge") / "judge"
    with pytest.MonkeyPatch.context() as patch, quick.eager_steps(), quick.steps_alone():
        patch.setattr("pipelines.registry.load", lambda *arguments: captioned_images())
        tiny_run("attribute_judge", folder, steps=1).train(Train())
    return str(folder)


def pixels(path):
    return np.asarray(Image.open(path))


def test_training_leaves_grids_strips_an_encoder_and_an_export(folder):
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    assert {f"pictures/{kind}-{step:08}.png" for kind in ("samples", "interpolation") for step in (0, 2)} <= names
    assert "text_encoder.keras" in names
    assert "export/1/saved_model.pb" in names
    assert (
        pixels(folder / "pictures" / "samples-00000000.png").shape
        == pixels(folder / "pictures" / "samples-00000002.png").shape
    )


def test_sampling_writes_a_labelled_grid_that_the_seed_decides(folder, tmp_path, world):
    grids = []
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        output = str(tmp_path / f"{name}.png")
        sample(folder, *CAPTIONS, num_images=3, seed=seed, output=output)
        grids.append(pixels(output))
    # Rows of 3 images of 32 pixels, enlarged to 64, beside 260 pixels of text.
    assert grids[0].shape == (2 * 66, 260 + 3 * 66, 3)
    np.testing.assert_array_equal(grids[0], grids[1])
    np.testing.assert_array_equal(grids[0][:, :260], grids[2][:, :260])
    assert not np.array_equal(grids[0], grids[2])


@pytest.mark.parametrize(("kind", "rows"), [("captions", 1), ("noise", 2)])
def test_interpolation(folder, tmp_path, kind, rows):
    output = str(tmp_path / "strip.png")
    sample(folder, *CAPTIONS, num_images=5, interpolate=kind, output=output)
    assert pixels(output).shape == (rows * 66, 260 + 5 * 66, 3)


def test_what_cannot_be_sampled(folder):
    with pytest.raises(RunError, match="needs a --caption"):
        sample(folder)
    with pytest.raises(RunError, match=r"needs two captions\. Received: 1"):
        sample(folder, CAPTIONS[0], interpolate="captions")


def test_the_export_draws_the_pixels_of_the_sampled_grid(folder, tmp_path, world):
    """Each caption is a batch of its own, whose first picture is what the seed gives."""
    output = str(tmp_path / "grid.png")
    sample(folder, *CAPTIONS, num_images=1, seed=1, output=output)
    serve = tf.saved_model.load(str(folder / "export" / "1")).signatures["pixels"]
    seeds = tf.fill([len(CAPTIONS)], 1)
    served = serve(captions=tf.constant(CAPTIONS), seed=seeds)["images"].numpy()
    rows = [row_of(enlarged(image[np.newaxis])) for image in served]
    difference = pixels(output)[:, 260:].astype(int) - np.concatenate(rows).astype(int)
    assert np.abs(difference).max() <= 1


def test_exports_are_numbered(folder):
    def versions():
        return sorted(path.name for path in (folder / "export").iterdir() if path.is_dir())

    version = len(versions())
    gan(folder).export(Export())
    assert versions() == [str(n + 1) for n in range(version + 1)]


def test_the_averaged_weights_are_sampled(folder):
    model = gan(folder).trained_model()
    sampler = gan(folder).parts.sampler(model)
    averages, last = model.averaged_generator.get_weights(), model.generator.get_weights()
    for one, other in zip(sampler.generator.get_weights(), averages, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((one != other).any() for one, other in zip(averages, last, strict=True))


def test_without_a_judge_a_warning_names_the_command_that_trains_one(folder, world, caplog):
    with caplog.at_level("WARNING", logger="absl"):
        metrics = evaluate(folder, num_captions=4)["metrics"]
    beside = folder.parent / "attribute_judge-birds"
    assert f"python main.py --model=attribute_judge --dataset=birds --workdir={beside}" in caplog.text
    assert {"diversity_within_caption", "diversity_within_class_of_real"} <= metrics.keys()
    assert not any("judge" in key or "attributes" in key for key in metrics)


def test_a_judge_that_is_named_and_is_none_is_refused(folder, world, tmp_path):
    with pytest.raises(RunError, match=r"this needs a judge, which is trained by: python main\.py") as raised:
        evaluate(folder, num_captions=4, judge=str(tmp_path / "judge"))
    assert f"--workdir={tmp_path / 'judge'}" in str(raised.value)
    with pytest.raises(RunError, match="the judge must be a run of --model=attribute_judge"):
        evaluate(folder, num_captions=4, judge=str(folder))


def test_evaluation_with_a_judge(folder, world, judge):
    evaluation = evaluate(folder, num_captions=6, judge=judge)
    assert json.loads((folder / "evaluation.json").read_text()) == evaluation
    protocol, metrics = evaluation["protocol"], evaluation["metrics"]
    assert (protocol["captions"], protocol["weights"], protocol["step"]) == (6, "averaged", 2)
    assert protocol["judge"] == f"{judge}, step 1"
    for group in ("named_attributes", "named_breast_or_belly_color", "named_wing_color", "named_size"):
        for kind in ("", "_of_real", "_of_shuffled"):
            assert 0 <= metrics[group + kind] <= 1
    assert metrics["diversity_within_caption"] > 0
    assert metrics["diversity_within_class_of_real"] > 0


def test_photographs_need_no_judge(folder, monkeypatch, caplog):
    examples = dataclasses.replace(captioned_images(), truth=None)
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: examples)
    metrics = evaluate(folder, num_captions=4)["metrics"]
    assert not any(key.startswith("named") for key in metrics)
    assert "judge" not in caplog.text


def test_a_frechet_distance_needs_more_than_one_image(folder, world, judge, monkeypatch):
    network = extractor(lambda images: images.mean(axis=(1, 2)))
    monkeypatch.setattr("engine.scorers.feature_network", lambda path: network)
    with pytest.raises(DataError, match=r"no Frechet distance on network\.keras: .* at least 2 rows"):
        evaluate(folder, num_captions=1, judge=judge, feature_network="network.keras")


def test_diversity_where_each_class_has_one_image(folder, monkeypatch):
    examples = dataclasses.replace(captioned_images(classes=6, per_class=1), truth=None)
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: examples)
    assert evaluate(folder, num_captions=4)["metrics"]["diversity_within_class_of_real"] > 0


@pytest.mark.usefixtures("eager_steps")
def test_training_images_stand_in_where_there_is_no_test_split(tmp_path, monkeypatch, caplog, encoder_folder):
    examples = captioned_images()

    def load(name, split, *arguments):
        if split == "test":
            raise DataError("0 test images")
        return examples

    monkeypatch.setattr("pipelines.registry.load", load)
    tiny_run("gan_cls", tmp_path / "run", encoder_folder, steps=1).train(Train())
    assert (tmp_path / "run" / "pictures" / "samples-00000001.png").exists()
    assert "Training images stand in for images to test on: 0 test images" in caplog.text


@pytest.mark.usefixtures("eager_steps", "steps_alone")
def test_other_classes_are_another_training(tmp_path, world, monkeypatch, encoder_folder):
    tiny_run("gan_cls", tmp_path / "run", encoder_folder, steps=1).train(Train())
    examples = captioned_images()
    monkeypatch.setattr(
        "pipelines.registry.load", lambda *arguments: dataclasses.replace(examples, labels=examples.labels // 2)
    )
    with pytest.raises(RunError, match=r"data\.classes"):
        tiny_run("gan_cls", tmp_path / "run", encoder_folder, steps=2).train(Train())


@pytest.mark.usefixtures("eager_steps", "steps_alone")
def test_embeddings_are_sampled_by_the_names_of_their_images(tmp_path, monkeypatch):
    images, file = write_captioned_folder(tmp_path / "data"), write_random_embeddings(tmp_path / "rows.npz")
    config = tiny("gan_cls", text_encoder=str(file), steps=1)
    experiment = Experiment(
        "gan_cls", "captions", config, str(tmp_path / "run"), data_dir=str(images), cache_dir=str(tmp_path / "cache")
    )
    Run(experiment).train(Train())

    def sample(*captions):
        output = tmp_path / "samples.png"
        Run(experiment).sample(Sample(caption=captions, num_images=2, embeddings=str(file), output=str(output)))
        return pixels(output)

    assert len(sample()) == 40 * len(sample("07"))
    with pytest.raises(DataError, match="77"):
        sample("77")
    monkeypatch.setattr("engine.parts.captions.MOST_ROWS", 39)
    with pytest.raises(RunError, match=r"--caption=NAME. Received: 40 names in "):
        sample()


def test_samples_are_png_files(folder, tmp_path):
    with pytest.raises(RunError, match=r"--output must be a \.png file or an existing folder"):
        sample(folder, *CAPTIONS, output=str(tmp_path / "x.jpg"))
    assert not list(tmp_path.iterdir())


def test_one_picture_holds_so_many_captions(folder, monkeypatch):
    monkeypatch.setattr("engine.parts.captions.MOST_ROWS", 2)
    with pytest.raises(RunError, match=r"one picture holds 2 captions. Received: 3"):
        sample(folder, *["a bird"] * 3)


def test_a_caption_that_is_read_in_part_only_is_said(folder, tmp_path, caplog):
    most = text_encoder_of(folder).reading.most
    long = "a bird " * 40
    ends = [long + "of blue", long + "of red"]
    with caplog.at_level("WARNING", logger="absl"):
        sample(folder, "a bird", *ends, num_images=2, output=str(tmp_path / "one.png"))
    assert f"2 captions are longer than {most} characters, and the text encoder does not read the rest" in caplog.text
    # As the line says.
    first, second = text_encoder_of(folder).embed_all(ends)
    np.testing.assert_array_equal(first, second)
    caplog.clear()
    sample(folder, "a" * most, num_images=2, output=str(tmp_path / "two.png"))
    assert "longer than" not in caplog.text


def test_two_devices_train_with_an_average_and_export_it(tmp_path, world, encoder_folder):
    run = tiny_run("gan_cls", tmp_path / "run", encoder_folder, steps=2, average_decay=0.5)
    run.train(Train(devices=2))
    model = run.trained_model()
    averages, last = model.averaged_generator.get_weights(), model.generator.get_weights()
    assert all(np.isfinite(weight).all() for weight in averages + last)
    assert any((one != other).any() for one, other in zip(averages, last, strict=True))
    assert (tmp_path / "run" / "export" / "1" / "saved_model.pb").exists()


def test_tensorboard_has_the_numbers_and_the_pictures(folder):
    (events,) = (folder / "tensorboard").glob("events*")
    tags = {}
    for record in tf.data.TFRecordDataset(str(events)):
        for value in event_pb2.Event.FromString(record.numpy()).summary.value:
            tags.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
    assert {"generator_loss", "wrong_score", "learning_rate/generator", "learning_rate/discriminator"} <= tags.keys()
    assert {"samples", "interpolation"} <= {tag for tag, kind in tags.items() if kind == "images" or not kind}


def test_a_damaged_checkpoint_is_not_sampled(folder, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(folder, copy)
    checkpoint = checkpoint_path(copy / "checkpoints", 2)
    checkpoint.write_bytes(checkpoint.read_bytes()[:-50])
    with pytest.raises(TrainingError, match="every checkpoint is damaged"):
        sample(copy, *CAPTIONS)


@pytest.mark.parametrize("choice", ["nowhere.npz", "nowhere", "encoder.txt"])
def test_a_text_encoder_that_is_not_there(tmp_path, world, choice):
    run = tiny_run("gan_cls", tmp_path / "run", str(tmp_path / choice))
    with pytest.raises((DataError, RunError)) as raised:
        run.train(Train())
    assert choice in str(raised.value)
    assert "\n" not in str(raised.value)


def test_embeddings_have_one_size(tmp_path, encoder_folder, world):
    run = tiny_run("gan_cls", tmp_path / "run", encoder_folder)
    prepared = run.parts.prepare(run.splits.train)
    assert prepared.config.text_dim == TEXT_DIM
    assert prepared.batches.images == len(world)
