"""What a page that shows a model may know of it beyond its signatures: colors to draw with, examples to begin with."""

import dataclasses
from collections.abc import Mapping

import numpy as np

# Colors of a label map or a drawing; a picture of more is a photograph, which nobody draws. Stray ones, by which a
# compressed file differs from what was drawn, are left out.
MOST_COLORS, COMMON_SHARE, COVERED = 24, 0.001, 0.98


@dataclasses.dataclass(frozen=True)
class Hints:
    """Of a model, by direction ("AtoB", "BtoA") where it translates, under "style" where it takes a picture's style.

    Attributes:
        size: height and width of the pictures that it was trained on, in pixels; 0 where that is of no matter.
        direction: of `serving_default`, where it translates.
        palettes: colors to draw its inputs with, as #rrggbb, the most frequent first; none of photographs.
        examples: (n, h, w, c) uint8 inputs.
        captions: sentences.
        attributes: names of the numbers that are asked for, where it takes any.
    """

    size: tuple[int, int] = (0, 0)
    direction: str = ""
    palettes: Mapping[str, list[str]] = dataclasses.field(default_factory=dict)
    examples: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    captions: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


def palette_of(images: np.ndarray) -> list[str]:
    """The colors of (n, h, w, 1 or 3) uint8 images, the most frequent first, if there are few; [] of photographs."""
    pixels = np.broadcast_to(images, (*images.shape[:-1], 3)).reshape(-1, 3).astype(np.uint32)
    numbers, counts = np.unique(pixels @ np.array([2**16, 2**8, 1], np.uint32), return_counts=True)
    common = counts >= COMMON_SHARE * counts.sum()
    if not 1 < common.sum() <= MOST_COLORS or counts[common].sum() < COVERED * counts.sum():
        return []
    order = np.argsort(-counts[common], kind="stable")
    return [f"#{number:06x}" for number in numbers[common][order]]
