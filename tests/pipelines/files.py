"""Tiny image and text files for the tests of the readers."""

import pathlib

import numpy as np
from PIL import Image


def write_image(path: pathlib.Path, color=(200, 30, 60), size=(12, 9)) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)
    return path


def write_text(path: pathlib.Path, text: str) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_noise(path: pathlib.Path, seed: int = 0, size: int = 64) -> pathlib.Path:
    """An image that does not compress, so that cutting its file in half cuts its pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path
