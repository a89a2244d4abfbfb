"""The small gray sets as torchvision, Keras and their authors keep them; no network, no TensorFlow."""

import dataclasses
import gzip

import numpy as np
import pytest

from pipelines.examples import DataError
from pipelines.readers import download
from pipelines.readers.image_sets import SETS, accepted
from pipelines.registry import load
from tests.pipelines.files import write_idx_set

GRAY = [name for name, known in SETS.items() if known.is_idx]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(download, "is_reachable", lambda url: False)
    # Nor what this machine has installed.
    for name, known in SETS.items():
        monkeypatch.setitem(SETS, name, dataclasses.replace(known, installed=()))


def prefix(name):
    return "emnist-balanced-" if name == "emnist" else ""


def read(name, folder, split="train"):
    return load(name, split, 28, str(folder), str(folder.parent / "cache"))


@pytest.mark.parametrize("name", GRAY)
@pytest.mark.parametrize("place", ["{root}/raw", "{root}", "raw", "../{root}/raw/."])
@pytest.mark.parametrize("packed", [True, False])
def test_torchvisions_folders(tmp_path, name, place, packed):
    root = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "kmnist": "KMNIST", "emnist": "EMNIST"}[name]
    data = tmp_path / "data"
    data.mkdir()
    folder = data / place.format(root=root)
    written = write_idx_set(folder, prefix(name))
    if not packed:
        for path in folder.iterdir():
            (folder / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
            path.unlink()
    # The user may name the folder itself, too.
    for named in (folder, data) if ".." not in place else (folder,):
        found = read(name, named, "test").images[..., 0]
        np.testing.assert_array_equal(found.transpose(0, 2, 1) if name == "emnist" else found, written["test"])


def test_one_root_of_several_sets(tmp_path):
    written = {}
    for seed, (name, root) in enumerate([("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST"), ("kmnist", "KMNIST")]):
        written[name] = write_idx_set(tmp_path / "data" / root / "raw", seed=seed)
    for name, images in written.items():
        np.testing.assert_array_equal(read(name, tmp_path / "data").images[..., 0], images["train"])
    for folder in (tmp_path / "data" / "KMNIST", tmp_path / "data" / "KMNIST" / "raw"):
        with pytest.raises(DataError, match=r"^mnist: data_dir must not be .* which is for --dataset=kmnist$"):
            read("mnist", folder)


def arrays(count, seed=0, labels=10):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count).astype(np.uint8) % labels


@pytest.mark.parametrize("name", ["mnist", "kmnist", "fashion_mnist"])
def test_kerass_archive(tmp_path, name):
    (x_train, y_train), (x_test, y_test) = arrays(20), arrays(5, 1)
    # Of some copies, with an axis for the channel and a column of labels.
    x_test, y_test = (x_test[..., np.newaxis], y_test[:, np.newaxis]) if name == "kmnist" else (x_test, y_test)
    folder = tmp_path / "data"
    folder.mkdir()
    np.savez_compressed(folder / f"{name}.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    train, test = read(name, folder), read(name, folder, "test")
    np.testing.assert_array_equal(train.images[..., 0], x_train)
    np.testing.assert_array_equal(test.images[..., 0], x_test.reshape(5, 28, 28))
    assert train.labels.tolist() == y_train.tolist()
    assert test.labels.tolist() == y_test.ravel().tolist()
    assert train.class_names == (SETS[name].classes or tuple("0123456789"))


def test_kmnist_as_its_authors_have_it(tmp_path):
    (folder := tmp_path / "data").mkdir()
    images, labels = arrays(20)
    np.savez(folder / "kmnist-train-imgs.npz", images)
    np.savez(folder / "kmnist-train-labels.npz", labels)
    found = read("kmnist", folder)
    np.testing.assert_array_equal(found.images[..., 0], images)
    assert found.class_names[found.labels[9]] == "wo"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"x_train": arrays(4)[0]}, "it must hold y_train. Received: x_train, in"),
        ({"x_train": arrays(4)[0] / 255, "y_train": arrays(4)[1]}, r"must be .* uint8\. Received: .*float64"),
        ({"x_train": arrays(4)[0], "y_train": arrays(3)[1]}, r"for each image\. Received: labels \(3,\)"),
        ({"x_train": arrays(4)[0], "y_train": np.array([0, 1, 2, 10])}, "must be below 10. Received: labels from 0 to"),
        ({"x_train": np.array([None] * 3), "y_train": arrays(3)[1]}, "arrays of numbers. Received: .*allow_pickle"),
        (b"PK no archive", "must be an archive of arrays of numbers"),
    ],
)
def test_other_archives_are_one_line(tmp_path, content, reason):
    (folder := tmp_path / "data").mkdir()
    path = folder / "fashion_mnist.npz"
    path.write_bytes(content) if isinstance(content, bytes) else np.savez(path, **content)
    with pytest.raises(DataError, match=f"fashion_mnist: .*{reason}") as caught:
        read("fashion_mnist", folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", SETS)
def test_a_refusal_names_what_is_accepted_for_this_set(tmp_path, name):
    (folder := tmp_path / "data").mkdir()
    (folder / "notes.txt").write_text("nothing here")
    with pytest.raises(DataError, match="no network") as caught:
        read(name, folder)
    message = str(caught.value)
    assert accepted(name) in message
    known = {
        "cifar10": "cifar-10-batches-py/",
        "celeb_a": "img_align_celeba/",
        "emnist": "emnist-balanced-train-images",
    }
    assert known.get(name, f"{SETS[name].torchvision}/raw/") in accepted(name)
    assert message.endswith("where there is none of them")
