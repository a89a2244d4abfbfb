"""Whether images to test on were trained on: told by their pixels, as equal names may be of different files."""

import numpy as np

from pipelines.examples import Examples, GaussianMixture, PairedImages, UnpairedImages
from pipelines.rows import ImageRows, release

# Of the test images, evenly spaced.
LOOKED_AT = 200
# Rows in the middle of an image, by which those that may be equal are found: less to read than whole images.
BAND = 8
_CHUNK = 1024  # images at a time


def seen_in(train: Examples, test: Examples) -> dict[str, float]:
    """By side ("A", "B"; "" of single images), the share of the test images whose pixels are those of a training image.

    Sides whose test images are all alike say nothing and are left out, as is side B where many pairs share one (see
    `PairedImages.labels`). A distribution, which gives new points at every draw, has no sides.
    """
    sides = {}
    for side, images in sides_of(test).items():
        others = sides_of(train).get(side)
        looked_at = images[np.unique(np.linspace(0, len(images) - 1, LOOKED_AT).astype(int))]
        if others is None or others.shape[1:] != images.shape[1:] or (len(images) > 1 and all_alike(looked_at)):
            continue
        sides[side] = float(np.mean(are_in(others, looked_at)))
    return sides


def sides_of(examples: Examples) -> dict[str, np.ndarray | ImageRows]:
    """The sets of images whose files could be in two splits."""
    if isinstance(examples, UnpairedImages) or (isinstance(examples, PairedImages) and examples.labels is None):
        return {"A": examples.a, "B": examples.b}
    if isinstance(examples, PairedImages):
        return {"A": examples.a}
    images = None if isinstance(examples, GaussianMixture) else getattr(examples, "images", None)
    return {} if images is None else {"": images}


def all_alike(images: np.ndarray) -> bool:
    """Whether (n, ...) images are all the same."""
    return bool((images == images[:1]).all())


def are_in(images: np.ndarray | ImageRows, looked_for: np.ndarray) -> np.ndarray:
    """(m,) whether each of (m, h, w, c) images is one of (n, h, w, c) images, pixel by pixel."""
    start = max((images.shape[1] - BAND) // 2, 0)
    band = slice(start, start + BAND)
    wanted = {}
    for index, image in enumerate(looked_for):
        wanted.setdefault(image[band].tobytes(), []).append(index)
    found = np.zeros(len(looked_for), bool)
    for first in range(0, len(images), _CHUNK):
        for row, part in enumerate(np.asarray(images[first : first + _CHUNK, band])):
            for index in wanted.get(part.tobytes(), ()):
                found[index] = found[index] or np.array_equal(images[first + row], looked_for[index])
        release(images)
    return found
