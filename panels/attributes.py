"""Characters of which one attribute after the other is asked for, from the lowest to the highest."""

from collections.abc import Sequence

import numpy as np


def attribute_rows(
    sampler, characters: Sequence[tuple[str, int]], attributes: Sequence[str], noise: np.ndarray, columns: int
):
    """(text, (columns, h, w, c) uint8 images) of each attribute of each character, from -1 to 1, all others 0.

    Args:
        sampler: a `serving.latents.LatentSampler` with "attributes".
        characters: the name and the label of each.
        attributes: their names.
        noise: (D,) a latent; the same in all images.
        columns: images a row.
    """
    start, end = sampler.place("attributes")
    rows = []
    for name, label in characters:
        for place, attribute in enumerate(attributes, start):
            latent = np.repeat(noise[np.newaxis], columns, axis=0)
            latent[:, start:end] = 0.0
            latent[:, place] = np.linspace(-1.0, 1.0, columns)
            images = sampler.draw({"latent": latent, "label": np.full(columns, label)}, 0)
            rows.append((f"{name}: {attribute}, -1 to 1", images))
    return rows
