"""The kernel distance of two sets of features: squared maximum mean discrepancy (Binkowski et al. 2018, section 4).

Unlike the Frechet distance it is unbiased: its expectation does not depend on the number of images.
"""

import numpy as np

# As published: subsets, images in each, and the degree of the kernel.
SUBSETS, SUBSET_SIZE, DEGREE = 100, 1000, 3


def kernel_distance(
    features_a: np.ndarray,
    features_b: np.ndarray,
    subsets: int = SUBSETS,
    size: int = SUBSET_SIZE,
    seed: int = 0,
    degree: int = DEGREE,
) -> tuple[float, float]:
    """The unbiased estimate, as the mean over random subsets drawn without replacement, and its spread over them.

    Args:
        features_a: (n, d) floating point.
        features_b: (m, d) floating point.
        subsets: how many pairs of subsets are compared.
        size: rows of each subset; see `subset_size`.
        seed: of the draws.
        degree: of the kernel.

    Returns:
        Mean (which may be a little below 0) and standard deviation over the subsets.

    Raises:
        ValueError: the wrong shapes, different d, a value that is not finite, or a size that is out of range.
    """
    a, b = _checked(features_a, features_b)
    if not 2 <= size <= min(len(a), len(b)) or subsets < 1:
        raise ValueError(
            f"size must be 2 to {min(len(a), len(b))}, the rows of the smaller set, and subsets at least 1. "
            f"Received: size {size}, subsets {subsets}"
        )
    rng = np.random.default_rng(seed)
    values = [
        _discrepancy(*(rows[rng.choice(len(rows), size, replace=False)] for rows in (a, b)), degree)
        for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values))


def subset_size(rows_a: int, rows_b: int) -> int:
    """Rows of a subset: 1,000 as published, but no more than half of the smaller set, so that subsets differ.

    The expectation does not depend on it; the spread does.
    """
    return min(SUBSET_SIZE, min(rows_a, rows_b) // 2)


def squared_discrepancy(features_a: np.ndarray, features_b: np.ndarray, degree: int = DEGREE) -> float:
    """The unbiased squared MMD of all rows with the kernel (x . y / d + 1)^degree: Gretton et al. 2012, equation 3.

    Raises:
        ValueError: as `kernel_distance`, or fewer than two rows.
    """
    a, b = _checked(features_a, features_b)
    if min(len(a), len(b)) < 2:
        raise ValueError(f"features must have at least 2 rows each. Received: {len(a)} and {len(b)}")
    return _discrepancy(a, b, degree)


def _discrepancy(a: np.ndarray, b: np.ndarray, degree: int) -> float:
    def kernel(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return (left @ right.T / left.shape[1] + 1.0) ** degree

    def within(rows: np.ndarray) -> float:
        values = kernel(rows, rows)
        # An image beside itself would bias the estimate.
        return (values.sum() - np.trace(values)) / (len(rows) * (len(rows) - 1))

    return float(within(a) + within(b) - 2.0 * kernel(a, b).mean())


def _checked(features_a: np.ndarray, features_b: np.ndarray) -> list[np.ndarray]:
    arrays = [np.asarray(features, np.float64) for features in (features_a, features_b)]
    if any(array.ndim != 2 for array in arrays) or arrays[0].shape[1] != arrays[1].shape[1]:
        raise ValueError(
            f"features must be (n, d) and (m, d). Received: shapes {arrays[0].shape} and {arrays[1].shape}"
        )
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError("features must be finite. Received: NaN or infinity")
    return arrays
