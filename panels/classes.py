"""A row a class, of a conditional generator."""

from collections.abc import Iterable, Sequence

import numpy as np

from pipelines.report import printable


def class_rows(sampler, names: Sequence[str], classes: Iterable[int], latent: np.ndarray):
    """(name, (n, h, w, c) uint8 images) of each class, the same (n, D) noise in each.

    Args:
        sampler: a `serving.latents.LatentSampler`.
        names: of all classes.
        classes: those that are drawn.
        latent: (n, D).
    """
    return [
        (printable(names[index]), sampler.draw({"latent": latent, "label": np.full(len(latent), index)}, 0))
        for index in classes
    ]
