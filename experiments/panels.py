"""Images in [-1, 1] in grids, with titles above."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from panels import grids as pictures
from panels.grids import stacked
from pipelines.images import to_uint8

MINIMUM_SIDE = 48  # pixels; there are many of them
TITLE_HEIGHT = 20  # pixels


def as_pixels(images: np.ndarray) -> np.ndarray:
    """(n, h, w, c) in [-1, 1], gray (c = 1) or in color (c = 3), to (n, h, w, 3) uint8."""
    return np.broadcast_to(to_uint8(images).numpy(), (*images.shape[:3], 3))


def grid(images: np.ndarray, columns: int) -> np.ndarray:
    """(n, h, w, c) images in [-1, 1], row after row on white; (H, W, 3) uint8."""
    return pictures.grid(as_pixels(images), columns, MINIMUM_SIDE)


def titled(title: str, picture: np.ndarray) -> np.ndarray:
    """An (h, w, 3) uint8 picture below a line of text, widened where the line is longer."""
    font = ImageFont.load_default(size=12)
    width = max(picture.shape[1], int(font.getlength(title)) + 8)
    line = Image.new("RGB", (width, TITLE_HEIGHT), "white")
    ImageDraw.Draw(line).text((4, 2), title, fill="black", font=font)
    return stacked([np.asarray(line), picture])
