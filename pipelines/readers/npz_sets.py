"""Sets of small gray images as NumPy archives: Keras's `mnist.npz`, and KMNIST as its authors publish it."""

import os
from collections.abc import Sequence

import numpy as np

from pipelines.examples import DataError, LabeledImages
from pipelines.readers.resized import resized
from pipelines.report import Report

# Of Keras; and the parts of the names of KMNIST's files, each of which holds one array.
_KERAS = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}
_KMNIST = ("{name}-{split}-imgs.npz", "{name}-{split}-labels.npz")


def accepted(name: str) -> str:
    """The files of a set, for messages."""
    apart = ", or kmnist-train-imgs.npz, kmnist-train-labels.npz and the same of test" if name == "kmnist" else ""
    return f"{name}.npz with x_train, y_train, x_test and y_test{apart}"


def read(
    folder: str, name: str, split: str, load_size: int, class_names: Sequence[str] = (), cache_dir: str = ""
) -> LabeledImages | None:
    """One split: (n, load_size, load_size, 1) uint8; None if the folder has no such files.

    Args:
        folder: where they are.
        name: of the set.
        split: "train" or "test".
        load_size: side of the images in pixels.
        class_names: the name of each label; by default the number itself.

    Raises:
        DataError: an archive is damaged, or holds something else.
    """
    whole = os.path.join(folder, f"{name}.npz")
    apart = [os.path.join(folder, pattern.format(name=name, split=split)) for pattern in _KMNIST]
    if os.path.isfile(whole):
        arrays = _arrays(whole, name, _KERAS[split])
    elif all(map(os.path.isfile, apart)):
        arrays = [array for path in apart for array in _arrays(path, name, ("arr_0",))]
        whole = apart[0]
    else:
        return None
    images, labels = arrays
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if images.ndim != 3 or not images.size or images.dtype != np.uint8:
        raise _wrong(name, whole, f"images {images.shape} {images.dtype}", "images must be (n, height, width) uint8")
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        received = f"labels {labels.shape} {labels.dtype} for {len(images):,} images"
        raise _wrong(name, whole, received, "there must be a whole number for each image")
    others = _other_labels(folder, name, split)
    most = max(int(labels.max()), int(others.max(initial=0)))
    names = tuple(class_names) or tuple(map(str, range(most + 1)))
    if labels.min() < 0 or labels.max() >= len(names):
        raise _wrong(name, whole, f"labels from {labels.min()} to {labels.max()}", f"labels must be below {len(names)}")
    by_split = {"train": others, "test": others} | {split: labels}
    counts = np.bincount(by_split["train"].astype(np.int64), minlength=len(names)).tolist()
    report = Report(
        name,
        f"images of {images.shape[2]} x {images.shape[1]} pixels in {os.path.basename(whole)} in {folder!r}",
        {part: len(given) for part, given in by_split.items() if len(given)},
        classes=dict(zip(names, counts, strict=False)) if len(by_split["train"]) else {},
        sizes={f"{images.shape[2]} x {images.shape[1]}": sum(map(len, by_split.values()))},
    )
    report.log()
    return LabeledImages(
        images=resized(images[..., np.newaxis], load_size, name, cache_dir),
        names=tuple(f"{split}/{index:06}" for index in range(len(images))),
        labels=labels.astype(np.int32),
        class_names=names,
        report=report,
    )


def _other_labels(folder: str, name: str, split: str) -> np.ndarray:
    """(n,) whole numbers, the labels of the other split; none if they are not there, or damaged."""
    other = "test" if split == "train" else "train"
    whole, apart = (os.path.join(folder, file) for file in (f"{name}.npz", _KMNIST[1].format(name=name, split=other)))
    try:
        (labels,) = (
            _arrays(whole, name, _KERAS[other][1:]) if os.path.isfile(whole) else _arrays(apart, name, ("arr_0",))
        )
    except DataError:
        return np.zeros(0, np.int64)
    labels = labels.ravel()
    return labels if labels.dtype.kind in "iu" and labels.min(initial=0) >= 0 else np.zeros(0, np.int64)


def _arrays(path: str, name: str, keys: Sequence[str]) -> list[np.ndarray]:
    """Arrays of an archive; nothing in it is run."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            if missing := [key for key in keys if key not in archive]:
                raise _wrong(name, path, ", ".join(sorted(archive)), f"it must hold {', '.join(missing)}")
            return [archive[key] for key in keys]
    except DataError:
        raise
    # NumPy, zipfile and zlib raise a dozen types for a damaged file.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise _wrong(name, path, reason, "it must be an archive of arrays of numbers") from error


def _wrong(name: str, path: str, received: str, reason: str) -> DataError:
    return DataError(f"{name}: {reason}. Received: {received}, in {path!r}")
