"""Many samples, with a bar."""

from collections.abc import Mapping

import numpy as np
from tqdm import tqdm

from evaluation.evaluator import Data
from pipelines.images import FloatImages


def draw(sampler, inputs: Mapping[str, np.ndarray | None], count: int, data: Data, at_once: int) -> FloatImages:
    """(count, h, w, c) samples in [-1, 1], the same with a bar as without one.

    Args:
        sampler: draws (`serving.sampler`).
        inputs: by name, one row for each sample, or None.
        count: of samples.
        data: whose seed the noise is of, and which says whether a bar is shown.
        at_once: samples between two looks at the bar: a multiple of the sampler's batches, which round alike then.
    """
    if not data.shows_progress:
        return FloatImages(sampler.draw({"count": count, **inputs}, data.seed))
    inputs, parts = {"latent": sampler.latents(count, data.seed).numpy(), **inputs}, []
    with tqdm(total=count, desc="samples", unit=" images", disable=None) as bar:
        for start in range(0, count, at_once):
            part = {name: None if rows is None else rows[start : start + at_once] for name, rows in inputs.items()}
            parts.append(sampler.draw(part, data.seed))
            bar.update(len(parts[-1]))
    return FloatImages(np.concatenate(parts))
