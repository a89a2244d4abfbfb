"""Drawings told from label maps. Both have few colors; what tells them apart is how these lie.

A map's regions are still there after a resize by the nearest pixel, a drawing's lines are not.

First, the soft colors of anti-aliased or compressed edges are replaced (`hardened`). A color is soft if most of its
pixels lie in no square of `LEAST` pixels of that color, and there are several such colors besides the background, which
is the color of most pixels; all others are ink. Soft colors become

- the background, if they are nearly of its color (`FAINT`);
- else the ink of an area, if they are a mixture of it and the background;
- else one ink, all together: soft lines, of which no color has an area.

A pixel is *thin* where no window of one color contains it, as large as `RESIZED` pixels of the resized picture (and
`LEAST` of its own, one more where colors were soft). Thin pixels of one color that touch are a *line* if they would
fill `LENGTH` of the largest square of that color in whose middle one of them lies, else a *speck*: a small object, a
dot, or what windows leave of the edge of something round. This does not depend on the size: a circle of 20 pixels is a
line, however small it gets. A picture is a drawing if

- most of it is thin, in windows of at most `PRINTED` of its own pixels: hatching, halftone, print that fills it; or
- most of its ink lies in lines: circles, frames, text, sketches; or
- most of its ink has one color, and a third of that color's outline is that of lines: a floor plan, whose walls are
  thick, but not its stairs and doors. Borders between the regions of a map and the poles in it have other colors.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

RESIZED, LEAST, LENGTH = 2, 3, 4
MOSTLY, OF_OUTLINE = 0.5, 1 / 3
PRINTED = 8
# Of the largest difference of a color from the background.
FAINT, ALIKE = 1 / 4, 1 / 10
BORDER = np.ones((3, 3), bool)


def window_of(shape: Sequence[int], size: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width) in pixels of a picture, within which all that is thin at `size` is thin."""
    height, width = (size, size) if isinstance(size, int) else size
    return max(LEAST, math.ceil(RESIZED * shape[0] / height)), max(LEAST, math.ceil(RESIZED * shape[1] / width))


def is_drawing(indices: np.ndarray, window: tuple[int, int]) -> bool:
    """Whether a picture of few colors, (h, w) the index of each pixel's color, is drawn in lines (see above)."""
    background = np.bincount(indices.ravel()).argmax()
    thin = thin_pixels(indices, window)
    ink = indices != background
    if not ink.any():
        return False
    # Where pictures get very small, all of a map is thin.
    if thin.mean() > MOSTLY and thin_pixels(indices, tuple(min(length, PRINTED) for length in window)).mean() > MOSTLY:
        return True
    widths = widths_of(indices)
    most = MOSTLY * ink.sum()
    areas, thins = (np.bincount(indices[pixels]) for pixels in (ink, thin & ink))
    found, left = 0, thins.sum()
    # Colors of many thin pixels first, no longer than the rest can decide.
    for color in np.argsort(-thins, kind="stable"):
        if found + left <= most:
            break
        found += line_pixels(indices == color, thin, widths).sum()
        left -= thins[color]
        if found > most:
            return True
    if areas.max() <= most:
        return False
    main = indices == areas.argmax()
    # Where a pixel of the main color has a neighbor of another one.
    outline = main & ~ndimage.binary_erosion(main, border_value=1)
    wanted = OF_OUTLINE * outline.sum()
    return bool((outline & thin).sum() > wanted and (outline & line_pixels(main, thin, widths)).sum() > wanted)


def hardened(indices: np.ndarray, colors: np.ndarray) -> tuple[np.ndarray, bool]:
    """A picture whose soft colors, those of anti-aliased or compressed edges, are those of what they are edges of.

    Args:
        indices: (h, w) the index of each pixel's color.
        colors: (number of colors, channels) the colors.

    Returns:
        (h, w) indices, and whether there were soft colors.
    """
    counts = np.bincount(indices.ravel(), minlength=len(colors))
    solid = np.bincount(indices[~thin_pixels(indices, (LEAST, LEAST))], minlength=len(colors)) >= MOSTLY * counts
    background = counts.argmax()
    others = np.flatnonzero(~solid & (np.arange(len(colors)) != background))
    if len(others) < 2:
        return indices, False
    offsets = colors.astype(float) - colors[background]
    contrast = np.abs(offsets).max()
    becomes = np.arange(len(colors))
    # All ink without areas is one.
    becomes[others] = others[np.abs(offsets[others]).max(1).argmax()]
    # From the largest area on: a mixture of two colors is that of the smaller, for nothing thin is to be lost.
    for area in sorted(set(np.flatnonzero(solid)) - {background}, key=lambda index: -counts[index]):
        squared = (offsets[area] ** 2).sum()
        shares = (offsets[others] @ offsets[area] / squared).clip(0, 1)
        mixed = np.abs(offsets[others] - shares[:, None] * offsets[area]).max(1) <= ALIKE * contrast
        becomes[others[mixed]] = area
    becomes[others[np.abs(offsets[others]).max(1) < FAINT * contrast]] = background
    return becomes[indices].astype(indices.dtype), True


def thin_pixels(indices: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    """(h, w) whether no window of one color contains a pixel. The picture goes on beyond its border as it ends."""
    padded = np.pad(indices, [(length - 1, length - 1) for length in window], mode="edge")
    least = ndimage.minimum_filter(padded, size=window, mode="nearest")
    most = ndimage.maximum_filter(padded, size=window, mode="nearest")
    # The filters note a window at its center, of an even one right of it; the dilation looks back from there.
    origin = tuple(-1 if length % 2 == 0 else 0 for length in window)
    inside = ndimage.maximum_filter((least == most).astype(np.uint8), size=window, mode="nearest", origin=origin) > 0
    return ~inside[window[0] - 1 : 1 - window[0], window[1] - 1 : 1 - window[1]]


def widths_of(indices: np.ndarray) -> np.ndarray:
    """(h, w) the side of the largest square of one color whose middle is a pixel, or its corner, if that is larger."""
    padded = np.pad(indices + np.uint8(1), 1)
    fours = (ndimage.minimum_filter(padded, 2) == ndimage.maximum_filter(padded, 2))[1:, 1:]
    # All four that a pixel belongs to: it has no neighbor of another color.
    inner = fours[1:, 1:] & fours[:-1, 1:] & fours[1:, :-1] & fours[:-1, :-1]
    odd = 2 * ndimage.distance_transform_cdt(np.pad(inner, 1), "chessboard")[1:-1, 1:-1] + 1
    even = 2 * ndimage.distance_transform_cdt(np.pad(fours, 1), "chessboard")[2:-1, 2:-1]
    return np.maximum(odd, even)


def line_pixels(ink: np.ndarray, thin: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """(h, w) whether a thin pixel of an ink belongs to some of it that touch and are a line."""
    own = ink & thin
    parts, count = ndimage.label(own, BORDER)
    widest = np.zeros(count + 1, int)
    np.maximum.at(widest, parts[own], widths[own])
    is_line = np.bincount(parts[own], minlength=count + 1) >= LENGTH * widest**2
    is_line[0] = False
    return is_line[parts]
