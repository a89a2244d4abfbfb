"""InfoGAN's traversals (Chen et al. 2016, figure 2)."""

from collections.abc import Mapping

import numpy as np

# Categories in a picture of all.
MOST_ROWS = 20


def code_rows(sampler, parts: Mapping[str, int], latent: np.ndarray):
    """(label, (n, h, w, c) uint8 images): a category a row, then each continuous code from -2 to 2.

    Args:
        sampler: a `serving.latents.LatentSampler`.
        parts: how many numbers of the latent are "noise", one-hot "category" and continuous "codes", in this order.
        latent: (n, D), which everything but the code is taken from.
    """
    noise, categories, continuous = parts["noise"], parts["category"], parts["codes"]
    rows = []
    for category in range(min(categories, MOST_ROWS)):
        row = latent.copy()
        row[:, noise : noise + categories] = np.eye(categories, dtype=np.float32)[category]
        rows.append((f"category {category}", sampler.draw({"latent": row}, 0)))
    for code in range(continuous):
        # Two noises each, everything else fixed.
        for start in latent[:2]:
            row = np.repeat(start[np.newaxis], len(latent), axis=0)
            row[:, noise + categories + code] = np.linspace(-2.0, 2.0, len(latent))
            rows.append((f"code {code}, -2 to 2", sampler.draw({"latent": row}, 0)))
    return rows
