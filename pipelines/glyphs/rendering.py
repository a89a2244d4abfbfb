"""Characters rendered from fonts, with a weight, a slant and a width that are known."""

import dataclasses
import math
import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

# Pixels of a character's drawing for each of the image's.
OVERSAMPLING = 4
# The size of the font, as a share of the side.
EM = 0.62


@dataclasses.dataclass(frozen=True)
class Style:
    """How a character is drawn.

    Attributes:
        weight: by how much each edge of a stroke is moved outwards, as a share of the side: 0 is the font's own.
        slant: degrees by which it leans to the right.
        width: by which it is stretched horizontally: 1 is the font's own.
    """

    weight: float = 0.0
    slant: float = 0.0
    width: float = 1.0


# Of the styles that are drawn: from and to.
RANGES = {"weight": (0.0, 0.035), "slant": (-20.0, 20.0), "width": (0.7, 1.3)}


def random_style(rng: np.random.Generator) -> Style:
    """Uniform in `RANGES`."""
    return Style(**{name: float(rng.uniform(*bounds)) for name, bounds in RANGES.items()})


def render(character: str, font: pathlib.Path, style: Style, side: int) -> np.ndarray:
    """(side, side) uint8: a character in black on white, the middle of its drawing in the middle of the image."""
    size = side * OVERSAMPLING
    # Edges move by whole pixels: the drawing is as much larger as it takes for a step of an eighth.
    scale = 2
    big = ImageFont.truetype(str(font), round(EM * size * scale))
    stroke = round(style.weight * size * scale)
    left, top, right, bottom = big.getbbox(character, stroke_width=stroke)
    margin = 2
    canvas = Image.new("L", (right - left + 2 * margin, bottom - top + 2 * margin), 0)
    ImageDraw.Draw(canvas).text(
        (margin - left, margin - top), character, fill=255, font=big, stroke_width=stroke, stroke_fill=255
    )
    lean, stretch = math.tan(math.radians(style.slant)), style.width
    middle_x, middle_y = canvas.width / 2, canvas.height / 2
    # From a pixel of the image to one of the drawing: the inverse of stretching, then leaning (y grows downward).
    half, down = size / 2, scale
    across = scale / stretch
    matrix = (
        across,
        across * lean,
        middle_x - across * half - across * lean * half,
        0.0,
        down,
        middle_y - down * half,
    )
    drawn = canvas.transform((size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return 255 - np.asarray(drawn.reduce(OVERSAMPLING))
