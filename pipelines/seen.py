"""Whether images to test on were trained on: told by their pixels, as equal names may be of different files."""

from collections.abc import Sequence

import numpy as np

from pipelines.examples import Examples, GaussianMixture, PairedImages, UnpairedImages
from pipelines.rows import ImageRows, release

# Of the test images, evenly spaced.
LOOKED_AT = 200
# Rows in the middle of an image, by which those that may be equal are found: less to read than whole images.
BAND = 8
_CHUNK = 1024  # images at a time


def seen_in(train: Examples, test: Examples) -> dict[str, float]:
    """The share of the test images whose pixels are those of a training image, by what is compared.

    Of pairs ("pairs") both images must be those of one training pair, as many pairs may share one image: a mask, a
    product. Of unpaired images each side is compared by itself ("A", "B"); single images are "". What is all alike in
    the test split says nothing and is left out. A distribution, which gives new points at every draw, has no images.
    """
    are_pairs = isinstance(train, PairedImages) and isinstance(test, PairedImages)
    trained, tested = (sets_of(examples, are_pairs) for examples in (train, test))
    shares = {}
    for name in trained.keys() & tested.keys():
        images, others = tested[name], trained[name]
        chosen = np.unique(np.linspace(0, len(images[0]) - 1, LOOKED_AT).astype(int))
        looked_at = [side[chosen] for side in images]
        if [side.shape[1:] for side in images] != [side.shape[1:] for side in others]:
            continue
        if len(images[0]) == 1 or not all(map(all_alike, looked_at)):
            shares[name] = float(np.mean(are_in(others, looked_at)))
    return dict(sorted(shares.items()))


def sets_of(examples: Examples, are_pairs: bool) -> dict[str, tuple[np.ndarray | ImageRows, ...]]:
    """The sets whose files could be in two splits, by name; a set of pairs is both of its sides, row by row."""
    if isinstance(examples, PairedImages) and are_pairs:
        return {"pairs": (examples.a, examples.b)}
    if isinstance(examples, PairedImages | UnpairedImages):
        return {"A": (examples.a,), "B": (examples.b,)}
    images = None if isinstance(examples, GaussianMixture) else getattr(examples, "images", None)
    return {} if images is None else {"": (images,)}


def all_alike(images: np.ndarray) -> bool:
    """Whether (n, ...) images are all the same."""
    return bool((images == images[:1]).all())


def are_in(sides: Sequence[np.ndarray | ImageRows], looked_for: Sequence[np.ndarray]) -> np.ndarray:
    """(m,) whether each of m rows of images is one of n rows, pixel by pixel, on all sides.

    Args:
        sides: of each side (n, h, w, c) images; of single images there is one.
        looked_for: of each side (m, h, w, c) images.
    """
    bands = []
    for images in sides:
        start = max((images.shape[1] - BAND) // 2, 0)
        bands.append(slice(start, start + BAND))
    wanted = {}
    for index, row in enumerate(zip(*looked_for, strict=True)):
        middle = tuple(image[band].tobytes() for image, band in zip(row, bands, strict=True))
        wanted.setdefault(middle, []).append(index)
    found = np.zeros(len(looked_for[0]), bool)
    for first in range(0, len(sides[0]), _CHUNK):
        rows = slice(first, first + _CHUNK)
        middles = [np.asarray(images[rows, band]) for images, band in zip(sides, bands, strict=True)]
        for row, parts in enumerate(zip(*middles, strict=True), first):
            for index in wanted.get(tuple(part.tobytes() for part in parts), ()):
                found[index] = found[index] or all(
                    np.array_equal(images[row], others[index]) for images, others in zip(sides, looked_for, strict=True)
                )
        for images in sides:
            release(images)
    return found
