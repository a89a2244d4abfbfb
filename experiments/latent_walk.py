"""Walks through the latent space (DCGAN, Radford et al. 2016, section 6.1).

Where a generator has learned what images are made of, each step changes a little of the image; sharp transitions are a
sign of memorization.
"""

from collections.abc import Callable

import keras
import numpy as np

from experiments.networks import images_of
from experiments.result import Finding, ratio
from experiments.subject import Subject
from metrics.diversity import mean_pairwise_distance
from panels.grids import SMALL_SIDE, grid

WALKS, ANCHORS = 6, 4


def run(subject: Subject) -> Finding:
    """Closed walks among random latents, in a class each where there are classes."""
    anchors = subject.latents(WALKS * ANCHORS).reshape(WALKS, ANCHORS, -1)
    return latent_walk(subject.generator, anchors, subject.interpolate, labels=subject.labels(WALKS))


def latent_walk(
    generator: keras.Model,
    anchors: np.ndarray,
    interpolate: Callable[[np.ndarray, np.ndarray, int], np.ndarray],
    steps: int = 8,
    labels: np.ndarray | None = None,
) -> Finding:
    """Rows of images, each a closed loop through the latent space.

    Args:
        generator: (n, Z) latents to images.
        anchors: (rows, anchors, Z) latents, two or more a row, from the generator's own distribution.
        interpolate: (first (Z,), second (Z,), count) -> (count, Z) latents from one to the other, both included: lerp,
            or slerp for normal latents.
        steps: from an anchor to the next.
        labels: (rows,) of a class-conditional generator.

    Returns:
        Picture "walk": one row per loop, `steps` images from each anchor on. Figures, root-mean-square differences of
        images in [-1, 1]: between neighbors "largest_step" and "mean_step"; "distance_of_independent_samples" (those at
        the anchors of a row); and "largest_step_ratio", the first over the last: at best about 1 / `steps`, 1 where the
        images jump from one to another.
    """
    rows, count, size = anchors.shape
    if count < 2:
        raise ValueError(f"anchors must be (rows, two or more, Z). Received: {anchors.shape}")
    latents = np.stack([_loop(row, interpolate, steps) for row in anchors])
    row_labels = None if labels is None else np.repeat(labels, count * steps)
    images = images_of(generator, latents.reshape(-1, size), row_labels)
    loops = images.reshape(rows, count * steps, *images.shape[1:])
    # The last image of a loop is a neighbor of its first.
    step_sizes = np.sqrt(np.mean((np.roll(loops, -1, axis=1) - loops) ** 2, axis=(2, 3, 4)))
    independent = float(np.mean([mean_pairwise_distance(loop[::steps]) for loop in loops]))
    figures = {
        "largest_step": float(step_sizes.max()),
        "mean_step": float(step_sizes.mean()),
        "distance_of_independent_samples": independent,
        "largest_step_ratio": ratio(step_sizes.max(), independent),
    }
    return Finding({"walk": grid(images, count * steps, SMALL_SIDE)}, figures)


def _loop(anchors: np.ndarray, interpolate: Callable, steps: int) -> np.ndarray:
    """(anchors * steps, Z) latents from each of (anchors, Z) to the next, and from the last to the first."""
    following = np.roll(anchors, -1, axis=0)
    return np.concatenate(
        [interpolate(first, second, steps + 1)[:-1] for first, second in zip(anchors, following, strict=True)]
    )
