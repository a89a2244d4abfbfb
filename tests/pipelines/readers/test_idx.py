import contextlib
import gzip
import os
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.examples import DataError
from pipelines.readers import idx
from pipelines.registry import load as load_by_name
from tests.pipelines.files import idx_bytes, write_idx, write_idx_set

FASHION_MNIST = "/usr/share/datasets/fashion-mnist"


def load(folder, split="train", load_size=28):
    return idx.load(split, load_size, str(folder), "")


def test_a_set_as_it_is(tmp_path, caplog):
    written = write_idx_set(tmp_path)
    with caplog.at_level("INFO", logger="absl"):
        train, test = load(tmp_path), load(tmp_path, "test")
    for found, images in ((train, written["train"]), (test, written["test"])):
        np.testing.assert_array_equal(found.images, images[..., np.newaxis])
        assert found.labels.dtype == np.int32
        assert found.labels.tolist() == list(range(len(found)))
        assert len(set(found.names)) == len(found) == len(images)
        # Of both splits, though the test split has but three.
        assert found.class_names == ("0", "1", "2", "3", "4", "5")
    assert "sizes: 28 x 28 (9)" in caplog.text
    assert caplog.text.count("too few for a GAN") == 1


def test_resized_as_image_files_are(tmp_path):
    images = write_idx_set(tmp_path)["train"]
    found = load(tmp_path, load_size=20)
    assert found.images.shape == (6, 20, 20, 1)
    expected = Image.fromarray(images[4]).resize((20, 20), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(found.images[4, :, :, 0], expected)


@pytest.mark.parametrize("spelling", ["-idx{}-ubyte", ".idx{}-ubyte", "-idx{}-ubyte.gz", ".idx{}-ubyte.gz"])
def test_every_spelling(tmp_path, spelling):
    images = np.arange(2 * 3 * 3).reshape(2, 3, 3)
    write_idx(tmp_path / f"train-images{spelling.format(3)}", images)
    write_idx(tmp_path / f"train-labels{spelling.format(1)}", np.array([7, 3]))
    found = load(tmp_path, load_size=3)
    np.testing.assert_array_equal(found.images[..., 0], images)
    assert [found.class_names[label] for label in found.labels] == ["7", "3"]


def test_kaggles_mnist_has_folders_of_the_files_names(tmp_path):
    for name, values in (("train-images-idx3", np.ones((2, 3, 3))), ("train-labels-idx1", np.array([7, 3]))):
        write_idx(tmp_path / f"{name.replace('-idx', '.idx')}-ubyte", values)
        write_idx(tmp_path / f"{name}-ubyte" / f"{name}-ubyte", values)
    assert load(tmp_path, load_size=3).images.shape == (2, 3, 3, 1)


def test_whether_a_file_is_gzipped_is_seen_in_its_content(tmp_path):
    images = np.arange(12).reshape(3, 2, 2)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(gzip.compress(idx_bytes(images)))
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(idx_bytes(images + 1))
    np.testing.assert_array_equal(load(tmp_path, "train", 2).images[..., 0], images)
    np.testing.assert_array_equal(load(tmp_path, "test", 2).images[..., 0], images + 1)


def test_without_labels_there_are_no_classes(tmp_path):
    write_idx_set(tmp_path)
    for path in tmp_path.glob("*labels*"):
        path.unlink()
    found = load(tmp_path)
    assert found.labels is None
    assert found.class_names == ()


def test_emnist_is_set_upright_and_its_letters_have_names(tmp_path):
    written = write_idx_set(tmp_path, "emnist-letters-", counts=(4, 3))
    write_idx(tmp_path / "emnist-letters-train-labels-idx1-ubyte.gz", np.array([1, 26, 2, 1]))
    write_idx(tmp_path / "emnist-letters-test-labels-idx1-ubyte.gz", np.array([3, 1, 2]))
    found = load(tmp_path)
    np.testing.assert_array_equal(found.images[..., 0], written["train"].transpose(0, 2, 1))
    assert found.class_names == ("A", "B", "C", "Z")
    assert found.labels.tolist() == [0, 3, 1, 0]
    assert {name: len(names) for name, names in idx.EMNIST.items()} == {
        "emnist-balanced": 47,
        "emnist-bymerge": 47,
        "emnist-byclass": 62,
        "emnist-letters": 27,
        "emnist-digits": 10,
        "emnist-mnist": 10,
    }


def test_one_family_a_folder(tmp_path):
    write_idx_set(tmp_path, "emnist-letters-")
    write_idx_set(tmp_path, "emnist-digits-")
    with pytest.raises(DataError, match=r"of one set. Received: emnist-digits, emnist-letters in"):
        load(tmp_path)
    assert idx.find(str(tmp_path), preferred="emnist-digits").family == "emnist-digits"
    write_idx_set(tmp_path)
    with pytest.raises(
        DataError, match=r"of one set. Received: files without a prefix, emnist-digits, emnist-letters in"
    ):
        load(tmp_path)


def test_folders_that_are_no_such_set(tmp_path):
    for folder in ("", str(tmp_path / "missing")):
        with pytest.raises(
            DataError, match=f"data_dir must be an existing folder; accepted are .*. Received: '{folder}'"
        ):
            load(folder)
    with pytest.raises(DataError, match=r"must hold IDX files; accepted are .*. Received: none in"):
        load(tmp_path)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.arange(3))
    with pytest.raises(
        DataError, match=r"must be images of train; accepted are .*. Received: train-labels-idx1-ubyte.gz in"
    ):
        load(tmp_path)
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", np.zeros((2, 4, 4)))
    with pytest.raises(DataError, match=r"a label for each image of train. Received: 3 labels and 2 images in"):
        load(tmp_path)
    with pytest.raises(DataError, match="must be images of test"):
        load(tmp_path, "test")
    with pytest.raises(DataError, match=r"'train', 'test'. Received: 'valid'"):
        load(tmp_path, "valid")


def test_labels_beyond_the_names(tmp_path):
    write_idx_set(tmp_path)
    with pytest.raises(DataError, match=r"x: labels must be below 2. Received: 5 in"):
        idx.read(idx.find(str(tmp_path)), "train", 28, "x", ("a", "b"))


GOOD = idx_bytes(np.arange(2 * 3 * 3).reshape(2, 3, 3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Received: nothing in"),
        (GOOD[:9], "must begin with 00000803 and 3 dimension"),
        (b"\x89PNG" + GOOD, "must begin with 00000803 and 3 dimension.*Received: 89504e47"),
        (idx_bytes(np.arange(18)), "must begin with 00000803 and 3 dimension.*Received: 00000801"),
        (b"\0\0\x0d\3" + GOOD[4:], "must begin with 00000803 and 3 dimension.*Received: 00000d03"),
        (GOOD[:-1], "2 x 3 x 3 bytes that its header declares, and at least one. Received: 17 bytes"),
        (GOOD + b"\0", "2 x 3 x 3 bytes that its header declares, and at least one. Received: 19 bytes"),
        (
            b"\0\0\x08\3" + b"\xff" * 12,
            "4294967295 x 4294967295 x 4294967295 bytes that its header declares, and at least one. Received: 0 bytes",
        ),
        (
            idx_bytes(np.zeros((0, 3, 3))),
            "0 x 3 x 3 bytes that its header declares, and at least one. Received: 0 bytes",
        ),
        (gzip.compress(GOOD, mtime=0)[:-6], "must be readable. Received: .*EOFError"),
        (gzip.compress(GOOD, mtime=0)[:12] + b"\xff" * 20, "must be readable. Received: "),
        (b"\x1f\x8bno gzip at all", "must be readable. Received: .*BadGzipFile"),
    ],
)
@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"])
def test_broken_files_give_one_clear_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as raised:
        load(tmp_path)
    assert "\n" not in str(raised.value)
    assert name in str(raised.value)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    seed=st.integers(0, 99),
    load_size=st.integers(1, 9),
    zipped=st.booleans(),
)
def test_any_shape_makes_the_round_trip(tmp_path_factory, shape, seed, load_size, zipped):
    folder = tmp_path_factory.mktemp("round")
    images = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    path = write_idx(folder / f"train-images-idx3-ubyte{'.gz' * zipped}", images)
    np.testing.assert_array_equal(idx.read_array(str(path), "images"), images)
    found = load(folder, load_size=load_size)
    assert found.images.shape == (shape[0], load_size, load_size, 1)
    assert found.images.dtype == np.uint8
    # A mixture of pixels.
    assert images.min() <= found.images.min() <= found.images.max() <= images.max()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.integers(0, 60), value=st.integers(0, 255), cut=st.integers(0, 60), zipped=st.booleans())
def test_no_damage_crashes(tmp_path, where, value, cut, zipped):
    content = bytearray(gzip.compress(GOOD) if zipped else GOOD)[: cut or None]
    if where < len(content):
        content[where] = value
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    with contextlib.suppress(DataError):
        # What is read is as large as the header says.
        assert load(tmp_path, load_size=3).images.shape == (2, 3, 3, 1)


@pytest.mark.skipif(not os.path.isdir(FASHION_MNIST), reason=f"real data: there is no {FASHION_MNIST}")
def test_the_real_fashion_mnist(tmp_path):
    start = time.monotonic()
    train = load_by_name("fashion_mnist", "train", 32, "", str(tmp_path))
    assert time.monotonic() - start < 30
    test = load_by_name("fashion_mnist", "test", 28, "", str(tmp_path))
    assert train.images.shape == (60_000, 32, 32, 1)
    assert test.images.shape == (10_000, 28, 28, 1)
    # The first of its page: an ankle boot, and so is the first test image.
    assert train.class_names[train.labels[0]] == test.class_names[test.labels[0]] == "Ankle boot"
    assert np.bincount(train.labels).tolist() == [6_000] * 10
    assert np.bincount(test.labels).tolist() == [1_000] * 10
    # The published mean of the training set is 0.2860.
    assert abs(train.images.mean() / 255 - 0.286) < 0.002
    # Nothing needed to be cached.
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["raw", "QMNIST/raw", "my set"])
def test_files_in_a_folder_within(tmp_path, place):
    written = write_idx_set(tmp_path / place)
    np.testing.assert_array_equal(load(tmp_path).images[..., 0], written["train"])
    write_idx_set(tmp_path / "other" / "raw")
    with pytest.raises(DataError, match="idx: data_dir must be the folder of one set") as caught:
        load(tmp_path)
    assert place in str(caught.value)
    assert "other/raw" in str(caught.value)
