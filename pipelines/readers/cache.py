"""The cache of decoded images on disk: one .npy array, and beside it a JSON file of what it leaves out."""

import errno
import json
import math
import os
import pathlib
import zlib
from collections.abc import Iterable

import numpy as np
from absl import logging

from pipelines import budget
from pipelines.atomic import atomic_write
from pipelines.budget import Whole, shown_bytes
from pipelines.examples import DataError

# The index of an image, and the image, or None and the reason why there is none.
Decoded = tuple[int, np.ndarray | None, str]


def decode_once(
    decoded: Iterable[Decoded],
    shape: tuple[int, int, int, int],
    path: str,
    whole: Whole | None = None,
) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """Collects decoded images in a cache file, or reads them from it.

    Args:
        decoded: n images in order, each (side, side, c) uint8 or left out; not consumed if the cache file exists.
        shape: (n, side, side, c).
        path: the cache file (.npy), whose name depends on everything that the images depend on.
        whole: the set that they belong to, which the process's budget holds in memory or not; None if they are all.

    Returns:
        The k <= n images that are not left out, (k, side, side, c) uint8, in memory or memory-mapped (the training
        batches then read them through the page cache); and for each other image its index and the reason. While an
        array in memory is in use, the same path gives the same array.

    Raises:
        DataError: the set is not held in memory, and the array cannot be written to its cache file.
    """
    limits = budget.current()
    alone = Whole("", f"{shape[0]:,} images of {shape[2]} x {shape[1]} pixels", {path: math.prod(shape)})
    if limits.holds(whole or alone):
        found = limits.known(path)
        if found is None:
            try:
                found = _read_cache(path, shape, memory_map=False) or _decode_to_memory(decoded, shape, path)
            except MemoryError:
                raise DataError(
                    f"there must be memory for {(whole or alone).what}, or a smaller --memory, so that they are mapped "
                    f"from disk. Received: less than {shown_bytes(math.prod(shape))}"
                ) from None
            limits.keep(path, *found)
        return found
    found = _read_cache(path, shape, memory_map=True)
    if found is None:
        _decode_to_file(decoded, shape, path)
        found = _read_cache(path, shape, memory_map=True)
        if found is None:
            raise DataError(f"cache_dir must keep what is written to it, but {path!r} could not be read back")
    return found


def _decode_to_memory(
    decoded: Iterable[Decoded], shape: tuple[int, int, int, int], path: str
) -> tuple[np.ndarray, list[tuple[int, str]]]:
    images = np.empty(shape, np.uint8)
    skipped, count = [], 0
    for index, image, reason in decoded:
        if image is None:
            skipped.append((index, reason))
        else:
            images[count] = image
            count += 1
    images = images[:count]
    try:
        with atomic_write(pathlib.Path(path)) as aside:
            np.save(aside, images)
        _write_notes(path, images, skipped)
    except OSError as error:
        logging.warning(
            "The decoded images could not be cached and will be decoded again by the next run: "
            "cache_dir must be a folder that can be written. Received: %r (%s)",
            os.path.dirname(path),
            error,
        )
    return images, skipped


def _decode_to_file(decoded: Iterable[Decoded], shape: tuple[int, int, int, int], path: str) -> None:
    """Writes the images one by one, so that a full disk is an error here and not a crash on a memory map."""

    def write_header(file, count: int) -> None:
        # NumPy pads the header so that its length does not depend on the first axis: it can be rewritten below.
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, *shape[1:])}
        np.lib.format.write_array_header_1_0(file, header)

    skipped, count = [], 0
    try:
        with atomic_write(pathlib.Path(path)) as aside, aside.open("wb") as file:
            write_header(file, shape[0])
            for index, image, reason in decoded:
                if image is None:
                    skipped.append((index, reason))
                else:
                    file.write(image.tobytes())
                    count += 1
            file.seek(0)
            write_header(file, count)
        _write_notes(path, None, skipped)
    except OSError as error:
        raise DataError(
            f"{shape[0]:,} images of {shape[2]} x {shape[1]} pixels need {shown_bytes(math.prod(shape))}, too much for "
            "--memory, so cache_dir must be a folder that can be written and has room for them. Received: "
            f"{os.path.dirname(path)!r} ({error})"
        ) from error


def _write_notes(path: str, images: np.ndarray | None, skipped: list[tuple[int, str]]) -> None:
    """Writes beside the cached array which images it leaves out, and a checksum (none if too large for memory)."""
    checksum = None if images is None else zlib.crc32(images)
    with atomic_write(pathlib.Path(path + ".json")) as aside:
        aside.write_text(json.dumps({"skipped": skipped, "checksum": checksum}))


def _read_cache(
    path: str, shape: tuple[int, int, int, int], memory_map: bool
) -> tuple[np.ndarray, list[tuple[int, str]]] | None:
    """Returns the cached images and what was skipped, or None if there is no cache or it is damaged."""
    try:
        with open(path + ".json", "rb") as file:
            notes = json.load(file)
        skipped = [(int(index), str(reason)) for index, reason in notes["skipped"]]
        images = np.load(path, mmap_mode="r" if memory_map else None, allow_pickle=False)
        intact = images.shape == (shape[0] - len(skipped), *shape[1:]) and images.dtype == np.uint8
        if intact and (memory_map or notes["checksum"] in (None, zlib.crc32(images))):
            return images, skipped
    except FileNotFoundError:
        return None
    except MemoryError:
        raise
    # Whatever is wrong with a cache file, the remedy is the same: decode again.
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise DataError(
                f"the limit of the address space (ulimit -v) must leave room for {shown_bytes(math.prod(shape))} that "
                f"are mapped from disk. Received: {error}"
            ) from error
        logging.warning("The cache file %r is damaged and will be rebuilt (%s: %s)", path, type(error).__name__, error)
        return None
    logging.warning("The cache file %r is damaged and will be rebuilt", path)
    return None
