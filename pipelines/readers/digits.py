"""Scikit-learn's handwritten digits: 1,797 images of 8 x 8 pixels that come with the package."""

import string

import numpy as np

from pipelines.examples import LabeledImages
from pipelines.readers.decode import resize
from pipelines.readers.files import check_split
from pipelines.report import Report

# Every fifth image of each digit is for testing.
_TEST_EVERY = 5
_BRIGHTEST = 16


def load(split: str, load_size: int, data_dir: str, cache_dir: str) -> LabeledImages:
    """Loads the digits: (n, load_size, load_size, 1) uint8, white on black, n = 1,442 or 355, in ten classes.

    Args:
        split: "train" or "test".
        load_size: side of the images in pixels.
        data_dir: not used: the data comes with scikit-learn.
        cache_dir: not used.

    Raises:
        DataError: there is no such split.
    """
    # Imported late: it takes a second, and only this dataset needs it.
    from sklearn.datasets import load_digits

    check_split(split)
    digits = load_digits()
    labels = digits.target.astype(np.int32)
    is_test = np.zeros(len(labels), bool)
    for label in range(len(string.digits)):
        is_test[np.flatnonzero(labels == label)[_TEST_EVERY - 1 :: _TEST_EVERY]] = True
    rows = np.flatnonzero(is_test == (split == "test"))
    counts = np.bincount(labels[~is_test]).tolist()
    report = Report(
        "digits",
        f"{len(labels):,} images that come with scikit-learn",
        {"train": int((~is_test).sum()), "test": int(is_test.sum())},
        classes=dict(zip(string.digits, counts, strict=True)),
        sizes={"8 x 8": len(labels)},
    )
    report.log()
    images = np.rint(digits.images[rows] * (255 / _BRIGHTEST)).astype(np.uint8)
    return LabeledImages(
        images=resize(images[..., np.newaxis], load_size),
        names=tuple(f"{row:04}" for row in rows),
        labels=labels[rows],
        class_names=tuple(string.digits),
        report=report,
    )
