"""Sampling, scoring and exporting a GAN, as its user meets them."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tasks.base import task_for
from tasks.request import Request
from tensorflow.core.util import event_pb2

from callbacks.checkpoints import checkpoint_path
from panels.grids import enlarged, row_of
from pipelines.examples import DataError
from runs.folder import RunError, RunFolder
from tests.worlds import (
    TEXT_DIM,
    captioned_images,
    tiny,
    tiny_task,
    write_captioned_folder,
    write_encoder,
    write_random_embeddings,
)

CAPTIONS = ("a red bird", "a small blue bird with a long bill")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder with a finished run of 2 steps, with its encoder's own folder gone."""
    folder = tmp_path_factory.mktemp("gan")
    encoder = tmp_path_factory.mktemp("its_encoder")
    write_encoder(encoder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", lambda *arguments: captioned_images())
        tiny_task("gan_cls", folder / "run", encoder, {"steps": 2, "average_decay": 0.5}).train()
    (encoder / "text_encoder.keras").unlink()
    return folder / "run"


def task(run, **request):
    """The run's task as the command line makes it: configured by its record."""
    chosen = RunFolder(run).need_record()["config"]["text_encoder"]
    return tiny_task("gan_cls", run, chosen, **request)


def pixels(path):
    return np.asarray(Image.open(path))


def test_training_leaves_grids_strips_an_encoder_and_an_export(run):
    names = {path.relative_to(run).as_posix() for path in run.rglob("*")}
    assert {f"pictures/{kind}-{step:08}.png" for kind in ("samples", "interpolation") for step in (0, 2)} <= names
    assert "text_encoder.keras" in names
    assert "export/1/saved_model.pb" in names
    assert (
        pixels(run / "pictures" / "samples-00000000.png").shape
        == pixels(run / "pictures" / "samples-00000002.png").shape
    )


def test_sampling_writes_a_labelled_grid_that_the_seed_decides(run, tmp_path, world):
    grids = []
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        output = str(tmp_path / f"{name}.png")
        task(run, captions=CAPTIONS, num_images=3, sample_seed=seed, output=output).sample()
        grids.append(pixels(output))
    # Rows of 3 images of 32 pixels, enlarged to 64, beside 260 pixels of text.
    assert grids[0].shape == (2 * 66, 260 + 3 * 66, 3)
    np.testing.assert_array_equal(grids[0], grids[1])
    np.testing.assert_array_equal(grids[0][:, :260], grids[2][:, :260])
    assert not np.array_equal(grids[0], grids[2])


@pytest.mark.parametrize(("kind", "rows"), [("captions", 1), ("noise", 2)])
def test_interpolation(run, tmp_path, kind, rows):
    output = str(tmp_path / "strip.png")
    task(run, captions=CAPTIONS, num_images=5, interpolate=kind, output=output).sample()
    assert pixels(output).shape == (rows * 66, 260 + 5 * 66, 3)


def test_what_cannot_be_sampled(run):
    with pytest.raises(RunError, match="needs a --caption"):
        task(run).sample()
    with pytest.raises(RunError, match=r"needs two captions\. Received: 1"):
        task(run, captions=CAPTIONS[:1], interpolate="captions").sample()


def test_the_export_draws_the_pixels_of_the_sampled_grid(run, tmp_path, world):
    """Each caption is a batch of its own, of the same seed."""
    output = str(tmp_path / "grid.png")
    task(run, captions=CAPTIONS, num_images=3, sample_seed=1, output=output).sample()
    serve = tf.saved_model.load(str(run / "export" / "1")).signatures["captions_and_seed"]
    rows = []
    for caption in CAPTIONS:
        served = serve(captions=tf.constant([caption] * 3), seed=tf.constant(1))["images"].numpy()
        rows.append(row_of(enlarged(served)))
    difference = pixels(output)[:, 260:].astype(int) - np.concatenate(rows).astype(int)
    assert np.abs(difference).max() <= 1


def test_exports_are_numbered(run):
    version = len(list((run / "export").iterdir()))
    task(run).export()
    assert sorted(path.name for path in (run / "export").iterdir()) == [str(n + 1) for n in range(version + 1)]


def test_the_averaged_weights_are_sampled(run):
    model = task(run).trained_model()
    sampler = task(run).sampler()
    averages, last = model.averaged_generator.get_weights(), model.generator.get_weights()
    for one, other in zip(sampler.generator.get_weights(), averages, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((one != other).any() for one, other in zip(averages, last, strict=True))


def test_scoring_without_a_judge_says_how_to_get_one(run, world):
    with pytest.raises(RunError, match=r"python main\.py --model=attribute_judge --dataset="):
        task(run, num_captions=4).evaluate()


def test_scoring_with_a_judge(run, world, tmp_path):
    tiny_task("attribute_judge", tmp_path / "judge", "", {"steps": 1}).train()
    figures = task(run, num_captions=6, judge=str(tmp_path / "judge")).evaluate()
    assert json.loads((run / "evaluation.json").read_text()) == figures
    assert figures["captions"] == 6
    assert "averaged" in figures["weights"]
    assert "step 2" in figures["weights"]
    shares = figures["named attributes seen"]
    for group in ("breast_or_belly_color", "wing_color", "size"):
        assert {group, f"{group}_of_real", f"{group}_of_shuffled"} <= shares.keys()
        assert 0 <= shares[group] <= 1
    assert all(value > 0 for value in figures["diversity"].values())


def test_scoring_photographs_needs_no_judge(run, monkeypatch):
    examples = dataclasses.replace(captioned_images(), truth=None)
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: examples)
    assert "named attributes seen" not in task(run, num_captions=4).evaluate()


def test_a_frechet_distance_needs_more_than_one_image(run, world, tmp_path, monkeypatch):
    tiny_task("attribute_judge", tmp_path / "judge", "", {"steps": 1}).train()
    monkeypatch.setattr("tasks.text_to_image.feature_network", lambda path: lambda images: images.mean(axis=(1, 2)))
    with pytest.raises(DataError, match=r"no Frechet distance on network\.keras: .* at least 2 rows"):
        task(run, num_captions=1, judge=str(tmp_path / "judge"), feature_network="network.keras").evaluate()


def test_diversity_where_each_class_has_one_image(run, monkeypatch):
    examples = dataclasses.replace(captioned_images(classes=6, per_class=1), truth=None)
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: examples)
    assert task(run, num_captions=4).evaluate()["diversity"]["diversity_within_class_of_real"] > 0


def test_training_images_stand_in_where_there_is_no_test_split(tmp_path, monkeypatch, caplog, encoder_folder):
    examples = captioned_images()

    def load(name, split, *arguments):
        if split == "test":
            raise DataError("0 test images")
        return examples

    monkeypatch.setattr("pipelines.registry.load", load)
    tiny_task("gan_cls", tmp_path / "run", encoder_folder, {"steps": 1}).train()
    assert (tmp_path / "run" / "pictures" / "samples-00000001.png").exists()
    assert "Training images stand in for images to test on: 0 test images" in caplog.text


def test_other_classes_are_another_training(tmp_path, world, monkeypatch, encoder_folder):
    tiny_task("gan_cls", tmp_path / "run", encoder_folder, {"steps": 1}).train()
    examples = captioned_images()
    monkeypatch.setattr(
        "pipelines.registry.load", lambda *arguments: dataclasses.replace(examples, labels=examples.labels // 2)
    )
    with pytest.raises(RunError, match=r"data\.classes"):
        tiny_task("gan_cls", tmp_path / "run", encoder_folder, {"steps": 2}).train()


def test_embeddings_are_sampled_by_the_names_of_their_images(tmp_path, monkeypatch):
    folder, file = write_captioned_folder(tmp_path / "data"), write_random_embeddings(tmp_path / "rows.npz")
    arguments = {"data_dir": str(folder), "cache_dir": str(tmp_path / "cache")}
    request = Request("gan_cls", "captions", tiny("gan_cls", text_encoder=str(file), steps=1), str(tmp_path / "run"))
    task_for(dataclasses.replace(request, **arguments)).train()

    def sample(**changes):
        output = tmp_path / "samples.png"
        changes = {"num_images": 2, "embeddings": str(file), "output": str(output)} | changes
        task_for(dataclasses.replace(request, **arguments, **changes)).sample()
        return pixels(output)

    assert len(sample()) == 40 * len(sample(captions=("07",)))
    with pytest.raises(DataError, match="77"):
        sample(captions=("77",))
    monkeypatch.setattr("tasks.text_to_image.MOST_ROWS", 39)
    with pytest.raises(RunError, match=r"--caption=NAME. Received: 40 names in "):
        sample()


def test_samples_are_png_files(run, tmp_path):
    with pytest.raises(RunError, match=r"--output must be a \.png file or a folder"):
        task(run, captions=CAPTIONS, output=str(tmp_path / "x.jpg")).sample()
    assert not list(tmp_path.iterdir())


def test_one_picture_holds_so_many_captions(run, monkeypatch):
    monkeypatch.setattr("tasks.text_to_image.MOST_ROWS", 2)
    with pytest.raises(RunError, match=r"one picture holds 2 captions. Received: 3"):
        task(run, captions=("a bird",) * 3).sample()


def test_two_devices_train_with_an_average_and_export_it(tmp_path, world, encoder_folder):
    config = {"steps": 2, "average_decay": 0.5}
    gan = tiny_task("gan_cls", tmp_path / "run", encoder_folder, config, devices=2)
    gan.train()
    model = gan.trained_model()
    averages, last = model.averaged_generator.get_weights(), model.generator.get_weights()
    assert all(np.isfinite(weight).all() for weight in averages + last)
    assert any((one != other).any() for one, other in zip(averages, last, strict=True))
    assert (tmp_path / "run" / "export" / "1" / "saved_model.pb").exists()


def test_tensorboard_has_the_numbers_and_the_pictures(run):
    (events,) = (run / "tensorboard").glob("events*")
    tags = {}
    for record in tf.data.TFRecordDataset(str(events)):
        for value in event_pb2.Event.FromString(record.numpy()).summary.value:
            tags.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
    assert {"generator_loss", "wrong_score", "learning_rate/generator", "learning_rate/discriminator"} <= tags.keys()
    assert {"samples", "interpolation"} <= {tag for tag, kind in tags.items() if kind == "images" or not kind}


def test_a_damaged_checkpoint_is_not_sampled(run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    checkpoint = checkpoint_path(copy / "checkpoints", 2)
    checkpoint.write_bytes(checkpoint.read_bytes()[:-50])
    with pytest.raises(RunError):
        task(copy, captions=CAPTIONS).sample()


@pytest.mark.parametrize("choice", ["nowhere.npz", "nowhere", "encoder.txt"])
def test_a_text_encoder_that_is_not_there(tmp_path, world, choice):
    gan = tiny_task("gan_cls", tmp_path / "run", str(tmp_path / choice))
    with pytest.raises((DataError, RunError)) as raised:
        gan.train()
    assert choice in str(raised.value)
    assert "\n" not in str(raised.value)


def test_embeddings_have_one_size(tmp_path, encoder_folder, world):
    gan = tiny_task("gan_cls", tmp_path / "run", encoder_folder)
    prepared = gan.prepare()
    assert prepared.config.text_dim == TEXT_DIM
    assert prepared.batches.images == len(world)
