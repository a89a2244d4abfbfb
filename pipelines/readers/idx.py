"""Images and labels in IDX files, gzipped or not: the format of MNIST and of the datasets that succeeded it."""

import dataclasses
import gzip
import math
import os
import re
import string
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.examples import DataError, LabeledImages
from pipelines.readers.files import SPLITS, check_split
from pipelines.readers.resized import resized
from pipelines.report import Report

_ACCEPTED = (
    "accepted are train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, "
    "gzipped or not"
)
# EMNIST has "test" for "t10k", and some copies a dot for the second dash.
_NAME = re.compile(r"(?:(?P<family>.+)-)?(?P<split>train|t10k|test)-(?P<kind>images|labels)[-.]idx[13]-ubyte(?:\.gz)?")
_DIMENSIONS = {"images": 3, "labels": 1}
_GZIP = b"\x1f\x8b"

_LARGE = string.digits + string.ascii_uppercase
# The classes of EMNIST's families by label, from their mapping files; no letter has the label 0.
EMNIST = {
    "emnist-balanced": (*_LARGE, *"abdefghnqrt"),
    "emnist-bymerge": (*_LARGE, *"abdefghnqrt"),
    "emnist-byclass": (*_LARGE, *string.ascii_lowercase),
    "emnist-letters": ("no letter", *string.ascii_uppercase),
    "emnist-digits": tuple(string.digits),
    "emnist-mnist": tuple(string.digits),
}


@dataclasses.dataclass(frozen=True)
class IdxFiles:
    """The IDX files of one dataset.

    Attributes:
        folder: where they are.
        family: the prefix of their names, e.g. "emnist-letters"; "" for none.
        paths: by split ("train", "test") and kind ("images", "labels"); not all need exist.
    """

    folder: str
    family: str
    paths: Mapping[tuple[str, str], str]


def families(folder: str) -> dict[str, IdxFiles]:
    """The datasets of IDX files in a folder (not below it), by family; none if there is no such folder."""
    found = {}
    for entry in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        # Kaggle's MNIST has folders of these names, too, each with the file in it.
        match = _NAME.fullmatch(entry) if os.path.isfile(os.path.join(folder, entry)) else None
        if match:
            key = ("train" if match["split"] == "train" else "test", match["kind"])
            # In sorted order, a file comes before its gzipped copy.
            found.setdefault(match["family"] or "", {}).setdefault(key, os.path.join(folder, entry))
    return {family: IdxFiles(folder, family, paths) for family, paths in found.items()}


def find(folder: str, name: str = "idx", preferred: str | None = None) -> IdxFiles:
    """The one dataset of IDX files in a folder.

    Args:
        folder: where they are.
        name: of the dataset, for messages.
        preferred: the family to use if there are several; None for no preference.

    Raises:
        DataError: the folder is missing, or contains no such files, or those of several families.
    """
    if not folder or not os.path.isdir(folder):
        raise DataError(f"{name}: data_dir must be an existing folder; {_ACCEPTED}. Received: {folder!r}")
    found = families(folder)
    if not found:
        raise DataError(f"{name}: data_dir must hold IDX files; {_ACCEPTED}. Received: none in {folder!r}")
    if preferred in found:
        return found[preferred]
    if len(found) > 1 or (preferred and "" not in found):
        names = ", ".join(family or "files without a prefix" for family in sorted(found))
        raise DataError(f"{name}: a folder must hold the IDX files of one set. Received: {names} in {folder!r}")
    return next(iter(found.values()))


def load(split: str, load_size: int, data_dir: str, cache_dir: str) -> LabeledImages:
    """Loads the user's IDX files: (n, load_size, load_size, 1) uint8, with classes if there are label files.

    Args:
        split: "train" or "test" (files named t10k or test).
        load_size: side of the images in pixels; the aspect ratio is not kept.
        data_dir: the folder, see `find`.
        cache_dir: folder of the cache of resized images, where they are too many for memory.

    Raises:
        DataError: see `find` and `read`.
    """
    return read(find(_place(data_dir)), split, load_size, cache_dir=cache_dir)


def _place(folder: str) -> str:
    """The folder, or the one within it that holds IDX files, as torchvision's `MNIST/raw` does.

    Raises:
        DataError: several do.
    """
    if not os.path.isdir(folder) or families(folder):
        return folder
    within = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if not name.startswith(".")]
    places = [place for above in within for place in (above, os.path.join(above, "raw")) if families(place)]
    if len(places) > 1:
        names = ", ".join(os.path.relpath(place, folder) for place in places)
        raise DataError(f"idx: data_dir must be the folder of one set. Received: {folder!r}, which holds {names}")
    return places[0] if places else folder


def read(
    files: IdxFiles,
    split: str,
    load_size: int,
    name: str = "idx",
    class_names: Sequence[str] = (),
    cache_dir: str = "",
) -> LabeledImages:
    """Reads a split.

    The classes are those that occur in any split. EMNIST's images, which are published transposed, are transposed back.

    Args:
        files: see `find`.
        split: "train" or "test".
        load_size: side of the images in pixels.
        name: of the dataset, for messages.
        class_names: the name of each label, unless the family of the files has names; by default the number itself.

    Raises:
        DataError: there are no images of the split, a file is damaged, or images and labels do not match.
    """
    check_split(split)
    path = files.paths.get((split, "images"))
    if path is None:
        there = ", ".join(sorted(map(os.path.basename, files.paths.values())))
        raise DataError(f"{name}: there must be images of {split}; {_ACCEPTED}. Received: {there} in {files.folder!r}")
    images = read_array(path, "images")
    if name == "emnist" or files.family.startswith("emnist"):
        images = images.transpose(0, 2, 1)
    labels = {
        part: read_array(files.paths[part, "labels"], "labels")
        for part in ("train", "test")
        if (part, "labels") in files.paths
    }
    classes = {}
    if split in labels:
        if len(labels[split]) != len(images):
            raise DataError(
                f"{name}: there must be a label for each image of {split}. Received: {len(labels[split]):,} labels and "
                f"{len(images):,} images in {files.folder!r}"
            )
        classes = _classes(labels, split, EMNIST.get(files.family, class_names), name, files.folder)
    shapes = {part: _shape(files.paths.get((part, "images"))) for part in SPLITS}
    sizes = Counter()
    for count, height, width in filter(None, shapes.values()):
        sizes[f"{width} x {height}"] += count
    counts = {}
    if classes and "train" in labels:
        occurring = np.unique(np.concatenate(list(labels.values())))
        found = np.bincount(np.searchsorted(occurring, labels["train"]), minlength=len(occurring))
        counts = dict(zip(classes["class_names"], found.tolist(), strict=True))
    report = Report(
        name,
        f"IDX files{f' of {files.family}' if files.family else ''} in {files.folder!r}",
        {part: shape[0] for part, shape in shapes.items() if shape},
        classes=counts,
        sizes=sizes,
    )
    report.log()
    names = tuple(f"{split}/{index:06}" for index in range(len(images)))
    images = resized(images[..., np.newaxis], load_size, name, cache_dir)
    return LabeledImages(images=images, names=names, report=report, **classes)


def _shape(path: str | None) -> tuple[int, ...]:
    """(n, h, w), what a file of images declares to hold; () if there is none, or it is damaged."""
    if path is None:
        return ()
    try:
        with open(path, "rb") as file:
            is_zipped = file.read(2) == _GZIP
        with gzip.open(path) if is_zipped else open(path, "rb") as file:
            header = file.read(16)
    except (OSError, EOFError, zlib.error):
        return ()
    is_valid = header[:4] == bytes((0, 0, 8, 3)) and len(header) == 16
    return tuple(np.frombuffer(header, ">u4", 3, 4).tolist()) if is_valid else ()


def read_array(path: str, kind: str) -> np.ndarray:
    """Reads one IDX file: "images" (n, h, w) or "labels" (n,), uint8.

    Raises:
        DataError: it cannot be read, is not an IDX file, or is longer or shorter than its header declares.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
        # Not by the name: browsers and archivers may decompress a file and keep its name, or the reverse.
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"an IDX file must be readable. Received: {path!r} ({type(error).__name__}: {error})"
        ) from error
    dimensions = _DIMENSIONS[kind]
    # Two zeros, the type (8: unsigned bytes), and the number of dimensions; then each dimension, big-endian.
    magic, start = bytes((0, 0, 8, dimensions)), 4 + 4 * dimensions
    if content[:4] != magic or len(content) < start:
        raise DataError(
            f"a file of {kind} must begin with {magic.hex()} and {dimensions} dimension(s). Received: "
            f"{content[:start].hex() or 'nothing'} in {path!r}"
        )
    shape = tuple(np.frombuffer(content, ">u4", dimensions, 4).tolist())
    size = math.prod(shape)
    if not size or len(content) - start != size:
        raise DataError(
            f"a file of {kind} must hold the {' x '.join(map(str, shape))} bytes that its header declares, and at "
            f"least one. Received: {len(content) - start:,} bytes in {path!r}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _classes(
    labels: Mapping[str, np.ndarray], split: str, class_names: Sequence[str], name: str, folder: str
) -> dict[str, object]:
    """The `labels` and `class_names` of a split, from the labels of all splits in the files."""
    occurring = np.unique(np.concatenate(list(labels.values())))
    if class_names and occurring[-1] >= len(class_names):
        raise DataError(f"{name}: labels must be below {len(class_names)}. Received: {occurring[-1]} in {folder!r}")
    return {
        "labels": np.searchsorted(occurring, labels[split]).astype(np.int32),
        "class_names": tuple(class_names[label] if class_names else str(label) for label in occurring),
    }
