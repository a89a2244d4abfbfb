"""Features of images by one network: in batches, with a bar; those of real images kept on disk."""

import dataclasses
import hashlib
import pathlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from evaluation.names import NetworkName
from metrics.moments import Moments
from pipelines.atomic import atomic_write
from pipelines.images import FloatImages
from pipelines.rows import evenly

# Rows that are kept of many, for what compares them one by one; moments are of all.
KEPT = 10_000
# What a batch may hold, in pixels; more images than 128 gain nothing.
BATCH_PIXELS, LEAST, MOST = 2**18, 2, 128
NO_RESIZE = "none"


@dataclasses.dataclass(frozen=True)
class Extractor:
    """A network that gives features of images.

    Attributes:
        network: (B, h, w, c) float32 images in [-1, 1] -> {"features": (B, F)}, and "probabilities" (B, C) of classes
            where the network gives them.
        name: of the network.
        side: of the squares that the images are resized to, in pixels; 0: they are taken as they are.
        has_probabilities: whether it gives the probabilities of classes.
        channels: that it takes, to which gray is repeated and color made gray; 0: those of the images.
        weights: a hash of its weights; "": nothing is kept on disk.
        batch_pixels: of a batch, by the memory that the network's maps take.
    """

    network: Callable[[tf.Tensor], dict[str, tf.Tensor]]
    name: NetworkName
    side: int = 0
    has_probabilities: bool = False
    channels: int = 3
    weights: str = ""
    batch_pixels: int = BATCH_PIXELS

    @property
    def has_maps(self) -> bool:
        """Whether the maps within it can be had, which is so of Keras's networks alone."""
        return isinstance(getattr(self.network, "network", None), keras.Model)

    @property
    def resize(self) -> str:
        """What becomes of the images, for the protocol."""
        return f"antialiased bicubic to {self.side} x {self.side}" if self.side else NO_RESIZE

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """(n, h, w, c) images in [-1, 1] to (n, F) features."""
        return np.concatenate([batch["features"] for batch in self.batches(images)])

    def batches(self, images: np.ndarray):
        """Yields what the network gives of some images at a time, as arrays."""
        _, height, width, _ = images.shape
        size = rows_at_once(self.side**2 or height * width, self.batch_pixels)
        for start in range(0, len(images), size):
            batch = tf.constant(images[start : start + size], tf.float32)
            if self.channels == 3 and batch.shape[-1] == 1:
                batch = tf.repeat(batch, 3, axis=-1)
            elif self.channels == 1 and batch.shape[-1] == 3:
                batch = tf.image.rgb_to_grayscale(batch)
            outputs = self.network(resized(batch, self.side))
            yield {name: np.asarray(output, np.float32) for name, output in outputs.items()}


def rows_at_once(pixels: int, batch_pixels: int) -> int:
    """How many images of so many pixels a batch has, which may hold `batch_pixels`."""
    return min(max(batch_pixels // pixels, LEAST), MOST)


def resized(images: tf.Tensor, side: int) -> tf.Tensor:
    """(B, h, w, c) to (B, side, side, c), by clean-fid's protocol: Pillow's bicubic filter, widened where images become
    smaller, on floats that are neither rounded nor clipped. Unchanged if `side` is 0 or theirs.
    """
    if not side or images.shape[1:3] == (side, side):
        return images
    return tf.image.resize(images, (side, side), "bicubic", antialias=True)


@dataclasses.dataclass(frozen=True)
class Extracted:
    """What a network gives of many images.

    Attributes:
        moments: of the features of all images.
        rows: (n, F) float32 features of KEPT images at most, evenly spaced.
        probabilities: (m, C) float32 of all images; None of a network that gives none.
    """

    moments: Moments
    rows: np.ndarray
    probabilities: np.ndarray | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the rows are of all images."""
        return len(self.rows) == self.moments.count


def extract(extractor: Extractor, images: np.ndarray, title: str = "") -> Extracted:
    """What a network gives of (n, h, w, c) images in [-1, 1], with a bar of this title, if there is one."""
    kept = evenly(len(images), KEPT)
    moments, rows, probabilities, start = None, [], [], 0
    with tqdm(total=len(images), desc=title, unit=" images", disable=None if title else True) as bar:
        for batch in extractor.batches(images):
            features = batch["features"]
            moments = moments or Moments(features.shape[1])
            moments.add(features)
            rows.append(features[kept[(kept >= start) & (kept < start + len(features))] - start])
            if "probabilities" in batch:
                probabilities.append(batch["probabilities"])
            start += len(features)
            bar.update(len(features))
    return Extracted(moments, np.concatenate(rows), np.concatenate(probabilities) if probabilities else None)


def extract_once(extractor: Extractor, images: np.ndarray, title: str, cache: pathlib.Path | None) -> Extracted:
    """As `extract`, kept in a folder by the images' content, the network's weights and the resizing.

    A file that is damaged is computed again. Moments are those of the rows, as real images are KEPT at most.
    """
    if cache is None or not extractor.weights or len(images) > KEPT:
        return extract(extractor, images, title)
    path = cache / f"{content_of(images, extractor)}.npz"
    try:
        with np.load(path) as kept:
            return Extracted(Moments.of(kept["rows"]), kept["rows"], kept.get("probabilities"))
    except FileNotFoundError:
        pass
    except Exception:
        # A damaged archive makes zipfile and NumPy raise almost anything; it is written again.
        path.unlink(missing_ok=True)
    found = extract(extractor, images, title)
    arrays = {"rows": found.rows, "probabilities": found.probabilities}
    with atomic_write(path) as aside:
        np.savez(aside, **{name: array for name, array in arrays.items() if array is not None})
    return found


def content_of(images: np.ndarray, extractor: Extractor) -> str:
    """A hash of images, of the network's weights and of the resizing."""
    pixels = images.pixels if isinstance(images, FloatImages) else images
    content = hashlib.sha256(f"{extractor.weights} {extractor.resize} {pixels.dtype} {pixels.shape}".encode())
    for start in range(0, len(pixels), KEPT // 10):
        content.update(np.ascontiguousarray(pixels[start : start + KEPT // 10]))
    return content.hexdigest()[:32]
