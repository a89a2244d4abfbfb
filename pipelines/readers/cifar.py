"""CIFAR-10 (Krizhevsky 2009) as its authors publish it: Python pickles, which are not executed, or binary files."""

import dataclasses
import io
import os
import pickle
import tarfile
from collections.abc import Callable, Mapping

import numpy as np

from pipelines import pickled
from pipelines.examples import DataError, LabeledImages
from pipelines.pickled import INTEGERS, PickledArray
from pipelines.readers.resized import resized
from pipelines.report import Report

BATCHES = {"train": tuple(f"data_batch_{number}" for number in range(1, 6)), "test": ("test_batch",)}
# As in batches.meta, where that is missing.
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SIDE = 32
PIXELS = 3 * SIDE * SIDE
PICKLES, BINARY, ARCHIVE = "cifar-10-batches-py", "cifar-10-batches-bin", "cifar-10-python.tar.gz"
# For messages.
ACCEPTED = (
    f"{PICKLES}/ with data_batch_1 to 5, test_batch and batches.meta, its archive {ARCHIVE}, or {BINARY}/ with "
    "data_batch_1.bin to 5 and test_batch.bin"
)


@dataclasses.dataclass(frozen=True)
class Files:
    """The files of a copy of CIFAR-10, still unread.

    Attributes:
        where: the folder or archive.
        names: of the files there.
        read: a name to the content of the file.
        suffix: of the batches: "" for pickles, ".bin" for binary files.
    """

    where: str
    names: frozenset[str]
    read: Callable[[str], bytes]
    suffix: str

    def batches(self, split: str) -> list[str]:
        """The files of a split that are there."""
        return [name + self.suffix for name in BATCHES[split] if name + self.suffix in self.names]


def find(folder: str) -> Files | None:
    """A copy of CIFAR-10 in a folder, or in one within it or in an archive as published; None if there is none.

    Raises:
        DataError: an archive is damaged.
    """
    for place in (folder, os.path.join(folder, PICKLES), os.path.join(folder, BINARY)):
        names = frozenset(os.listdir(place)) if os.path.isdir(place) else frozenset()
        for suffix in ("", ".bin"):
            if any(name + suffix in names for batches in BATCHES.values() for name in batches):
                return Files(place, names, lambda name, place=place: _content(os.path.join(place, name)), suffix)
    archive = os.path.join(folder, ARCHIVE)
    return _archived(archive) if os.path.isfile(archive) else None


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _archived(path: str) -> Files:
    """The pickles in an archive, which is not unpacked."""
    known = {name for batches in BATCHES.values() for name in batches} | {"batches.meta"}
    try:
        contents = {}
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and os.path.basename(member.name) in known:
                    contents[os.path.basename(member.name)] = archive.extractfile(member).read()
    # Gzip and tar raise a dozen types.
    except Exception as error:
        raise DataError(
            f"cifar10: {os.path.basename(path)} must be the archive as published. Received: "
            f"{type(error).__name__}: {error}"
        ) from error
    return Files(path, frozenset(contents), contents.__getitem__, "")


def read(files: Files, split: str, load_size: int, cache_dir: str = "") -> LabeledImages:
    """One split: (n, load_size, load_size, 3) uint8, in the order of the files.

    Raises:
        DataError: there is no file of the split, or one is damaged, or would run code.
    """
    there = files.batches(split)
    missing = [name + files.suffix for name in BATCHES[split] if name + files.suffix not in files.names]
    if not there:
        raise DataError(f"cifar10: there must be images of {split}; accepted are {ACCEPTED}. Received: {files.where!r}")
    class_names = _class_names(files)
    batches = [(_pickle if not files.suffix else _binary)(files, name) for name in there]
    pixels, labels = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    if labels.min() < 0 or labels.max() >= len(class_names):
        wrong = labels[(labels < 0) | (labels >= len(class_names))][0]
        raise DataError(
            f"cifar10: labels must be from 0 to {len(class_names) - 1}. Received: {wrong} in {files.where!r}"
        )
    by_split = {part: labels if part == split else _labels(files, part, len(class_names)) for part in BATCHES}
    counts = np.bincount(by_split["train"], minlength=len(class_names)).tolist()
    report = Report(
        "cifar10",
        f"{len(files.batches('train'))} files of train and {len(files.batches('test'))} of test in {files.where!r}",
        {part: len(given) for part, given in by_split.items() if len(given)},
        classes=dict(zip(class_names, counts, strict=True)) if len(by_split["train"]) else {},
        sizes={f"{SIDE} x {SIDE}": sum(map(len, by_split.values()))},
    )
    if missing:
        report = report.with_assumed(f"the set is not whole: there is no {', '.join(missing)}")
    report.log()
    images = pixels.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    return LabeledImages(
        images=resized(images, load_size, "cifar10", cache_dir),
        names=tuple(f"{split}/{index:06}" for index in range(len(labels))),
        labels=labels.astype(np.int32),
        class_names=class_names,
        report=report,
    )


def _labels(files: Files, split: str, classes: int) -> np.ndarray:
    """(n,) labels of a split, for the report; none if a file of it is damaged."""
    try:
        labels = [(_pickle if not files.suffix else _binary)(files, name)[1] for name in files.batches(split)]
    except (DataError, OSError):
        labels = []
    found = np.concatenate([np.zeros(0, np.int64), *labels])
    return found if found.max(initial=0) < classes and found.min(initial=0) >= 0 else found[:0]


def _unpickled(files: Files, name: str) -> Mapping[str, object]:
    """The dict in a pickle, its keys as strings; of Python 2 and of bytes they are the same."""
    try:
        content = pickled.load(io.BytesIO(files.read(name)), INTEGERS)
        if not isinstance(content, dict):
            raise pickle.UnpicklingError(f"it holds no dict, but {type(content).__name__}")
        return {_text(key): value for key, value in content.items()}
    except OSError:
        raise
    # A damaged pickle may raise anything.
    except Exception as error:
        raise _damaged(files, name, " ".join(str(error).split()) or type(error).__name__) from error


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _damaged(files: Files, name: str, reason: str) -> DataError:
    return DataError(
        f"cifar10: {name} must be a file as published; it is read without running anything in it. Received: {reason}, "
        f"in {files.where!r}"
    )


def _pickle(files: Files, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3072) uint8 pixels, red, green and blue one after the other, and (n,) labels, of a batch."""
    content = _unpickled(files, name)
    data, labels = (_array(content.get(key)) for key in ("data", "labels"))
    if data is None or data.ndim != 2 or data.shape[1] != PIXELS or not data.size or data.dtype != np.uint8:
        shape = "none" if data is None else f"{data.shape} {data.dtype}"
        raise _damaged(files, name, f"data {shape} and not (n, {PIXELS}) uint8")
    if labels is None or labels.shape != data.shape[:1] or labels.dtype.kind not in "iu":
        shape = "none" if labels is None else f"{labels.shape} {labels.dtype}"
        raise _damaged(files, name, f"labels {shape} and not a whole number for each of {len(data)} images")
    return data, labels.astype(np.int64)


def _array(value: object) -> np.ndarray | None:
    """An array, or a list of numbers as one; None for anything else."""
    if isinstance(value, PickledArray):
        return getattr(value, "array", None)
    if isinstance(value, list | tuple) and all(isinstance(number, int) for number in value):
        return np.array(value if all(abs(number) < 2**31 for number in value) else [], np.int64)
    return None


def _binary(files: Files, name: str) -> tuple[np.ndarray, np.ndarray]:
    """As `_pickle`, of a binary file: rows of a label and the pixels, a byte each."""
    content = np.frombuffer(files.read(name), np.uint8)
    if not content.size or content.size % (1 + PIXELS):
        raise _damaged(files, name, f"{content.size:,} bytes and not a multiple of {1 + PIXELS:,}")
    rows = content.reshape(-1, 1 + PIXELS)
    return rows[:, 1:], rows[:, 0].astype(np.int64)


def _class_names(files: Files) -> tuple[str, ...]:
    if files.suffix and "batches.meta.txt" in files.names:
        names = files.read("batches.meta.txt").decode("utf-8", "replace").split("\n")
        return tuple(name.strip() for name in names if name.strip()) or CLASSES
    if not files.suffix and "batches.meta" in files.names:
        names = _unpickled(files, "batches.meta").get("label_names")
        if not isinstance(names, list | tuple) or not names:
            raise _damaged(files, "batches.meta", "no label_names")
        return tuple(map(_text, names))
    return CLASSES
