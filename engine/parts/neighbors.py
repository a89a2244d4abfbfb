"""The training images nearest to what a model makes, for the report of a run: a person sees whether it copies."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from experiments.nearest_neighbors import nearest
from panels.grids import as_pixels, captioned_rows
from pipelines.images import center_crop, to_float, with_channels
from pipelines.rows import ImageRows, evenly, release
from pipelines.sizes import Size, height_width

# Pixels of the longer side at which images are compared: their looks, not their last detail.
COMPARED_SIDE = 32
# Training images that are looked at, evenly spaced: at most so many, of at most so many bytes together, and the bytes
# of those in memory at a time. Of 64 pixels that is a matter of seconds.
SEARCHED, SEARCHED_BYTES, AT_ONCE = 60_000, 2**30, 2**24
NEIGHBORS, SHOWN = 4, 8
# Pixels for what a picture was asked for, and for labels of a few letters.
LABEL_WIDTH, SHORT_WIDTH, SHORT = 260, 80, 3


@dataclasses.dataclass(frozen=True)
class Drawn:
    """Pictures that a model makes, and the images that it was trained on to make such.

    Attributes:
        pictures: (n, h, w, c) uint8.
        labels: what each was asked for.
        training: (m, h', w', 1 or 3) uint8, as they are kept: the middle of them is looked at.
        names: of the training images.
        unseen: (k, h', w', 1 or 3) uint8 images of the same kind that were not trained on; None where there are none.
    """

    pictures: np.ndarray
    labels: Sequence[str]
    training: np.ndarray | ImageRows
    names: Sequence[str]
    unseen: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class Neighbors:
    """What is nearest to some of the pictures.

    Attributes:
        picture: (h, w, 3) uint8: a row each, the picture first.
        rows: of each its label, the names of its neighbors, and the distance of the nearest.
        distance: the mean distance of all pictures to their nearest training images.
        distance_of_unseen: that of unseen images; None where there are none.
        searched: how many training images were looked at.
        side: pixels of the longer side at which images were compared.
    """

    picture: np.ndarray
    rows: Sequence[tuple[str, Sequence[str], float]]
    distance: float
    distance_of_unseen: float | None
    searched: int
    side: int


def neighbors_of(drawn: Drawn) -> Neighbors:
    """Search the training images; half of the pictures that are shown are those nearest to one, the others any.

    Distances are root-mean-square differences per number of pixels in [-1, 1], the pictures reduced to `COMPARED_SIDE`.
    """
    size = drawn.pictures.shape[1:3]
    channels = drawn.pictures.shape[-1]
    rows = evenly(len(drawn.training), min(SEARCHED, max(SEARCHED_BYTES // bytes_of(drawn.training), 1)))
    queries = [small(drawn.pictures, size, channels)]
    if drawn.unseen is not None:
        queries.append(small(drawn.unseen, size, channels))
    found, distances = search(np.concatenate(queries), drawn.training, rows, size, channels)
    count = len(drawn.pictures)
    closest = np.argsort(distances[:count, 0], kind="stable")[: -(-SHOWN // 2)]
    others = np.setdiff1d(np.arange(count), closest)[: SHOWN - len(closest)]
    shown, lines = [], []
    for row in map(int, (*closest, *others)):
        near = center_crop(np.stack([np.asarray(drawn.training[int(index)]) for index in found[row]]), size)
        gap = np.full_like(as_pixels(drawn.pictures[:1]), 255)
        cells = [as_pixels(drawn.pictures[row : row + 1]), gap, as_pixels(with_channels(near, channels))]
        shown.append((f"{drawn.labels[row]} ({distances[row, 0]:.3f})", np.concatenate(cells)))
        lines.append((drawn.labels[row], [drawn.names[index] for index in found[row]], float(distances[row, 0])))
    return Neighbors(
        captioned_rows(shown, LABEL_WIDTH if any(len(label) > SHORT for label in drawn.labels) else SHORT_WIDTH),
        lines,
        float(distances[:count, 0].mean()),
        float(distances[count:, 0].mean()) if drawn.unseen is not None else None,
        len(rows),
        min(max(size), COMPARED_SIDE),
    )


def search(
    queries: np.ndarray, images: np.ndarray | ImageRows, rows: np.ndarray, size: Size, channels: int
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of some rows of many images, of which a part is in memory at a time.

    Args:
        queries: (q, d), made by `small`.
        images: (m, h, w, 1 or 3) uint8.
        rows: which of them are searched.
        size: of the crop that is looked at.
        channels: with which they are looked at.

    Returns:
        (q, k) rows of `images` and (q, k) distances, the nearest first; k is `NEIGHBORS`, or as many as there are.
    """
    found, distances = np.zeros((len(queries), 0), int), np.zeros((len(queries), 0))
    count = max(AT_ONCE // bytes_of(images), 1)
    for start in range(0, len(rows), count):
        chosen = rows[start : start + count]
        near, far = nearest(queries, small(np.asarray(images[chosen]), size, channels), NEIGHBORS)
        release(images)
        found, distances = np.hstack([found, chosen[near]]), np.hstack([distances, far])
        order = np.argsort(distances, axis=1, kind="stable")[:, :NEIGHBORS]
        found, distances = (np.take_along_axis(values, order, axis=1) for values in (found, distances))
    return found, distances


def bytes_of(images: np.ndarray | ImageRows) -> int:
    """Of one of the images."""
    return int(np.prod(images.shape[1:])) * images.dtype.itemsize


def small(images: np.ndarray, size: Size, channels: int) -> np.ndarray:
    """(n, d) float32 in [-1, 1]: the middle of each uint8 image, reduced to `COMPARED_SIDE` by its means over areas."""
    height, width = height_width(size)
    floats = to_float(with_channels(center_crop(images, size), channels))
    factor = COMPARED_SIDE / max(height, width)
    if factor < 1:
        shape = max(round(height * factor), 1), max(round(width * factor), 1)
        floats = tf.image.resize(floats, shape, method="area")
    return np.reshape(floats, (len(images), -1))
