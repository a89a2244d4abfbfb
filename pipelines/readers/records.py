"""Decoding the images of records, in parallel and once: the result is cached on disk."""

import dataclasses
import hashlib
import math
import os
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from absl import logging
from tqdm import tqdm

from pipelines.budget import Whole
from pipelines.examples import PLAIN, DataError, Record
from pipelines.readers.cache import Decoded, decode_once
from pipelines.readers.decode import SMALL, decode_image, is_small
from pipelines.readers.deep import is_passing, memory_needed
from pipelines.readers.shapes import counted, fit_lines, sizes_of
from pipelines.reading import DEFAULT, Reading
from pipelines.report import Report, first_names
from pipelines.rows import release
from pipelines.sizes import Size, height_width

# Pillow releases the interpreter's lock while it decodes and resizes, so threads are enough.
_WORKERS = min(4, os.cpu_count() or 1)
_CHUNK = 256  # images under way at once; bounds the memory of results that wait to be collected
# Pictures without a pixel as bright as this can hardly be meant so; how many are looked at.
DARK, LOOKED_AT = 32, 100
# To be raised when decoding changes, so that older cache files are no longer found.
_FORMAT = "2"
# What of a reading changes the pixels that a file is decoded to.
_DECODED_BY = ("resize",)


def decode_images(
    records: Sequence[Record],
    load_size: Size,
    cache_dir: str,
    reading: Reading = DEFAULT,
    whole: Whole | None = None,
) -> tuple[list[Record], np.ndarray, list[tuple[str, str]]]:
    """Decodes the images of records, or reads them from the cache. Images that cannot be decoded are left out.

    Args:
        records: the n images to decode.
        load_size: of the results, in pixels: a side, or (height, width).
        cache_dir: folder of the cache files; created if missing. If it cannot be written, a warning is logged and the
            images are decoded into memory.
        reading: how they are resized.
        whole: the set that they belong to (see `whole_of`), which is held in memory or memory-mapped from its cache
            files; None if they are all.

    Returns:
        The k <= n records that could be decoded, in order; their images, (k, height, width, 1 or 3) uint8, as
        the records say; and for each of the others its name and the reason.

    Raises:
        DataError: load_size is not positive, there is no memory to decode an image, or the set is not held in memory
            and cannot be written to cache_dir.
    """
    sides = height_width(load_size)
    if min(sides) < 1:
        raise DataError(f"load_size must be a positive number of pixels. Received: {load_size}")
    path = _cache_file(records, sides, cache_dir, reading)
    shape = (len(records), *sides, channels_of(records))
    passing: list[str] = []
    images, skipped = decode_once(_decoded(records, sides, reading, passing), shape, path, whole)
    if passing:
        # No verdict on these files: without its notes, the next run does not read the cache.
        pathlib.Path(path + ".json").unlink(missing_ok=True)
        logging.warning("The decoded images are not kept, as some could not be read: %s", first_names(passing))
    brightest = images[:LOOKED_AT].max() if len(images) else DARK
    release(images)
    if brightest < DARK:
        logging.warning(
            "the pictures are nearly black: no pixel of %s is above %d of 255 (--value_range=LOW,HIGH says which "
            "values are black and white)",
            first_names([record.name for record in records]),
            brightest,
        )
    left_out = {index for index, _ in skipped}
    kept = [record for index, record in enumerate(records) if index not in left_out]
    return kept, images, [(records[index].name, reason) for index, reason in skipped]


def decode_reported(
    records: Sequence[Record],
    load_size: Size,
    cache_dir: str,
    report: Report,
    reading: Reading,
    side: str = "",
    whole: Whole | None = None,
) -> tuple[list[Record], np.ndarray, Report]:
    """Decodes the images of records as `decode_images` does, and reports on them: those that cannot be decoded, the
    sizes of the others, and what becomes of another aspect.

    Args:
        records: the images to decode.
        load_size: side, or (height, width), of the results in pixels.
        cache_dir: folder of the cache files.
        report: what is known so far.
        reading: how they are read.
        side: of pairs or unpaired images, for the report.
        whole: the set that they belong to (see `whole_of`); None if they are all.

    Returns:
        The records that could be decoded, their images, and the report.
    """
    kept, images, undecodable = decode_images(records, load_size, cache_dir, reading, whole)
    names = [f"{name} ({reason})" for name, reason in undecodable]
    report = report.with_skipped(f"{side} could not be decoded".strip(), names)
    sizes = sizes_of(kept)
    return kept, images, report.with_sizes(counted(sizes)).with_assumed(*fit_lines(sizes, load_size, reading, side))


def whole_of(
    name: str,
    what: str,
    parts: Iterable[Sequence[Record]],
    load_size: Size,
    cache_dir: str,
    reading: Reading = DEFAULT,
    more: int = 0,
) -> Whole:
    """A set as the process's budget sees it, before any of it is decoded.

    Args:
        name: of the dataset.
        what: its images, in words, without their size: "1,000 pairs".
        parts: the records of each side of each split; the same ones count once.
        load_size: side, or (height, width), of the decoded images in pixels.
        cache_dir: folder of the cache files.
        reading: how they are read.
        more: further images of the set, whose files are not looked for yet.
    """
    sides = height_width(load_size)
    arrays = {
        _cache_file(records, sides, cache_dir, reading): len(records) * channels_of(records) * math.prod(sides)
        for records in parts
    }
    return Whole(name, sized(what, load_size), arrays | ({"more": 3 * more * math.prod(sides)} if more else {}))


def channels_of(records: Sequence[Record]) -> int:
    """The channels of the decoded images of a side, whose records agree."""
    return records[0].values.channels if records else 3


def sized(what: str, load_size: Size) -> str:
    """Images in words, with the size at which they are kept."""
    height, width = height_width(load_size)
    return f"{what} of {width} x {height} pixels"


def _cache_file(records: Sequence[Record], sides: tuple[int, int], cache_dir: str, reading: Reading) -> str:
    """Where the decoded images of records are kept."""
    # A square is named by its side alone.
    size = f"{sides[0]}" if sides[0] == sides[1] else f"{sides[0]}x{sides[1]}"
    return os.path.join(cache_dir, f"images-{size}px-{_fingerprint(records, size, reading)}.npy")


def _fingerprint(records: Sequence[Record], size: str, reading: Reading) -> str:
    """Hash of everything that the decoded array depends on; a file that changed has another size or time."""
    # What is not the default is said, so that a cache of what was always done is still found.
    said = "".join(f" {name}={value}" for name, value in reading.given().items() if name in _DECODED_BY)
    digest = hashlib.sha256(f"{_FORMAT} {size}{said}\n".encode())
    for record in records:
        # The path, for the sides and splits of a set may have the same names, sizes and (as archives unpack) times.
        path = os.path.abspath(record.path)
        try:
            status = os.stat(path)
            identity = (record.name, path, status.st_size, status.st_mtime_ns)
        except OSError:
            identity = (record.name, path, -1, -1)
        if record.half or record.is_label_map:
            identity += (record.half, record.is_label_map)
        if record.values != PLAIN:
            identity += dataclasses.astuple(record.values)
        digest.update(repr(identity).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:24]


def _decoded(
    records: Sequence[Record], sides: tuple[int, int], reading: Reading, passing: list[str]
) -> Iterator[Decoded]:
    """Yields for each record its index and its image, or None and the reason why there is no image.

    The names of those that could not be read for a reason that may be gone the next time are added to `passing`.
    """
    enlarged = []

    def attempt(record: Record) -> tuple[np.ndarray | None, str]:
        try:
            image = decode_image(record.path, sides, record.half, record.is_label_map, reading.resize, record.values)
            if is_small(record.path, sides, record.half, reading.resize):
                enlarged.append(record.name)
            return image, ""
        except MemoryError as error:
            raise memory_needed(record.name) from error
        # Broken files raise a dozen exception types, depending on the format; none may end a run.
        except Exception as error:
            if is_passing(error):
                passing.append(record.name)
            return None, " ".join(f"{type(error).__name__}: {error}".replace(record.path, record.name).split())

    with (
        ThreadPoolExecutor(_WORKERS) as pool,
        tqdm(total=len(records), desc="decoding images", unit="image", disable=None) as progress,
    ):
        for start in range(0, len(records), _CHUNK):
            for offset, (image, reason) in enumerate(pool.map(attempt, records[start : start + _CHUNK])):
                progress.update()
                yield start + offset, image, reason
    if enlarged:
        logging.info(
            "%s of %s images are smaller than %s pixels and are enlarged: %s",
            f"{len(enlarged):,}",
            f"{len(records):,}",
            " x ".join(str(round(SMALL * side)) for side in dict.fromkeys(sides[::-1])),
            ", ".join(name if name.isprintable() else repr(name) for name in sorted(enlarged)[:5]),
        )
