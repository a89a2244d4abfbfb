"""The diversity of a set of images, which a collapsed generator loses."""

import numpy as np

# Rows of the distance matrix in memory at a time.
_BLOCK = 512


def mean_pairwise_distance(examples: np.ndarray) -> float:
    """Returns the mean over all pairs of examples of their root-mean-square difference per number.

    Call it on the samples of one caption, to see whether the generator ignores its latent, or on those of many; compare
    it with the same number for as many real images.

    Args:
        examples: (n, ...) floating point, n >= 2: images (n, height, width, channels) in [-1, 1], or features (n, d).

    Returns:
        A number in the examples' own unit: for images in [-1, 1] from 0 (all the same) to 2 (black and white).

    Raises:
        ValueError: fewer than two examples, integers (images in 0..255 would be on another scale), or a value that is
            not finite.
    """
    examples = np.asarray(examples)
    if examples.ndim < 2 or len(examples) < 2:
        raise ValueError(f"examples must be (n, ...) with at least 2 rows. Received: shape {examples.shape}")
    if not np.issubdtype(examples.dtype, np.floating):
        raise ValueError(f"examples must be floating point, images in [-1, 1]. Received: {examples.dtype}")
    rows = examples.reshape(len(examples), -1).astype(np.float64)
    if not np.isfinite(rows).all():
        raise ValueError("examples must be finite. Received: NaN or infinity")
    # Leaves the distances unchanged, and avoids cancellation in the differences below.
    rows -= rows.mean(axis=0)
    squared_norms = np.sum(rows**2, axis=1)
    total = 0.0
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        squared = squared_norms[block, None] + squared_norms[None, :] - 2 * rows[block] @ rows.T
        # An example is at distance zero from itself, which rounding would miss.
        squared[np.arange(len(squared)), start + np.arange(len(squared))] = 0
        total += np.sqrt(np.maximum(squared, 0)).sum()
    pairs = len(rows) * (len(rows) - 1)
    return float(total / pairs / np.sqrt(rows.shape[1]))


def mean_squared_cosine(codes: np.ndarray) -> float:
    """Of all pairs of (n, D) codes: 1 where all have one direction, 0 where all are at right angles; NaN of one."""
    norms = np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-12)
    unit = np.asarray(codes / norms, np.float64)
    squares = np.square(unit @ unit.T)
    pairs = len(codes) * (len(codes) - 1)
    return float((squares.sum() - np.trace(squares)) / pairs) if pairs else float("nan")
