"""Files below the user's folder, and the report on which of them were used: what all readers of folders share."""

import dataclasses
import functools
import os
from collections.abc import Iterable, Iterator

from absl import logging

from pipelines.examples import DataError, Record

SPLITS = ("train", "test")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")

# With fewer images a discriminator soon memorizes each one. A rule of thumb: Karras et al. (2020, "Training generative
# adversarial networks with limited data") needed adaptive augmentation for a few thousand.
FEW_IMAGES = 1000
# Translations learn from patches: the papers train on 400 pairs.
FEW_TRANSLATIONS = 100


@dataclasses.dataclass(frozen=True)
class Found:
    """The images found on disk, before anything is decoded.

    Attributes:
        records: the images, sorted by name.
        report: lines for the log on which images were found and which were skipped.
    """

    records: tuple[Record, ...]
    report: tuple[str, ...]


def check_split(split: str) -> None:
    """Raises a DataError if `split` is neither "train" nor "test"."""
    if split not in SPLITS:
        raise DataError(f"split must be one of {', '.join(map(repr, SPLITS))}, got {split!r}")


def list_files(folder: str, suffixes: tuple[str, ...]) -> list[str]:
    """Lists the files below a folder that end in one of the suffixes (in either case), in a fixed order.

    Hidden files and folders and macOS's `__MACOSX` are left out. Linked folders are followed, but none is read twice,
    so that a loop of links ends.

    Args:
        folder: where to look; may be missing.
        suffixes: lower-case suffixes, with their dots.

    Returns:
        Paths relative to `folder`, with forward slashes, sorted.

    Raises:
        DataError: a folder cannot be read.
    """
    seen = set()

    def walk(path: str, prefix: str) -> Iterator[str]:
        identity = os.path.realpath(path)
        if identity in seen:
            return
        seen.add(identity)
        try:
            entries = sorted(os.listdir(path))
        except OSError as error:
            raise DataError(f"the folder {path!r} must be readable, got {error}") from error
        for entry in entries:
            if entry.startswith(".") or entry == "__MACOSX":
                continue
            child = os.path.join(path, entry)
            if os.path.isdir(child):
                yield from walk(child, f"{prefix}{entry}/")
            elif entry.lower().endswith(suffixes) and os.path.isfile(child):
                yield prefix + entry

    return sorted(walk(folder, "")) if os.path.isdir(folder) else []


def key_of(path: str) -> str:
    """Returns the name of an image or caption file: its relative path without the suffix.

    It is UTF-8; other bytes are escaped, so that no two files have one name.
    """
    return os.fsencode(os.path.splitext(path)[0]).decode("utf-8", "backslashreplace")


def skipped_line(names: Iterable[str], reason: str) -> list[str]:
    """Returns a report line that counts skipped files and gives up to five names; no line if there are none."""
    # A name may contain a line break or undecodable bytes; a report line must not.
    names = [name if name.isprintable() else repr(name) for name in names]
    if not names:
        return []
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return [f"skipped {len(names):,}: {reason}: {shown}"]


# The train and test splits of a dataset, or a dataset loaded twice, may have the same report: it is logged once.
@functools.cache
def log_report(dataset: str, report: tuple[str, ...], count: int, few: int = FEW_IMAGES) -> None:
    """Logs a report, and a warning if there are fewer images than `few`."""
    for line in report:
        logging.info("%s: %s", dataset, line)
    if count < few:
        logging.warning(
            "%s: %s images are too few for a GAN (fewer than %s): expect it to memorize them",
            dataset,
            f"{count:,}",
            f"{few:,}",
        )


@functools.cache
def warn_once(message: str) -> None:
    """Logs a warning, unless this process has logged the same one before."""
    logging.warning("%s", message)
