"""Arithmetic with latents: a - b + c (DCGAN, Radford et al. 2016, section 6.3.2 and figure 7).

Single latents are unstable; the mean of three exemplars of a concept is not.
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np

from experiments.networks import images_of
from experiments.panels import grid, titled
from experiments.result import Finding, NothingFoundError
from serving.pictures import stacked

# Source: section 6.3.2, uniform noise of this scale makes the eight images around the result.
NOISE = 0.25
NEIGHBORS = 8


def matches(seen: np.ndarray, wanted: Mapping[int, int]) -> np.ndarray:
    """(n,) bool: which of (n, A) values seen have all that is wanted (attribute to value)."""
    return np.all([seen[:, attribute] == value for attribute, value in wanted.items()], axis=0)


def find_exemplars(seen: np.ndarray, latents: np.ndarray, wanted: Mapping[int, int], count: int = 3) -> np.ndarray:
    """The first latents in whose images a judge sees what is wanted.

    Args:
        seen: (n, A) the judge's values of the images of `latents`.
        latents: (n, Z).
        wanted: attribute to value.
        count: how many are needed.

    Returns:
        (count, Z).

    Raises:
        NothingFoundError: there are fewer.
    """
    found = latents[matches(seen, wanted)]
    if len(found) < count:
        raise NothingFoundError(
            f"{count} latents must show {dict(wanted)}. Received: {len(found)} among {len(latents)}"
        )
    return found[:count]


def vector_arithmetic(
    generator: keras.Model,
    groups: Mapping[str, np.ndarray],
    judge: Callable[[np.ndarray], np.ndarray] | None = None,
    wanted: Mapping[int, int] | None = None,
    seen_at_random: np.ndarray | None = None,
    label: int | None = None,
    seed: int = 0,
) -> Finding:
    """mean(a) - mean(b) + mean(c) and eight images around it, beside the same arithmetic with pixels.

    Args:
        generator: (n, Z) latents to images.
        groups: name to (exemplars, Z) latents, in the order a, b, c; as many exemplars (three in the paper) of each.
        judge: (n, s, s, c) images in [-1, 1] -> (n, A) integers, the value of each attribute; None for pictures alone.
        wanted: with a judge, attribute to value that the result should have.
        seen_at_random: with a judge, (n, A) its values of images of random latents.
        label: the class of all images, of a class-conditional generator.
        seed: of the noise.

    Returns:
        Picture "arithmetic": exemplars and mean of each group; the result in the middle of its neighbors; in pixels,
        the means' result and each exemplar's own. Figures, with a judge: shares in [0, 1] of images in which all that
        is wanted is seen: among the nine "results", at "chance" (random samples), and with "pixels".
    """
    exemplars = np.stack(list(groups.values())).astype(np.float32)
    if len(exemplars) != 3:
        raise ValueError(f"groups must be three: a, b and c. Received: {list(groups)}")
    _, count, size = exemplars.shape
    means = exemplars.mean(axis=1)
    noise = np.random.default_rng(seed).uniform(-NOISE, NOISE, (NEIGHBORS + 1, size)).astype(np.float32)
    noise[NEIGHBORS // 2] = 0.0
    latents = np.concatenate([exemplars.reshape(-1, size), means, _combined(means) + noise])
    images = images_of(generator, latents, None if label is None else np.full(len(latents), label))
    shown, mean_images, results = np.split(images, [3 * count, 3 * count + 3])
    shown = shown.reshape(3, count, *images.shape[1:])
    with_pixels = np.concatenate([_combined(shown.mean(axis=1))[np.newaxis], _combined(shown)]).clip(-1.0, 1.0)

    a, b, c = groups
    rows = [
        titled(f"{name}; at the right their mean latent", grid(np.concatenate([images_, [mean]]), count + 1))
        for name, images_, mean in zip(groups, shown, mean_images, strict=True)
    ]
    rows.append(titled(f"{a} - {b} + {c}", grid(results, 3)))
    rows.append(titled("the same in pixels: of the means, of each", grid(with_pixels, count + 1)))
    figures = {}
    if judge is not None:
        if not wanted or seen_at_random is None:
            raise ValueError(
                "with a judge, wanted and seen_at_random must be given. "
                f"Received: {wanted}, {None if seen_at_random is None else seen_at_random.shape}"
            )
        seen = {"results": judge(results), "chance": seen_at_random, "pixels": judge(with_pixels)}
        figures = {name: float(matches(values, wanted).mean()) for name, values in seen.items()}
    return Finding({"arithmetic": stacked(rows)}, figures)


def _combined(groups: np.ndarray) -> np.ndarray:
    """a - b + c of (3, ...)."""
    return groups[0] - groups[1] + groups[2]
