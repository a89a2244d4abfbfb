"""Grids and strips of images with their captions, as arrays that TensorBoard shows and PNG files hold."""

import textwrap
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

GAP = 2  # pixels between images
MINIMUM_SIDE = 64  # smaller images are enlarged, so that a person can look at them


def enlarged(images: np.ndarray, side: int = MINIMUM_SIDE) -> np.ndarray:
    """(n, h, w, 1 or 3) uint8 images as (n, h', w', 3), enlarged by a whole factor to `side` pixels or more."""
    images = np.broadcast_to(images, (*images.shape[:3], 3))
    factor = -(-side // images.shape[1])
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


def captioned_rows(rows: Sequence[tuple[str, np.ndarray]], label_width: int = 260) -> np.ndarray:
    """One row a caption: its text at the left, its images at the right.

    Args:
        rows: (caption, (n, h, w, 1 or 3) uint8 images) each; the same size everywhere.
        label_width: pixels for the text.

    Returns:
        (H, W, 3) uint8.
    """
    font = ImageFont.load_default(size=12)
    bands = []
    for caption, images in rows:
        band = row_of(enlarged(images))
        label = Image.new("RGB", (label_width, band.shape[0]), "white")
        text = "\n".join(textwrap.wrap(caption, width=label_width // 6)[: band.shape[0] // 14])
        ImageDraw.Draw(label).text((4, 2), text, fill="black", font=font)
        bands.append(np.concatenate([np.asarray(label), band], axis=1))
    return stacked(bands)


def grid(images: np.ndarray, columns: int, side: int = MINIMUM_SIDE) -> np.ndarray:
    """(n, h, w, 1 or 3) uint8 images in rows, each of `side` pixels or more, as one (H, W, 3) uint8 picture."""
    images = enlarged(images, side)
    return stacked([row_of(images[start : start + columns]) for start in range(0, len(images), columns)])


def between(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """(count, D) points on the straight line from one (D,) vector to another, both ends included."""
    weight = np.linspace(0.0, 1.0, count, dtype=np.float32)[:, np.newaxis]
    return (1.0 - weight) * first + weight * second


def spherically_between(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """(count, D) points on the arc between two (D,) noises, so that each is as long as noise is (White 2016)."""
    cosine = np.dot(first, second) / (np.linalg.norm(first) * np.linalg.norm(second))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    if np.sin(angle) < 1e-6:
        return between(first, second, count)
    weight = np.linspace(0.0, 1.0, count)[:, np.newaxis]
    arc = (np.sin((1.0 - weight) * angle) * first + np.sin(weight * angle) * second) / np.sin(angle)
    return arc.astype(np.float32)
