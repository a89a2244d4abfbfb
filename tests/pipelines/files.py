"""Tiny image and text files for the tests of the readers."""

import gzip
import pathlib

import numpy as np
from PIL import Image

BLUE, RED = (20, 40, 220), (230, 30, 20)


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


def idx_bytes(values: np.ndarray) -> bytes:
    """An IDX file of unsigned bytes."""
    return bytes((0, 0, 8, values.ndim)) + np.array(values.shape, ">u4").tobytes() + values.astype(np.uint8).tobytes()


def write_idx(path: pathlib.Path, values: np.ndarray) -> pathlib.Path:
    """Writes an IDX file, gzipped if its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = idx_bytes(values)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_idx_set(folder: pathlib.Path, prefix: str = "", counts=(6, 3), side: int = 28, seed: int = 0) -> dict:
    """Writes a gzipped set as MNIST's, of noise, with labels 0, 1, 2, ...; returns its images by split."""
    test = "test" if prefix.startswith("emnist") else "t10k"
    written = {}
    for split, file, count in (("train", "train", counts[0]), ("test", test, counts[1])):
        images = np.random.default_rng(seed + count).integers(0, 256, (count, side, side), np.uint8)
        write_idx(folder / f"{prefix}{file}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{prefix}{file}-labels-idx1-ubyte.gz", np.arange(count))
        written[split] = images
    return written


def write_disc(path: pathlib.Path, size=(120, 60), center=(0.5, 0.5), radius: float = 0.3, colors=(BLUE, RED)):
    """A disc on a ground, of these colors: center and radius in shares of the picture's width and of its shorter side.

    Nothing is antialiased, so that there are two colors.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    rows, columns = np.mgrid[:height, :width] + 0.5
    inside = np.hypot(columns - center[0] * width, rows - center[1] * height) < radius * min(size)
    Image.fromarray(np.array(colors, np.uint8)[inside.astype(int)]).save(path)
    return path
