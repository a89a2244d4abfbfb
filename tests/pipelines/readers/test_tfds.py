"""Sets of TFDS: from IDX files, prepared for real from tiny archives, and mocked by TFDS itself. No network."""

import dataclasses
import hashlib
import io
import os
import tarfile

import numpy as np
import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import checksums, resource

from pipelines.examples import DataError
from pipelines.readers import download
from pipelines.readers import tfds as tfds_images
from pipelines.readers.decode import resize
from pipelines.registry import DATASETS, load
from tests.pipelines.files import write_idx_set, write_text


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(download, "is_reachable", lambda url: False)
    # Nor what this machine has installed.
    for name, known in tfds_images.SETS.items():
        monkeypatch.setitem(tfds_images.SETS, name, dataclasses.replace(known, installed=()))


IDX_SETS = [name for name, known in tfds_images.SETS.items() if known.is_idx]


@pytest.mark.parametrize("name", IDX_SETS)
@pytest.mark.parametrize("place", ["data_dir", "data_dir below", "cache", "installed"])
def test_idx_files_are_found_and_upright(tmp_path, name, place, monkeypatch, caplog):
    given = tmp_path / "given"
    given.mkdir()
    folder = {
        "data_dir": given,
        "data_dir below": given / name,
        "cache": tmp_path / "cache" / name,
        "installed": tmp_path / "usr",
    }[place]
    if place == "installed":
        known = dataclasses.replace(tfds_images.SETS[name], installed=(str(folder),))
        monkeypatch.setitem(tfds_images.SETS, name, known)
    images = write_idx_set(folder, "emnist-balanced-" * (name == "emnist"))["test"]
    data_dir = str(given) if place.startswith("data_dir") else ""
    found = load(name, "test", 28, data_dir, str(tmp_path / "cache"))
    expected = images.transpose(0, 2, 1) if name == "emnist" else images
    np.testing.assert_array_equal(found.images[..., 0], expected)
    assert found.class_names == (tfds_images.SETS[name].classes or tuple("0123456789"))[:6]
    assert "; using" not in caplog.text


def test_a_folder_without_the_files_is_reported(tmp_path, caplog):
    write_idx_set(tmp_path / "cache" / "mnist")
    (tmp_path / "given").mkdir()
    assert len(load("mnist", "train", 28, str(tmp_path / "given"), str(tmp_path / "cache"))) == 6
    assert f"mnist: not found in '{tmp_path / 'given'}'; using '{tmp_path / 'cache' / 'mnist'}'" in caplog.text
    with pytest.raises(DataError, match=r"mnist: data_dir must be an existing folder. Received: '.*nowhere'"):
        load("mnist", "train", 28, str(tmp_path / "nowhere"), str(tmp_path / "cache"))


def test_of_several_families_emnist_takes_the_balanced_one(tmp_path):
    for family in ("balanced", "letters"):
        write_idx_set(tmp_path / family, f"emnist-{family}-", counts=(5, 4) if family == "balanced" else (3, 2))
        for path in (tmp_path / family).iterdir():
            path.rename(tmp_path / path.name)
    assert len(load("emnist", "train", 28, str(tmp_path), str(tmp_path / "cache"))) == 5


@pytest.mark.parametrize("name", tfds_images.SETS)
def test_without_files_and_network_one_line_says_what_goes_where(tmp_path, name):
    with pytest.raises(DataError) as caught:
        load(name, "train", 8, "", str(tmp_path))
    message = str(caught.value)
    assert "\n" not in message
    for part in (f"{name}: no network", " MB, from http", str(tmp_path / name), "--data_dir"):
        assert part in message
    assert ".gz" in message or ".zip" in message
    assert not list(tmp_path.rglob("*.tfrecord*"))


def cifar_images(count, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), np.uint8)


def write_cifar(folder, monkeypatch, announced_size=None):
    """A tiny archive of CIFAR-10's form, the checksum of which TFDS is told; returns the images by split."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {"train": cifar_images(10, 0), "test": cifar_images(3, 1)}
    files = {"batches.meta.txt": "\n".join(f"kind {index}" for index in range(10)).encode()}
    for split, names in (("train", [f"data_batch_{part}.bin" for part in range(1, 6)]), ("test", ["test_batch.bin"])):
        for name, images in zip(names, np.array_split(written[split], len(names)), strict=True):
            # The label is the first pixel's red, in ten steps.
            rows = [bytes([image[0, 0, 0] % 10]) + image.transpose(2, 0, 1).tobytes() for image in images]
            files[name] = b"".join(rows)
    path = folder / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    content = path.read_bytes()
    builder = tfds.builder_cls("cifar10")
    (url,) = builder.url_infos
    info = checksums.UrlInfo(announced_size or len(content), hashlib.sha256(content).hexdigest(), path.name)
    monkeypatch.setattr(builder, "url_infos", {url: info})
    return written


def as_set(images):
    return {image.tobytes() for image in images}


@pytest.mark.parametrize("place", ["given", "cache/cifar10", "cache/tfds/downloads/manual"])
def test_an_archive_given_by_hand_is_prepared_without_network(tmp_path, monkeypatch, place, caplog):
    written = write_cifar(tmp_path / place, monkeypatch)
    data_dir, cache = str(tmp_path / "given") if place == "given" else "", tmp_path / "cache"
    train, test = (load("cifar10", split, 32, data_dir, str(cache)) for split in ("train", "test"))
    for found, split in ((train, "train"), (test, "test")):
        assert found.images.shape == written[split].shape
        # TFDS shuffles when it prepares.
        assert as_set(found.images) == as_set(written[split])
        assert found.labels.tolist() == [image[0, 0, 0] % 10 for image in found.images]
        assert found.class_names == tuple(f"kind {index}" for index in range(10))
        assert found.labels.dtype == np.int32
        assert found.report.used == {"train": 10, "test": 3}
        assert found.report.sizes == {"32 x 32": 13}
        assert found.report.found.startswith("13 images, prepared by TFDS in '")
    assert sum(train.report.classes.values()) == 10
    assert train.report.classes["kind 0"] == train.labels.tolist().count(0)
    assert "Downloading" not in caplog.text
    # Then it is there without the archive, in the same order, and nothing is decoded again.
    os.remove(tmp_path / place / "cifar-10-binary.tar.gz")
    monkeypatch.setattr(tfds_images, "resize", lambda *arguments: pytest.fail("decoded again"))
    again = load("cifar10", "train", 32, "", str(cache))
    np.testing.assert_array_equal(again.images, train.images)
    np.testing.assert_array_equal(again.labels, train.labels)


def test_a_set_that_the_user_has_prepared(tmp_path, monkeypatch, caplog):
    written = write_cifar(tmp_path / "one" / "cifar10", monkeypatch)
    load("cifar10", "test", 32, "", str(tmp_path / "one"))
    (tmp_path / "one" / "cifar10" / "cifar-10-binary.tar.gz").unlink()
    found = load("cifar10", "test", 16, str(tmp_path / "one" / "tfds"), str(tmp_path / "two"))
    assert found.images.shape == (3, 16, 16, 3)
    assert not (tmp_path / "two" / "tfds").exists()
    assert "; using" not in caplog.text
    resized = resize(written["test"], 16)
    assert as_set(found.images) == as_set(resized)


def test_an_earlier_download_needs_no_network(tmp_path, monkeypatch):
    written = write_cifar(tmp_path / "cache" / "cifar10", monkeypatch)
    builder = tfds.builder_cls("cifar10")
    ((url, info),) = builder.url_infos.items()
    folder = tmp_path / "cache" / "tfds" / "downloads" / "cifar10"
    folder.mkdir(parents=True)
    path = folder / resource.get_dl_fname(url, info.checksum)
    os.rename(tmp_path / "cache" / "cifar10" / info.filename, path)
    resource.write_info_file(url, path, "cifar10", info.filename, info)
    assert as_set(load("cifar10", "test", 32, "", str(tmp_path / "cache")).images) == as_set(written["test"])


def test_a_damaged_archive_is_one_line(tmp_path, monkeypatch):
    write_cifar(tmp_path / "cache" / "cifar10", monkeypatch, announced_size=5)
    with pytest.raises(DataError, match=r"cifar10: TFDS could not prepare .*wrong checksum") as raised:
        load("cifar10", "train", 32, "", str(tmp_path / "cache"))
    assert "\n" not in str(raised.value)


def test_a_download_is_announced(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(download, "is_reachable", lambda url: True)
    with tfds.testing.mock_data(num_examples=5):
        found = load("cifar10", "train", 16, "", str(tmp_path))
    assert "Downloading cifar10: small photographs of animals and vehicles, 170 MB, from https://www.cs." in caplog.text
    assert found.images.shape == (5, 16, 16, 3)
    assert found.labels.shape == (5,)


def test_faces_are_cut_out_and_have_no_classes(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "is_reachable", lambda url: True)
    with tfds.testing.mock_data(num_examples=4):
        found = load("celeb_a", "test", 64, "", str(tmp_path))
    assert found.images.shape == (4, 64, 64, 3)
    assert found.labels is None
    assert len(set(found.names)) == 4
    assert found.report.used["test"] == 4
    assert found.report.assumed == ("the 108 x 108 pixels in their middle are used",)
    # Rows 55 to 162 and columns 35 to 142.
    rows, columns = np.arange(218).reshape(-1, 1, 1), np.arange(178).reshape(1, -1, 1)
    marked = np.concatenate(np.broadcast_arrays(rows, columns, 0), axis=2)
    cut = tfds_images._upright(tfds_images.SETS["celeb_a"], marked)
    assert (*cut[0, 0], *cut[-1, -1]) == (55, 35, 0, 162, 142, 0)


def test_transposed_characters_are_set_upright(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "is_reachable", lambda url: True)
    with tfds.testing.mock_data(num_examples=4):
        emnist, mnist = (load(name, "train", 28, "", str(tmp_path)) for name in ("emnist", "mnist"))
    # The mocked pixels are the same.
    np.testing.assert_array_equal(emnist.images, mnist.images.transpose(0, 2, 1, 3))
    assert emnist.class_names[-1] == "t"
    assert len(emnist.class_names) == 47


def test_a_set_too_large_for_memory_is_mapped(tmp_path, monkeypatch, memory):
    written = write_cifar(tmp_path / "cifar10", monkeypatch)
    memory("100b")
    found = load("cifar10", "train", 32, "", str(tmp_path))
    assert isinstance(found.images, np.memmap)
    assert as_set(found.images) == as_set(written["train"])


def test_the_names_are_in_the_registry(tmp_path):
    assert set(tfds_images.SETS) == {
        name for name, entry in DATASETS.items() if entry.loader == "pipelines.readers.tfds.load"
    }
    for name, known in tfds_images.SETS.items():
        # Without labels of its own, a set must take them from a column.
        assert "classes" in DATASETS[name].gives
        assert ("class_column" in DATASETS[name].reads) == (not known.is_labeled)
    write_text(tmp_path / "train-images-idx3-ubyte", "no images")
    with pytest.raises(DataError, match="must begin with"):
        load("mnist", "train", 28, str(tmp_path), str(tmp_path / "cache"))
