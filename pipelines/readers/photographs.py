"""What all readers of captioned photographs share: listing files, reporting, and the last steps."""

import dataclasses
import functools
import os
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from absl import logging

from pipelines.examples import CaptionedImages, DataError, Record
from pipelines.readers.files import decode_images

SPLITS = ("train", "test")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")

# Below this many images a discriminator soon knows each one by heart. A rule of thumb: Karras et al. (2020, "Training
# generative adversarial networks with limited data") needed adaptive augmentation for a few thousand.
FEW_IMAGES = 1000
# Translations learn from patches: the papers train on 400 pairs.
FEW_TRANSLATIONS = 100


@dataclasses.dataclass(frozen=True)
class Found:
    """What was found on disk before anything is decoded.

    Attributes:
        records: the images with captions, sorted by name.
        report: what was found and what was skipped, as lines to be logged.
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
    """Returns the name that an image or caption file is known by: its relative path without the suffix, printable."""
    return os.fsencode(os.path.splitext(path)[0]).decode("utf-8", "replace")


def skipped_line(names: Iterable[str], reason: str) -> list[str]:
    """Returns a report line that counts what was skipped and gives up to five names; no line if there are none."""
    # A name may hold anything, a line end or undecodable bytes; a report line must not.
    names = [name if name.isprintable() else repr(name) for name in names]
    if not names:
        return []
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return [f"skipped {len(names):,}: {reason}: {shown}"]


def caption_line(records: Sequence[Record]) -> str:
    """Returns a report line with the number of captions per image."""
    counts = [len(record.captions) for record in records]
    return f"captions per image: {min(counts)} to {max(counts)}, {np.mean(counts):.1f} on average"


def is_mostly_unknown(caption: str) -> bool:
    """Whether more than half of a caption's letters are outside ASCII."""
    letters = [character for character in caption if character.isalpha()]
    return sum(not character.isascii() for character in letters) > len(letters) / 2


def decode_found(found: Found, dataset: str, load_size: int, cache_dir: str) -> CaptionedImages:
    """Decodes what was found (or takes it from the cache), logs the report once, and warns of a set too small.

    Args:
        found: the records and the report so far.
        dataset: name of the dataset, for the messages.
        load_size: side of the images in pixels.
        cache_dir: folder of the cache of decoded images.

    Returns:
        The decoded split; its classes are those of the records, if all have one.

    Raises:
        DataError: fewer than two images could be decoded.
    """
    records, images, undecodable = decode_images(found.records, load_size, cache_dir)
    report = list(found.report)
    report += skipped_line([f"{name} ({reason})" for name, reason in undecodable], "the image could not be decoded")
    strange = [record.name for record in records if any(map(is_mostly_unknown, record.captions))]
    if strange:
        report.append(
            f"{len(strange):,} images have captions in letters that the char-CNN-RNN does not know (it reads a-z, "
            f"digits and punctuation; --text_encoder takes embeddings of any language): {', '.join(strange[:5])}"
        )
    log_report(dataset, tuple(report), len(records))
    if len(records) < 2:
        raise DataError(
            f"{dataset}: training needs at least 2 images that can be decoded and have captions, "
            f"got {len(records)} ({'; '.join(report)})"
        )
    class_names = tuple(sorted({record.class_name for record in records if record.class_name is not None}))
    labels = None
    if class_names:
        index = {name: label for label, name in enumerate(class_names)}
        labels = np.array([index[record.class_name] for record in records], np.int32)
    return CaptionedImages(
        images=images,
        names=tuple(record.name for record in records),
        captions=tuple(record.captions for record in records),
        labels=labels,
        class_names=class_names,
    )


# The train and the test split of one set, or a set loaded twice, may have the same things to say: once is enough.
@functools.cache
def log_report(dataset: str, report: tuple[str, ...], count: int, few: int = FEW_IMAGES) -> None:
    """Logs a report, and a warning if there are fewer images than `few`."""
    for line in report:
        logging.info("%s: %s", dataset, line)
    if count < few:
        logging.warning(
            "%s: %s images are too few for a GAN (fewer than %s): expect it to memorise them",
            dataset,
            f"{count:,}",
            f"{few:,}",
        )


@functools.cache
def warn_once(message: str) -> None:
    """Logs a warning, unless this process has logged the same one before."""
    logging.warning("%s", message)
