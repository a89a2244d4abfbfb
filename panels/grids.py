"""Grids, strips and captioned rows of images, as (H, W, 3) uint8 arrays that TensorBoard shows and PNG files hold."""

import textwrap
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipelines.images import to_uint8

GAP = 2  # pixels between images
# Pixels to which smaller images are enlarged, so that a person can look at them; the smaller size is for large grids.
MINIMUM_SIDE, SMALL_SIDE = 64, 48
TITLE_HEIGHT = 20  # pixels


def as_pixels(images: np.ndarray) -> np.ndarray:
    """(n, h, w, 1 or 3) uint8, or floats in [-1, 1], as (n, h, w, 3) uint8."""
    pixels = images if images.dtype == np.uint8 else to_uint8(images).numpy()
    return np.broadcast_to(pixels, (*pixels.shape[:3], 3))


def enlarged(images: np.ndarray, side: int = MINIMUM_SIDE) -> np.ndarray:
    """(n, h, w, 1 or 3) images (see `as_pixels`) as (n, h', w', 3) uint8, enlarged to `side` pixels or more."""
    images = as_pixels(images)
    factor = -(-side // min(images.shape[1:3]))
    return images.repeat(factor, axis=1).repeat(factor, axis=2)


def row_of(images: np.ndarray) -> np.ndarray:
    """(n, h, w, 3) uint8 images beside each other on white."""
    images = np.pad(images, ((0, 0), (0, GAP), (0, GAP), (0, 0)), constant_values=255)
    return np.concatenate(list(images), axis=1)


def stacked(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """(h, w, 3) uint8 pictures of any sizes below each other, white at the right of the narrower ones."""
    width = max(picture.shape[1] for picture in pictures)
    return np.concatenate(
        [np.pad(picture, ((0, 0), (0, width - picture.shape[1]), (0, 0)), constant_values=255) for picture in pictures]
    )


def grid(images: np.ndarray, columns: int, side: int = MINIMUM_SIDE) -> np.ndarray:
    """(n, h, w, 1 or 3) images (see `as_pixels`), row by row, each enlarged to `side` pixels or more."""
    images = enlarged(images, side)
    return stacked([row_of(images[start : start + columns]) for start in range(0, len(images), columns)])


def captioned_rows(rows: Sequence[tuple[str, np.ndarray]], label_width: int = 260) -> np.ndarray:
    """One row per caption: its text at the left, its images at the right.

    Args:
        rows: (caption, (n, h, w, 1 or 3) images, see `as_pixels`) each; the same size everywhere.
        label_width: pixels for the text.
    """
    bands = []
    for caption, images in rows:
        band = row_of(enlarged(images))
        text = "\n".join(textwrap.wrap(caption, width=label_width // 6)[: band.shape[0] // 14])
        bands.append(np.concatenate([_label(text, label_width, band.shape[0]), band], axis=1))
    return stacked(bands)


def titled(title: str, picture: np.ndarray) -> np.ndarray:
    """An (h, w, 3) uint8 picture below a line of text, widened where the line is longer."""
    width = max(picture.shape[1], int(_font().getlength(title)) + 8)
    return stacked([_label(title, width, TITLE_HEIGHT), picture])


def _label(text: str, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8: black text on white."""
    label = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(label).text((4, 2), text, fill="black", font=_font())
    return np.asarray(label)


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=12)
