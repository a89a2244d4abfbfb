"""Every set has one form of a report, on both splits, whichever of them is loaded."""

import gzip

import numpy as np
import pytest

from pipelines import birds
from pipelines.readers import cifar, digits, idx, npz_sets
from tests.pipelines.files import write_idx, write_idx_set


def cifar_set(folder, split):
    for name, labels in {"data_batch_1.bin": [3, 5, 3], "data_batch_2.bin": [0], "test_batch.bin": [3, 9]}.items():
        rows = np.zeros((len(labels), 1 + cifar.PIXELS), np.uint8)
        rows[:, 0] = labels
        (folder / name).write_bytes(rows.tobytes())
    return cifar.read(cifar.find(str(folder)), split, 32)


def idx_set(folder, split):
    write_idx_set(folder, counts=(4, 3))
    write_idx(folder / "train-labels-idx1-ubyte.gz", np.array([1, 7, 2, 1]))
    return idx.load(split, 28, str(folder), "")


def npz_set(folder, split):
    x, y = np.zeros((5, 28, 28), np.uint8), np.array([1, 0, 1, 1, 2])
    np.savez(folder / "mnist.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2])
    return npz_sets.read(str(folder), "mnist", split, 28)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize(
    ("make", "used", "classes"),
    [
        (cifar_set, (4, 2), {"airplane": 1, "cat": 2, "dog": 1, "truck": 0}),
        (idx_set, (4, 3), {"1": 2, "7": 1}),
        (npz_set, (5, 2), {"0": 1, "1": 3, "2": 1}),
        (lambda folder, split: digits.load(split, 8, "", ""), (1442, 355), {"0": 143, "9": 144}),
    ],
    ids=["cifar10", "idx", "npz", "digits"],
)
def test_both_splits_and_the_classes_of_train_are_counted(tmp_path, make, used, classes, split):
    found = make(tmp_path, split)
    report = found.report
    assert dict(report.used) == dict(zip(("train", "test"), used, strict=True))
    assert report.used[split] == len(found)
    assert report.classes.items() >= classes.items()
    assert tuple(report.classes) == found.class_names
    assert sum(report.classes.values()) == used[0]
    assert report.found
    assert report.plain()["used"] == dict(report.used)


def test_another_split_that_is_damaged_or_missing_is_none(tmp_path):
    idx_set(tmp_path, "train")
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"no images"))
    assert idx.load("train", 28, str(tmp_path), "").report.used == {"train": 4}
    cifar_set(tmp_path, "train")
    (tmp_path / "test_batch.bin").write_bytes(b"1234")
    assert cifar.read(cifar.find(str(tmp_path)), "train", 32).report.used == {"train": 4}


def test_classes_of_an_archive_are_those_of_both_splits(tmp_path):
    assert npz_set(tmp_path, "test").class_names == npz_set(tmp_path, "train").class_names == ("0", "1", "2")


@pytest.mark.parametrize("split", ["train", "test"])
def test_rendered_birds_are_reported(tmp_path_factory, split):
    folder = str(tmp_path_factory.getbasetemp() / "birds_reported")
    whole, colors = (load(split, 8, folder, images_per_class=1) for load in (birds.load, birds.load_colors))
    for found in (whole, colors):
        assert found.report.found.startswith("200 birds of 8 x 8 pixels, rendered here")
        assert found.report.used == {"train": 150, "test": 50}
    assert len(whole.report.classes) == 150
    assert set(whole.report.classes.values()) == {1}
    assert sum(colors.report.classes.values()) == (150 if split == "train" else 0)


def test_views_of_birds_are_reported(tmp_path):
    train, test = (birds.load_night(split, 8, str(tmp_path), images_per_class=1) for split in ("train", "test"))
    assert train.report.used == {"train A": 75, "train B": 75, "test": 50}
    assert test.report.used == train.report.used
    assert (len(train.names_a), len(test)) == (75, 50)
