"""Pictures of few colors: label maps, whose colors must not be mixed when they are resized, or drawings, whose thin
lines would vanish if they were not. And label maps of gray numbers, which get colors.

Which of the two they are, `pipelines.readers.lines` says by how their colors lie: areas, or lines, soft ones, too.

More than `MOST_LABELS` colors are neither: a photograph, or a map that was saved as JPEG, which only the user can tell.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from PIL import Image

from pipelines.examples import Record
from pipelines.readers.decode import decode_rgb
from pipelines.readers.deep import kind_of, pixels_of
from pipelines.readers.lines import hardened, is_drawing, window_of

MOST_LABELS = 64
LOOKED_AT = 6
# Of larger pictures the middle is looked at.
LOOKED_SIDE = 2048
# Numbers below this are nearly black if they are shown as gray: no photograph has only these, let alone several.
FEW_NUMBERS = 64
# Of tones below this no picture is drawn either.
UNSEEN = 8
# In many data sets the number of pixels without a label.
VOID = 255
NEAREST = "resized without interpolating their colors"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a side's pictures are.

    Attributes:
        are_label_maps: whether their colors are labels.
        are_numbered: whether these are gray, the numbers of labels.
        why: in words, for the report; "" for pictures of many colors.
    """

    are_label_maps: bool
    are_numbered: bool = False
    why: str = ""


def verdict(records: Sequence[Record], size: int | tuple[int, int], told: bool | None = None) -> Verdict:
    """What pictures are, by the first few that can be decoded, evenly spaced.

    Args:
        records: a side of all splits.
        size: to which they will be resized: a side, or (height, width), in pixels.
        told: whether the user says, or it is published, that they are label maps; None where it is to be recognized.
    """
    if told is False:
        return Verdict(False, why="pictures whose colors may be mixed, as given")
    places = np.unique(np.linspace(0, len(records) - 1, min(LOOKED_AT, len(records))).astype(int))
    pictures = []
    for record in (records[place] for place in places):
        try:
            pixels = stored_pixels(record)
        # Reported when it is decoded.
        except Exception:
            continue
        window, pixels = window_of(pixels.shape, size), _middle(pixels)
        colors = _colors(pixels)
        if colors is None and not told:
            return Verdict(False)
        pictures.append((pixels, colors, window))
    several = [picture for picture in pictures if picture[1] is None or len(picture[1]) > 1]
    numbered = are_numbers([pixels for pixels, _, _ in several])
    if told:
        return Verdict(True, numbered, f"label maps, as given, {NEAREST}")
    if not pictures:
        return Verdict(False)
    drawn = sum(_is_drawn(*picture) for picture in several)
    looked = f"at most {max(len(colors) for _, colors, _ in pictures)} colors in {len(pictures)} pictures looked at"
    # Whatever has such numbers cannot be seen, however thin it is.
    unseen = numbered and max(pixels[pixels != VOID].max(initial=0) for pixels, _, _ in several) < UNSEEN
    if 2 * drawn > len(several) and not unseen:
        return Verdict(False, why=f"drawings, resized by mixing colors, for their thin lines would vanish ({looked})")
    return Verdict(True, numbered, f"label maps, {NEAREST} (regions of {looked})")


def are_numbers(pictures: Sequence[np.ndarray]) -> bool:
    """Whether label maps of several labels are gray, and their values are numbers of labels, not tones.

    So they are if all but `VOID` are below `FEW_NUMBERS`, nearly black; or if more than half of all numbers up to the
    highest occur, which few tones cannot do. Others (numbers of instances, say) can be seen as gray.

    Args:
        pictures: stored pixels, (h, w) of gray files.
    """
    if not pictures or any(pixels.ndim == 3 for pixels in pictures):
        return False
    numbers = np.unique(np.concatenate([np.unique(pixels) for pixels in pictures]))
    if not np.issubdtype(numbers.dtype, np.integer) or numbers.min() < 0:
        return False
    numbers = numbers[(numbers > 0) & (numbers != VOID)]
    if not len(numbers):
        return False
    return bool(numbers.max() < FEW_NUMBERS or len(numbers) > numbers.max() / 2)


def stored_pixels(record: Record) -> np.ndarray:
    """(h, w) of a gray file, as it is stored, also of one that is saved in colors; of another one (h, w, 3)."""
    with Image.open(record.path) as opened:
        if kind_of(opened):
            pixels, _ = pixels_of(opened)
        else:
            pixels = decode_rgb(record.path)
            if (pixels == pixels[..., :1]).all():
                pixels = pixels[..., 0]
    middle = pixels.shape[1] // 2
    return {"left": pixels[:, :middle], "right": pixels[:, middle:], "": pixels}[record.half]


def _is_drawn(pixels: np.ndarray, colors: np.ndarray, window: tuple[int, int]) -> bool:
    indices, soft = hardened(_indices(pixels, colors), _unpacked(colors, pixels))
    return is_drawing(indices, tuple(length + soft for length in window))


def _packed(pixels: np.ndarray) -> np.ndarray:
    """(h, w) one number for each color."""
    if pixels.ndim == 2:
        return pixels
    wide = pixels.astype(np.uint32 if pixels.dtype == np.uint8 else np.uint64)
    bits = 8 * pixels.itemsize
    return wide[..., 0] << (2 * bits) | wide[..., 1] << bits | wide[..., 2]


def _unpacked(colors: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(number of colors, channels) the colors of a picture."""
    if pixels.ndim == 2:
        return colors[:, None]
    bits = 8 * pixels.itemsize
    return np.stack([colors >> (2 * bits), colors >> bits & (2**bits - 1), colors & (2**bits - 1)], -1)


def _colors(pixels: np.ndarray) -> np.ndarray | None:
    """The colors of a picture, sorted, as `_packed`; None if there are more than MOST_LABELS."""
    packed = _packed(pixels)
    # Photographs are known by a few of their rows.
    few = np.unique(packed[:: max(1, len(packed) // 16)])
    if len(few) > MOST_LABELS:
        return None
    colors = np.unique(packed)
    return colors if len(colors) <= MOST_LABELS else None


def _indices(pixels: np.ndarray, colors: np.ndarray) -> np.ndarray:
    return np.searchsorted(colors, _packed(pixels)).astype(np.uint8)


def _middle(pixels: np.ndarray) -> np.ndarray:
    starts = [max(0, (length - LOOKED_SIDE) // 2) for length in pixels.shape[:2]]
    return pixels[tuple(slice(start, start + LOOKED_SIDE) for start in starts)]
