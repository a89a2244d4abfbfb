"""The Frechet distance between Gaussians fitted to two sets of features (Heusel et al. 2017, section 3).

The number is meaningless without the feature network, the number of images of each kind and the split: report all
three with it. Few rows bias it upwards: compare only numbers of as many rows.
"""

import numpy as np

from metrics.moments import Moments


def frechet_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Returns the `moments_distance` of (n, d) and (m, d) features, sooner where rows are few.

    With no more rows than dimensions it is defined, but means little.

    Args:
        features_a: (n, d) floating point, n >= 2.
        features_b: (m, d) floating point, m >= 2.

    Returns:
        The squared distance, >= 0, in the features' unit squared.

    Raises:
        ValueError: fewer than two rows, the wrong shape, different d, or a value that is not finite.
    """
    rows = [_checked(name, rows) for name, rows in (("features_a", features_a), ("features_b", features_b))]
    means = [part.mean(axis=0) for part in rows]
    return _distance(*means, *map(_root_of_rows, rows, means))


def moments_distance(a: Moments, b: Moments) -> float:
    """Returns |mean_a - mean_b|^2 + tr(cov_a + cov_b - 2 (cov_a cov_b)^(1/2)), covariances divided by n - 1.

    Raises:
        ValueError: different d, or fewer than two rows.
    """
    return _distance(a.mean, b.mean, _root(a.covariance), _root(b.covariance))


def _distance(mean_a: np.ndarray, mean_b: np.ndarray, root_a: np.ndarray, root_b: np.ndarray) -> float:
    if mean_a.shape != mean_b.shape:
        raise ValueError(f"features_a and features_b must have the same d. Received: {len(mean_a)} and {len(mean_b)}")
    # tr (C_a C_b)^(1/2) = tr (C_a^(1/2) C_b C_a^(1/2))^(1/2), the sum of the singular values of root_a root_b^T for
    # C = root^T root: symmetric, so real, and no root is taken of the product's rounding errors.
    overlap = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    distance = np.sum((mean_a - mean_b) ** 2) + np.sum(root_a**2) + np.sum(root_b**2) - 2 * overlap
    return float(max(distance, 0.0))


def _root_of_rows(rows: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """A root of the covariance of (n, d) rows: they are one themselves, the smaller one where there are at most d."""
    if len(rows) > rows.shape[1]:
        return _root(Moments.of(rows).covariance)
    return (rows - mean) / np.sqrt(len(rows) - 1)


def _root(covariance: np.ndarray) -> np.ndarray:
    """(r, d) with root^T root = covariance, of the r eigenvalues that are more than rounding errors."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > max(values[-1], 0.0) * len(values) * np.finfo(np.float64).eps
    return np.sqrt(values[kept])[:, np.newaxis] * vectors[:, kept].T


def _checked(argument: str, features: np.ndarray) -> np.ndarray:
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"{argument} must be (n, d) with at least 2 rows. Received: shape {features.shape}")
    if not np.isfinite(features).all():
        raise ValueError(f"{argument} must be finite. Received: NaN or infinity")
    return features
