"""A sheet of the first examples as they are trained on: a person sees in a second what is wrong with them."""

import functools
import pathlib
import textwrap
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from panels.figures import rendered
from panels.grids import GAP, as_pixels, enlarged, row_of, stacked, titled
from pipelines.report import printable

# Pixels: smaller pictures are enlarged to about this side, larger ones reduced to the other.
SMALLEST, LARGEST = 128, 512
FONT_SIZE, LINE, MARGIN = 12, 16, 6  # pixels
LETTER = 6.5  # pixels, on average
MOST_LINES = 14
# Of a cell with a caption, so that it takes a few lines.
LEAST_WIDTH = 240


def sheet(title: str, cells: Sequence[tuple[str, Sequence[np.ndarray]]], columns: int = 3) -> np.ndarray:
    """Examples in rows, each with its pictures beside each other and its text below, as (H, W, 3) uint8.

    Args:
        title: a line above them.
        cells: of each example its text and its pictures, each (h, w, 1 or 3) uint8, or floats in [-1, 1].
        columns: examples in a row.
    """
    bands = [_band(pictures) for _, pictures in cells]
    width = max(band.shape[1] for band in bands)
    if any(len(line) * LETTER > width for text, _ in cells for line in text.split("\n")):
        width = max(width, LEAST_WIDTH)
    texts = [_lines(text, width) for text, _ in cells]
    rows = []
    for start in range(0, len(cells), columns):
        chosen = slice(start, start + columns)
        height = max(band.shape[0] for band in bands[chosen])
        most = max(map(len, texts[chosen]))
        row = [
            np.concatenate([_padded(band, height, width + MARGIN), _text(lines, width + MARGIN, most)])
            for band, lines in zip(bands[chosen], texts[chosen], strict=True)
        ]
        rows.append(np.concatenate(row, axis=1))
    return titled(title, stacked(rows))


def point_sheet(title: str, points: np.ndarray) -> np.ndarray:
    """Points (n, 1 or 2) that are trained on, as (h, w, 3) uint8: a histogram of numbers, or a scatter."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    if points.shape[1] == 1:
        axes.hist(points[:, 0], bins=40, color="tab:blue")
    else:
        axes.plot(*points.T, ".", color="tab:blue", markersize=4)
        axes.set_aspect("equal")
    return rendered(figure)


def _band(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures beside each other, each enlarged or reduced so that a person can look at it."""
    parts = [row_of(_sized(as_pixels(picture[np.newaxis]))) for picture in pictures]
    height = max(part.shape[0] for part in parts)
    return np.concatenate([_padded(part, height, part.shape[1]) for part in parts], axis=1)


def _sized(images: np.ndarray) -> np.ndarray:
    """(1, h, w, 3) uint8 in a size to look at; whole pixels where they are enlarged."""
    side = max(images.shape[1:3])
    if side <= LARGEST:
        return enlarged(images, SMALLEST) if side < SMALLEST else images
    size = tuple(max(round(length * LARGEST / side), 1) for length in (images.shape[2], images.shape[1]))
    return np.asarray(Image.fromarray(images[0]).resize(size, Image.Resampling.BOX))[np.newaxis]


def _padded(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """A picture with white below and at its right."""
    missing = ((0, height - picture.shape[0]), (0, width - picture.shape[1]), (0, 0))
    return np.pad(picture, missing, constant_values=255)


def _lines(text: str, width: int) -> list[str]:
    """The lines of a text, broken to fit a width in pixels; "..." where there are too many."""
    lines = [part for line in text.split("\n") for part in _broken(printable(line), width)]
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], "..."]


def _broken(line: str, width: int) -> list[str]:
    """The first lines, at most one too many, into which a line is broken so that each fits a width in pixels."""
    font, letters = _font(), max(int(width / LETTER), 1)
    while True:
        parts = textwrap.wrap(line, width=letters)[: MOST_LINES + 1]
        widest = max(map(font.getlength, parts), default=0)
        if widest <= width or letters == 1:
            return parts
        letters = max(min(int(letters * width / widest), letters - 1), 1)


def _text(lines: Sequence[str], width: int, most: int) -> np.ndarray:
    """(most * LINE + MARGIN, width, 3) uint8: lines of black text on white."""
    picture = Image.new("RGB", (width, most * LINE + MARGIN), "white")
    draw, font = ImageDraw.Draw(picture), _font()
    for row, line in enumerate(lines):
        draw.text((GAP, row * LINE), line, fill="black", font=font)
    return np.asarray(picture)


@functools.cache
def _font() -> ImageFont.FreeTypeFont:
    """The font that comes with matplotlib: it has the letters of more scripts than Pillow's own."""
    import matplotlib

    path = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    # Pillow's other engine fails on some letters.
    return ImageFont.truetype(path, FONT_SIZE, layout_engine=ImageFont.Layout.BASIC)
