"""Which pixel values are black and white: one range for all files of a set, or of one side of it.

Files of 8 bits are always read as 0 to 255. Those of more bits do not say how many of them are used, nor does a file of
floats say what is white; each file by its own would give the same value two colors. So the values of all of them, of
both splits, decide together (`range_of`):

- integers, none below 0: the fewest bits of `BITS` that hold the highest value, if it uses more than half of them (12
  bits for 2,048 to 4,095). Values that use less, such as millimeters up to 5,000, have another range.
- floats: 0 to 1 or -1 to 1 if none is outside and one is beyond a quarter; 0 to 255 if the highest uses more than half
  (distances in meters do not).
- all else, such as Hounsfield units, or integers beside floats, is unknown and refused: --value_range names the range,
  and what is outside of it is clipped.

A file with values that are not finite is skipped where it is decoded.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from absl import logging
from PIL import Image

from pipelines.atomic import atomic_write
from pipelines.examples import PLAIN, DataError, Record, Values
from pipelines.readers.deep import is_passing, kind_of, memory_needed, pixels_of
from pipelines.report import first_names

BITS = (8, 10, 12, 14, 16)
MOST_16_BITS = 2**16 - 1
# Pillow's modes of one channel, which those of 16 bits begin with.
GRAY = ("1", "L", "LA", "La", "I", "F")
_WORKERS = min(4, os.cpu_count() or 1)
# To be raised when it changes what is looked at, so that older notes are no longer found.
_FORMAT = "2"
_ACCEPTED = (
    f"accepted are files of 8 bits; integers that use more than half of {', '.join(map(str, BITS[:-1]))} or {BITS[-1]} "
    "bits; floats from 0 to 1, -1 to 1 or 0 to 255; or --value_range=LOW,HIGH, the values that become black and white"
)


@dataclasses.dataclass(frozen=True)
class Look:
    """What one file holds.

    Attributes:
        kind: "integers", "floats", or "" for 8 bits or fewer, and for a file that cannot be read.
        low: its lowest value, if it has a kind; NaN if its values are not all finite.
        high: its highest value, likewise.
        pages: of a TIFF file.
        is_gray: whether it has one channel (besides its transparency); also of a file that cannot be read.
    """

    kind: str = ""
    low: float = 0.0
    high: float = 0.0
    pages: int = 1
    is_gray: bool = True


# The share of the range that a picture uses below which it is nearly black.
DARK_SHARE = 1 / 16


def scaled(pixels: np.ndarray, values: Values) -> np.ndarray:
    """Pixel values of a deep file to float32 in [0, 255], clipped.

    Raises:
        ValueError: a value is not finite, the range is not known, or these are floats where others are integers.
    """
    if not np.isfinite(pixels).all():
        raise ValueError("values that are not finite (NaN or infinite)")
    kind, low, high = "floats" if np.issubdtype(pixels.dtype, np.floating) else "integers", values.low, values.high
    if values.kind and kind not in values.kind:
        raise ValueError(f"{kind}, where the other files hold {values.kind}")
    if not values.kind and not values.scales_bytes:
        if kind == "floats" or pixels.min(initial=0) < 0 or pixels.max(initial=0) > 65535:
            raise ValueError("values of a range that is not known")
        low, high = 0.0, 65535.0
    return np.clip(tones_of(pixels.astype(np.float32), low, high), 0.0, 255.0)


def tones_of(numbers, low: float, high: float):
    """Numbers of files, float32 of NumPy or TensorFlow, as tones: low becomes 0, high 255."""
    return (numbers - low) * np.float32(255.0 / (high - low))


def numbers_of(tones, low: float, high: float):
    """Tones, floats of NumPy or TensorFlow in [0, 255], as the numbers of files: 0 becomes low, 255 high."""
    return low + tones * ((high - low) / 255.0)


def fits_16_bits(values: Values) -> bool:
    """Whether a PNG file can hold the numbers of deep files: all are whole, from 0 to 65535."""
    return values.kind == "integers" and values.low >= 0 and values.high <= MOST_16_BITS


def range_in_png(values: Values) -> tuple[float, float]:
    """What black and white are in a PNG file of 16 bits: as in the run's own files where it can hold their numbers
    (`fits_16_bits`), else 0 and 65535.
    """
    return (values.low, values.high) if fits_16_bits(values) else (0.0, float(MOST_16_BITS))


def colors_of(numbers: np.ndarray) -> np.ndarray:
    """Numbers of labels, (h, w), as colors, (h, w, 3) uint8: the color map of PASCAL VOC (VOClabelcolormap.m).

    The bits of a number go to red, green and blue in turn, the highest bit of a color first: 0 is black, 1 dark red, 2
    dark green, ..., each number of up to 24 bits another color.
    """
    rest, colors = numbers.astype(np.uint32), np.zeros((*numbers.shape, 3), np.uint8)
    for bit in range(7, -1, -1):
        for channel in range(3):
            colors[..., channel] |= (((rest >> channel) & 1) << bit).astype(np.uint8)
        rest = rest >> 3
    return colors


def look_at(path: str) -> Look:
    """Looks at a file: its header, and its values only if it has more than 8 bits.

    Raises:
        OSError: it could not be read, for a reason that may be gone the next time (`is_passing`).
        DataError: there is no memory to decode it.
    """
    try:
        with Image.open(path) as opened:
            pages = getattr(opened, "n_frames", 1) if opened.format == "TIFF" else 1
            kind, is_gray = kind_of(opened), opened.mode.partition(";")[0] in GRAY
            if not kind:
                return Look(pages=pages, is_gray=is_gray)
            pixels, _ = pixels_of(opened)
            finite = np.isfinite(pixels).all()
            low, high = (float(pixels.min()), float(pixels.max())) if finite else (float("nan"), float("nan"))
            return Look(kind, low, high, pages, is_gray)
    except MemoryError as error:
        raise memory_needed(os.path.basename(path)) from error
    # Reported when it is decoded.
    except Exception as error:
        if is_passing(error):
            raise
        return Look()


def look_at_all(records: Sequence[Record], cache_dir: str) -> list[Look]:
    """Looks at all files, once: what was found is kept in cache_dir, if all could be read and it can be written; "" for
    nowhere.
    """
    paths = [record.path for record in records]
    notes = pathlib.Path(cache_dir) / f"values-{_fingerprint(paths)}.json"
    try:
        looks = [Look(*entry) for entry in json.loads(notes.read_text())] if cache_dir else []
        if len(looks) == len(paths):
            return looks
    except (OSError, ValueError, TypeError):
        pass
    passing = []

    def attempt(path: str) -> Look:
        try:
            return look_at(path)
        except OSError:
            passing.append(path)
            return Look()

    with ThreadPoolExecutor(_WORKERS) as pool:
        looks = list(pool.map(attempt, paths))
    if cache_dir and not passing:
        try:
            with atomic_write(notes) as aside:
                aside.write_text(json.dumps([dataclasses.astuple(look) for look in looks]))
        except OSError as error:
            logging.warning("cache_dir must be a folder that can be written. Received: %r (%s)", cache_dir, error)
    return looks


def range_of(looks: Sequence[Look]) -> tuple[str, float, float] | None:
    """The kind and the range of files of more than 8 bits, by the rule above; None where it is unknown."""
    finite = [look for look in looks if look.kind and np.isfinite(look.low)]
    kinds = {look.kind for look in finite}
    if len(kinds) != 1:
        return None
    kind, low, high = kinds.pop(), min(look.low for look in finite), max(look.high for look in finite)
    if kind == "integers":
        most = next((2**bits - 1 for bits in BITS if high < 2**bits), None)
        return (kind, 0.0, float(most)) if low >= 0 and most and high > most / 2 else None
    for least, most, used in ((0.0, 1.0, 0.25), (-1.0, 1.0, 0.25), (0.0, 255.0, 127.5)):
        if least <= low and high <= most and max(-low, high) > used:
            return kind, least, most
    return None


def values_of(
    sides: Mapping[str, Sequence[Record]],
    cache_dir: str,
    given: Mapping[str, tuple[float, float] | None],
    name: str,
    of_each: bool = False,
) -> tuple[dict[str, Values], list[str]]:
    """How the values of each side's files are read.

    Args:
        sides: of each side ("" for a set without sides) the files of all splits.
        cache_dir: where what was found is kept; "" for nowhere.
        given: of each side the range that the user gives, None for none.
        name: of the dataset, for messages.
        of_each: whether that is a range for each side, not one for those that need it.

    Returns:
        The values of each side, and lines on what was assumed.

    Raises:
        DataError: a range is unknown.
    """
    looks = {side: look_at_all(records, cache_dir) for side, records in sides.items()}
    deep = {side: [look for look in looks[side] if look.kind and np.isfinite(look.low)] for side in sides}
    values, lines = {}, []
    for side, records in sides.items():
        of_side = f" of {side}" if side else ""
        several = [record.name for record, look in zip(records, looks[side], strict=True) if look.pages > 1]
        if several:
            lines.append(
                f"{len(several):,} TIFF files{of_side} have several pages, of which the first is read: "
                f"{first_names(several)}"
            )
        values[side] = PLAIN
        if not deep[side]:
            # A range that is given for files of 8 bits is meant for them where nothing else could be meant.
            if given[side] and (of_each or not any(deep.values())):
                low, high = given[side]
                values[side] = Values(low, high, scales_bytes=True)
                lines.append(f"values{of_side}: {low:g} to {high:g} become black to white, as given")
            continue
        # Floats beside integers are read alike only by a range that is given.
        kinds = " and ".join(sorted({look.kind for look in deep[side]}))
        found = (kinds, *given[side]) if given[side] else range_of(deep[side])
        if found is None:
            raise DataError(
                f"{name}: the range of the pixel values{of_side} must be known; {_ACCEPTED}. "
                f"Received: {_described(records, looks[side])}"
            )
        kind, low, high = found
        values[side] = Values(low, high, kind)
        why = ", as given" if given[side] else f" ({int(high + 1).bit_length() - 1} bits)" if kind == "integers" else ""
        lines.append(
            f"values{of_side}: {low:g} to {high:g} become black to white{why}: {_described(records, looks[side])}"
        )
        dark = [
            record.name
            for record, look in zip(records, looks[side], strict=True)
            if look.kind and max(look.high - low, 0.0) < DARK_SHARE * (high - low)
        ]
        if dark:
            lines.append(
                f"values{of_side}: {len(dark):,} files use less than a sixteenth of that range and are nearly black: "
                f"{first_names(dark)}"
            )
        shallow = sum(not look.kind for look in looks[side])
        if shallow:
            lines.append(f"values{of_side}: {shallow:,} other files have 8 bits and are read as 0 to 255")
    return values, lines


def values_of_input(paths: Sequence[str], recorded: Values) -> tuple[Values, list[str]]:
    """How files that a trained model is given are read: as those that it was trained on, never each by its own range.

    Where these had 8 bits, no range was recorded: then all given files have one, by the rule for training.

    Args:
        paths: the files.
        recorded: how those were read that the model was trained on.

    Raises:
        DataError: a range is unknown.
    """
    if recorded.kind or recorded.is_numbered or recorded.scales_bytes:
        return recorded, []
    records = [Record(os.path.basename(path), path) for path in paths]
    try:
        values, lines = values_of({"": records}, "", {"": None}, "--input")
    except DataError as error:
        raise DataError(f"{error}. This model was trained on files of 8 bits: save these as such") from None
    return dataclasses.replace(values[""], channels=recorded.channels), lines


def _described(records: Sequence[Record], looks: Sequence[Look]) -> str:
    """What was found in deep files: kind, lowest and highest value, how many files, the first names."""
    parts = []
    for kind in ("integers", "floats"):
        found = [
            (record.name, look)
            for record, look in zip(records, looks, strict=True)
            if look.kind == kind and np.isfinite(look.low)
        ]
        if found:
            low, high = min(look.low for _, look in found), max(look.high for _, look in found)
            names = first_names([name for name, _ in found], most=3)
            parts.append(f"{kind} from {low:g} to {high:g} in {len(found):,} files ({names})")
    return " and ".join(parts)


def _fingerprint(paths: Sequence[str]) -> str:
    """Hash of the files that are looked at; one that changed has another size or time."""
    digest = hashlib.sha256(_FORMAT.encode())
    for path in paths:
        try:
            status = os.stat(path)
            identity = (path, status.st_size, status.st_mtime_ns)
        except OSError:
            identity = (path, -1, -1)
        digest.update(repr(identity).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:24]
