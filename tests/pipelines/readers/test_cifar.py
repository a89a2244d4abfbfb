"""CIFAR-10's pickles and binary files, written here as its authors write them."""

import io
import pickle
import struct
import tarfile

import numpy as np
import pytest

from pipelines.examples import DataError
from pipelines.readers import cifar
from pipelines.registry import load

NAMES = [f"kind {index}" for index in range(10)]


def images_of(count, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), np.uint8)


def rows_of(images):
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


class Python2(pickle._Pickler):
    """Writes texts and bytes as Python 2 did, in which the published files were written: both as its strings."""

    def save(self, value, save_persistent_id=True):
        if isinstance(value, str | bytes):
            content = value.encode("latin-1") if isinstance(value, str) else value
            self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        else:
            super().save(value, save_persistent_id)


def pickled(content, style):
    if style == "Python 2":
        file = io.BytesIO()
        Python2(file, 2).dump(content)
        return file.getvalue()
    content = {key.encode() if style == "bytes" else key: value for key, value in content.items()}
    return pickle.dumps(content, {"bytes": 3, "5": 5}[style])


def write_set(folder, style="bytes", names=NAMES, labels=list):
    """The set with three images a batch, as pickles; its images and labels by split."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for split, batches in cifar.BATCHES.items():
        images = images_of(3 * len(batches), len(batches))
        values = np.arange(len(images)) % len(NAMES)
        for index, batch in enumerate(batches):
            rows = slice(3 * index, 3 * index + 3)
            content = {
                "batch_label": batch,
                "labels": labels(values[rows].tolist()),
                "data": rows_of(images[rows]),
                "filenames": ["a.png"] * 3,
            }
            (folder / batch).write_bytes(pickled(content, style))
        written[split] = images, values
    if names:
        (folder / "batches.meta").write_bytes(pickled({"label_names": names, "num_vis": 3072}, style))
    return written


def read(folder, split="train", side=32):
    return load("cifar10", split, side, str(folder), str(folder.parent / "cache"))


def assert_same(folder, written, names=NAMES):
    for split, (images, labels) in written.items():
        found = read(folder, split)
        np.testing.assert_array_equal(found.images, images)
        assert found.labels.tolist() == labels.tolist()
        assert found.class_names == tuple(names)


@pytest.mark.parametrize("style", ["Python 2", "bytes", "5"])
@pytest.mark.parametrize("place", ["", "cifar-10-batches-py", "cifar10/cifar-10-batches-py"])
def test_pickles_are_found_and_read(tmp_path, style, place):
    assert_same(tmp_path / "data", write_set(tmp_path / "data" / place, style))


def test_the_archive_is_read_as_it_is(tmp_path):
    data = tmp_path / "data"
    written = write_set(tmp_path / "cifar-10-batches-py")
    data.mkdir()
    with tarfile.open(data / "cifar-10-python.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "cifar-10-batches-py", "cifar-10-batches-py")
    assert_same(data, written)
    assert [path.name for path in data.iterdir()] == ["cifar-10-python.tar.gz"]
    (data / "cifar-10-python.tar.gz").write_bytes(b"\x1f\x8b no archive")
    with pytest.raises(DataError, match=r"cifar-10-python.tar.gz must be the archive as published\. Received: "):
        read(data)


def test_binary_files_are_read(tmp_path):
    folder = tmp_path / "data" / "cifar-10-batches-bin"
    written = write_set(tmp_path / "pickles")
    folder.mkdir(parents=True)
    for split, (images, labels) in written.items():
        for index, name in enumerate(cifar.BATCHES[split]):
            rows = slice(3 * index, 3 * index + 3)
            content = np.concatenate([labels[rows, np.newaxis], rows_of(images[rows])], axis=1).astype(np.uint8)
            (folder / f"{name}.bin").write_bytes(content.tobytes())
    assert_same(tmp_path / "data", written, cifar.CLASSES)
    (folder / "batches.meta.txt").write_text("\n".join(NAMES) + "\n\n")
    assert_same(tmp_path / "data", written)
    (folder / "test_batch.bin").write_bytes(bytes(3072))
    with pytest.raises(DataError, match=r"test_batch.bin must be a file as published.*3,072 bytes"):
        read(tmp_path / "data", "test")


def test_numbers_of_numpy_and_a_missing_list_of_names(tmp_path):
    written = write_set(tmp_path / "data", names=None, labels=lambda values: [np.int64(value) for value in values])
    assert_same(tmp_path / "data", written, cifar.CLASSES)
    written = write_set(tmp_path / "data", names=None, labels=np.array)
    assert_same(tmp_path / "data", written, cifar.CLASSES)


def test_what_is_missing_is_said(tmp_path, caplog):
    caplog.set_level("INFO", logger="absl")
    write_set(tmp_path / "data")
    (tmp_path / "data" / "data_batch_4").unlink()
    assert len(read(tmp_path / "data")) == 12
    assert "the set is not whole: there is no data_batch_4" in caplog.text
    (tmp_path / "data" / "test_batch").unlink()
    with pytest.raises(DataError, match="there must be images of test; accepted are cifar-10-batches-py/"):
        read(tmp_path / "data", "test")


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_no_code_of_a_pickle_is_run(tmp_path):
    write_set(tmp_path / "data")
    victim = tmp_path / "written by a pickle"
    for name in ("data_batch_2", "batches.meta"):
        (tmp_path / "data" / name).write_bytes(pickle.dumps({b"data": Hostile(victim), b"labels": [1]}))
        with pytest.raises(
            DataError, match=rf"{name} must be .* without running anything.*it asks for .*\.open"
        ) as caught:
            read(tmp_path / "data")
        assert "\n" not in str(caught.value)
    assert not victim.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"data": np.zeros((2, 5), np.uint8), "labels": [0, 1]}, r"data \(2, 5\) uint8 and not \(n, 3072\)"),
        ({"data": np.zeros((2, 3072), np.int64), "labels": [0, 1]}, "int64 and not"),
        (
            {"data": np.zeros((2, 3072), np.uint8), "labels": [0]},
            r"labels \(1,\) int64 and not a whole number",
        ),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [0, 10**30]}, "and not a whole number for each"),
        ({"data": np.zeros((2, 3072), np.uint8), "fine_labels": [0, 1]}, "labels none and not"),
        ({"labels": [0, 1]}, "data none and not"),
        ([1, 2], "it holds no dict, but list"),
    ],
)
def test_other_pickles_are_one_line(tmp_path, content, reason):
    write_set(tmp_path / "data")
    (tmp_path / "data" / "data_batch_1").write_bytes(pickle.dumps(content))
    with pytest.raises(DataError, match=f"data_batch_1 must be a file as published.*{reason}"):
        read(tmp_path / "data")


def test_labels_without_a_name_are_refused(tmp_path):
    write_set(tmp_path / "data", names=NAMES[:4])
    with pytest.raises(DataError, match=r"labels must be from 0 to 3\. Received: 4 in "):
        read(tmp_path / "data")


def test_a_pickle_cut_short_is_one_line(tmp_path):
    write_set(tmp_path / "data")
    path = tmp_path / "data" / "data_batch_3"
    whole = path.read_bytes()
    for length in (0, 1, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match="data_batch_3 must be a file as published") as caught:
            read(tmp_path / "data")
        assert "\n" not in str(caught.value)
