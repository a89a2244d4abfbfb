"""A part of the training examples that is held out of training, to choose the best checkpoint on."""

import numpy as np

from pipelines.examples import DataError, Examples, GaussianMixture, LabeledImages, PairedImages, UnpairedImages
from pipelines.rows import rows_of


def hold_out(examples: Examples, share: float, seed: int) -> tuple[Examples, Examples]:
    """Splits examples at random into those that are trained on and those that are held out.

    Args:
        examples: the training split. Each side of unpaired images is split by itself. Many images are not copied (see
            `rows_of`).
        share: of the examples that is held out, in (0, 1); at least one example.
        seed: the same one gives the same parts.

    Returns:
        The examples that are kept and those that are held out, each in the order of the original rows. A mixture of
        Gaussians never runs out of new points: it is both parts.

    Raises:
        DataError: the share is not in (0, 1), or would leave nothing to train on.
    """
    generator = np.random.default_rng(seed)
    if isinstance(examples, GaussianMixture):
        _check_share(share)
        return examples, examples
    if isinstance(examples, UnpairedImages):
        kept_a, held_a = split_rows(len(examples.a), share, generator, "images of A")
        kept_b, held_b = split_rows(len(examples.b), share, generator, "images of B")
        return rows_of(examples, (kept_a, kept_b)), rows_of(examples, (held_a, held_b))
    unit = "pairs" if isinstance(examples, PairedImages) else "images"
    unit = unit if isinstance(examples, PairedImages | LabeledImages) else "examples"
    kept, held = split_rows(len(examples), share, generator, unit)
    return rows_of(examples, kept), rows_of(examples, held)


def split_rows(
    count: int, share: float, seed: int | np.random.Generator, unit: str = "images"
) -> tuple[np.ndarray, np.ndarray]:
    """The rows that `hold_out` keeps and those that it holds out, for what else has a row for each example.

    Args:
        count: how many rows there are.
        share: of the rows that is held out, in (0, 1); at least one row.
        seed: the same one gives the same rows.
        unit: what the rows are, for messages.

    Returns:
        Two sorted integer arrays, which together are all rows.

    Raises:
        DataError: the share is not in (0, 1), or no row would be kept.
    """
    _check_share(share)
    held = max(1, round(share * count))
    if held >= count:
        raise DataError(
            f"at least one of the {unit} must be left to train on when a share of {share:g} is held out. "
            f"Received: {count}"
        )
    order = np.random.default_rng(seed).permutation(count)
    return np.sort(order[held:]), np.sort(order[:held])


def _check_share(share: float):
    if not 0.0 < share < 1.0:
        raise DataError(f"the share that is held out of training must be between 0 and 1. Received: {share:g}")
