"""The training images nearest to what a model makes, for the report of a run: a person sees whether it copies."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from evaluation.memorization import PIXELS
from metrics.neighbors import closest_and_others, nearest
from panels.grids import as_pixels, captioned_rows
from pipelines.images import FloatImages
from pipelines.real_images import RealImages
from pipelines.rows import evenly

# Training images that are looked at, evenly spaced: at most so many, of at most so many bytes together.
SEARCHED, SEARCHED_BYTES = 60_000, 2**30
NEIGHBORS, SHOWN = 4, 8
# Pixels for what a picture was asked for, and for labels of a few letters.
LABEL_WIDTH, SHORT_WIDTH, SHORT = 260, 80, 3


@dataclasses.dataclass(frozen=True)
class Drawn:
    """Pictures that a model makes, and the images that it was trained on to make such.

    Attributes:
        pictures: (n, h, w, c) uint8.
        labels: what each was asked for.
        training: the images.
        unseen: images of the same kind that were not trained on; None where there are none.
    """

    pictures: np.ndarray
    labels: Sequence[str]
    training: RealImages
    unseen: RealImages | None = None


@dataclasses.dataclass(frozen=True)
class Neighbors:
    """What is nearest to some of the pictures.

    Attributes:
        picture: (h, w, 3) uint8: a row each, the picture first.
        rows: of each its label, the names of its neighbors, and the distance of the nearest.
        distance: the median distance of all pictures to their nearest training images.
        distance_of_unseen: that of unseen images; None where there are none.
        searched: how many training images were looked at.
    """

    picture: np.ndarray
    rows: Sequence[tuple[str, Sequence[str], float]]
    distance: float
    distance_of_unseen: float | None
    searched: int


def neighbors_of(drawn: Drawn) -> Neighbors:
    """Search the training images by the distances of `evaluation.memorization.PIXELS`."""
    bytes_of_one = int(np.prod(drawn.training.shape[1:]))
    most = min(SEARCHED, max(SEARCHED_BYTES // bytes_of_one, 1))
    training = drawn.training.take(evenly(len(drawn.training), most))
    points = PIXELS(FloatImages(training))
    found, distances = nearest(PIXELS(FloatImages(drawn.pictures)), points, NEIGHBORS)
    shown, lines = [], []
    for row in map(int, closest_and_others(distances[:, 0], SHOWN)):
        gap = np.full_like(as_pixels(drawn.pictures[:1]), 255)
        cells = [as_pixels(drawn.pictures[row : row + 1]), gap, as_pixels(training[found[row]])]
        shown.append((f"{drawn.labels[row]} ({distances[row, 0]:.3f})", np.concatenate(cells)))
        lines.append((drawn.labels[row], [training.names[index] for index in found[row]], float(distances[row, 0])))
    of_unseen = None if drawn.unseen is None else nearest(PIXELS(FloatImages(drawn.unseen)), points)[1]
    return Neighbors(
        captioned_rows(shown, LABEL_WIDTH if any(len(label) > SHORT for label in drawn.labels) else SHORT_WIDTH),
        lines,
        float(np.median(distances[:, 0])),
        None if of_unseen is None else float(np.median(of_unseen)),
        len(training),
    )
