"""Images in grids, with titles above."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

GAP = 2  # pixels between images
MINIMUM_SIDE = 48  # pixels; smaller images are enlarged, so that a person can look at them
TITLE_HEIGHT = 20  # pixels


def as_pixels(images: np.ndarray) -> np.ndarray:
    """(n, h, w, c) in [-1, 1], gray (c = 1) or in color (c = 3), to (n, h, w, 3) uint8."""
    pixels = np.clip(np.rint((np.asarray(images, np.float32) + 1.0) * 127.5), 0, 255).astype(np.uint8)
    return pixels if pixels.shape[-1] == 3 else pixels.repeat(3, axis=-1)


def enlarged(pixels: np.ndarray, side: int = MINIMUM_SIDE) -> np.ndarray:
    """(n, h, w, 3) uint8 images, enlarged by a whole factor to `side` pixels or more."""
    factor = max(1, -(-side // pixels.shape[1]))
    return pixels.repeat(factor, axis=1).repeat(factor, axis=2)


def grid(images: np.ndarray, columns: int) -> np.ndarray:
    """(n, h, w, c) images in [-1, 1], row after row on white; (H, W, 3) uint8."""
    pixels = np.pad(
        enlarged(as_pixels(images)), ((0, -len(images) % columns), (0, GAP), (0, GAP), (0, 0)), constant_values=255
    )
    pixels[len(images) :] = 255
    _, h, w, _ = pixels.shape
    return pixels.reshape(-1, columns, h, w, 3).swapaxes(1, 2).reshape(-1, columns * w, 3)


def titled(title: str, picture: np.ndarray) -> np.ndarray:
    """An (h, w, 3) uint8 picture below a line of text, widened where the line is longer."""
    font = ImageFont.load_default(size=12)
    width = max(picture.shape[1], int(font.getlength(title)) + 8)
    line = Image.new("RGB", (width, TITLE_HEIGHT), "white")
    ImageDraw.Draw(line).text((4, 2), title, fill="black", font=font)
    return stacked([np.asarray(line), picture])


def stacked(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """(h, w, 3) uint8 pictures of any sizes below each other, white at the right of the narrower ones."""
    width = max(picture.shape[1] for picture in pictures)
    return np.concatenate(
        [np.pad(picture, ((0, 0), (0, width - picture.shape[1]), (0, 0)), constant_values=255) for picture in pictures]
    )
