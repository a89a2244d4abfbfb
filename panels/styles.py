"""Grids of style transfer: captions by images whose style they are drawn in."""

from collections.abc import Sequence

import numpy as np


def transfer_rows(
    sampler, images: np.ndarray, labels: Sequence[str], texts: np.ndarray, seed: int = 0
) -> list[tuple[str, np.ndarray]]:
    """Rows for `panels.grids.captioned_rows`: the images whose style is taken, then each caption in these styles.

    Args:
        sampler: with `draw` and `styles_of`, as `serving.styles.StyleSampler`.
        images: (k, h, w, 3) uint8.
        labels: the c captions, or names of embeddings.
        texts: (c, D) their embeddings.
        seed: of the drawing.
    """
    styles = sampler.styles_of(images)

    def row(text: np.ndarray) -> np.ndarray:
        return sampler.draw({"styles": styles, "embeddings": np.repeat(text[np.newaxis], len(styles), axis=0)}, seed)

    return [("in the style of", images), *((label, row(text)) for label, text in zip(labels, texts, strict=True))]
