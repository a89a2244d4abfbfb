import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from pipelines import birds
from pipelines.birds import builder, rendering
from pipelines.birds.scene import ATTRIBUTE_NAMES, COLORS, STYLE_NAMES
from pipelines.examples import DataError

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def train(data_dir):
    return birds.load("train", 16, data_dir, images_per_class=2)


@pytest.fixture(scope="module")
def test(data_dir, train):
    return birds.load("test", 16, data_dir, images_per_class=2)


def test_the_table_is_complete(train):
    assert len(train) == 300
    assert train.images.shape == (300, 16, 16, 3)
    assert train.images.dtype == np.uint8
    assert train.names[17 * 2 + 1] == "species_017/species_017_0001"
    assert len(set(train.names)) == 300
    assert {len(texts) for texts in train.captions} == {10}
    assert train.labels.dtype == np.int32
    assert [train.class_names[label] for label in train.labels] == [name.split("/")[0] for name in train.names]
    assert train.truth.attributes.shape == (300, len(ATTRIBUTE_NAMES))
    assert train.truth.attributes.dtype == np.int32
    assert train.truth.style.shape == (300, len(STYLE_NAMES))
    assert train.truth.style.dtype == np.float32
    assert train.truth.mentions.shape == (300, 10, len(ATTRIBUTE_NAMES))
    assert train.truth.mentions.dtype == bool


def test_birds_beyond_the_budget_are_mapped_with_the_same_pixels(data_dir, train, memory):
    memory("0b")
    mapped = birds.load("train", 16, data_dir, images_per_class=2)
    assert isinstance(mapped.images, np.memmap)
    np.testing.assert_array_equal(mapped.images, train.images)
    assert (mapped.names, mapped.captions) == (train.names, train.captions)
    np.testing.assert_array_equal(mapped.truth.mentions, train.truth.mentions)
    # Read again, it is not decoded again.
    before = [path.stat().st_mtime_ns for path in pathlib.Path(data_dir).rglob("*.npy")]
    birds.load("train", 16, data_dir, images_per_class=2)
    assert [path.stat().st_mtime_ns for path in pathlib.Path(data_dir).rglob("*.npy")] == before != []


def test_the_budget_is_for_all_pictures_of_both_splits(data_dir, train, memory):
    needed = 200 * 2 * 16 * 16 * 3
    for amount, kind in ((needed, np.ndarray), (needed - 1, np.memmap)):
        memory(f"{amount}b")
        assert type(birds.load("test", 16, data_dir, images_per_class=2).images) is kind


def test_unseen_species_are_other_species_in_known_colors(train, test):
    assert len(train.class_names) == 150
    assert len(test.class_names) == 50
    assert not set(train.class_names) & set(test.class_names)
    assert not {tuple(row) for row in train.truth.attributes} & {tuple(row) for row in test.truth.attributes}
    for seen, unseen in zip(train.truth.attributes.T, test.truth.attributes.T, strict=True):
        assert set(unseen) <= set(seen)
    assert [test.class_names[label] for label in test.labels] == [name.split("/")[0] for name in test.names]


def test_pictures_of_a_species_share_its_attributes_and_differ_in_style(train):
    pairs = train.truth.attributes.reshape(150, 2, -1)
    np.testing.assert_array_equal(pairs[:, 0], pairs[:, 1])
    assert (train.images[0::2] != train.images[1::2]).any(axis=(1, 2, 3)).all()
    assert (train.truth.style[0::2] != train.truth.style[1::2]).any(axis=1).all()


def test_a_second_load_gives_the_same_without_rendering(train, data_dir, monkeypatch):
    def refuse(job):
        raise AssertionError("rendered again")

    monkeypatch.setattr(builder, "render", refuse)
    again = birds.load("train", 16, data_dir, images_per_class=2)
    np.testing.assert_array_equal(again.images, train.images)
    assert again.captions == train.captions


def test_an_interrupted_build_does_not_block_the_next(tmp_path, monkeypatch, train):
    def break_off(job):
        yield from list(rendering.render_species(job, 0))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(builder, "render", break_off)
        with pytest.raises(KeyboardInterrupt):
            birds.load("train", 16, str(tmp_path), images_per_class=2)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    np.testing.assert_array_equal(birds.load("train", 16, str(tmp_path), images_per_class=2).images, train.images)


def test_examples_depend_on_the_seed_and_not_on_the_workers():
    job = rendering.Job("test", image_size=16, images_per_class=1, seed=1)
    alone, together = (list(rendering.render(job, workers)) for workers in (1, 3))
    assert len(alone) == len(together) == len(job) == 50
    for one, other in zip(alone, together, strict=True):
        assert one["name"] == other["name"]
        assert one["image"] == other["image"]
        assert one["captions"] == other["captions"]
    other_seed = rendering.render_species(rendering.Job("test", image_size=16, images_per_class=1, seed=2), 150)
    assert other_seed[0]["image"] != alone[0]["image"]


def test_more_pictures_of_a_species_begin_with_the_same():
    one, two = (rendering.render_species(rendering.Job("train", 16, count, 0), 7) for count in (1, 2))
    assert one[0]["image"] == two[0]["image"]
    assert one[0]["captions"] == two[0]["captions"]


def test_a_worker_that_dies_is_reported():
    with pytest.raises(RuntimeError, match="ended early"):
        list(rendering.render(rendering.Job("test", image_size=0, images_per_class=1, seed=0), workers=1))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"split": "valid"}, "one of train, test, varied. Received: 'valid'"),
        ({"load_size": 4}, "at least 8. Received: 4"),
        ({"images_per_class": 0}, "at least 1. Received: 0"),
        ({"seed": -1}, "at least 0. Received: -1"),
    ],
)
def test_what_is_out_of_range_is_refused(tmp_path, changed, says):
    with pytest.raises(DataError, match=says):
        birds.load(**{"split": "train", "load_size": 16, "data_dir": str(tmp_path), **changed})


def test_a_data_dir_that_cannot_be_written_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("not a folder")
    for data_dir in (file, file / "below"):
        with pytest.raises(DataError, match=r"data_dir must be a folder that can be written.*Received") as refusal:
            birds.load("train", 16, str(data_dir))
        assert "\n" not in str(refusal.value)


def test_renders_without_tensorflow_and_draws_a_sheet(tmp_path):
    code = "import sys, pipelines.birds, pipelines.birds.rendering; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    sheet = tmp_path / "sheet.png"
    command = [sys.executable, "-m", "pipelines.birds", "--out", str(sheet), "--size", "16"]
    spoken = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env=os.environ).stdout
    assert sheet.exists()
    assert len(spoken.splitlines()) == 24


def test_colors_are_classes(data_dir, train, test):
    for split, whole in (("train", train), ("test", test)):
        colors = birds.load_colors(split, 16, data_dir, images_per_class=2)
        np.testing.assert_array_equal(colors.images, whole.images)
        assert colors.names == whole.names
        # All colors, in the order of the attribute, whichever the split has.
        assert colors.class_names == COLORS
        breast = ATTRIBUTE_NAMES.index("breast color")
        np.testing.assert_array_equal(colors.labels, whole.truth.attributes[:, breast])
        assert colors.labels.dtype == np.int32
    assert set(birds.load_colors("train", 16, data_dir, images_per_class=2).labels) == set(range(len(COLORS)))


def test_stacked_plates_have_all_combinations_of_colors(data_dir, monkeypatch):
    monkeypatch.setitem(rendering.SPECIES_OF_SPLIT, "varied", range(200, 216))
    train, test = (birds.load_stacked(split, 16, data_dir) for split in ("train", "test"))
    assert (len(train), len(test)) == (12, 4)
    assert not set(train.names) & set(test.names)
    for examples in (train, test):
        breast = ATTRIBUTE_NAMES.index("breast color")
        np.testing.assert_array_equal(examples.labels, examples.truth.attributes[:, breast])
        assert examples.class_names == COLORS
        # Plates: white at the corners, whatever the scene.
        assert (examples.images[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()
    # Judges are trained on what is to train on.
    np.testing.assert_array_equal(birds.load_stacked("varied", 16, data_dir).images, train.images)
