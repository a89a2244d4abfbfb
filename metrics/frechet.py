"""The Frechet distance between Gaussians fitted to two sets of features (Heusel et al. 2017, section 3).

The number is meaningless without the feature network, the number of images of each kind and the split: report all
three with it.
"""

import numpy as np


def frechet_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Returns |mean_a - mean_b|^2 + trace(cov_a + cov_b - 2 (cov_a cov_b)^(1/2)), covariances divided by n - 1.

    Few rows bias it upwards: compare only numbers of as many rows. With no more rows than dimensions it is defined, but
    means little.

    Args:
        features_a: (n, d) floating point, n >= 2.
        features_b: (m, d) floating point, m >= 2.

    Returns:
        The squared distance, >= 0, in the features' unit squared.

    Raises:
        ValueError: fewer than two rows, the wrong shape, different d, or a value that is not finite.
    """
    mean_a, root_a = _mean_and_root("features_a", features_a)
    mean_b, root_b = _mean_and_root("features_b", features_b)
    if mean_a.shape != mean_b.shape:
        raise ValueError(
            f"features_a and features_b must have the same d. Received: {mean_a.shape[0]} and {mean_b.shape[0]}"
        )
    # With cov = root^T root, the trace of (cov_a cov_b)^(1/2) is the sum of the singular values of root_a root_b^T. No
    # square root of a nearly singular matrix is taken, so that the result is real and as exact as the arithmetic.
    overlap = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    distance = np.sum((mean_a - mean_b) ** 2) + np.sum(root_a**2) + np.sum(root_b**2) - 2 * overlap
    return float(max(distance, 0.0))


def _mean_and_root(argument: str, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean (d,) and a matrix (min(n, d), d) whose product with itself is the covariance."""
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"{argument} must be (n, d) with at least 2 rows. Received: shape {features.shape}")
    if not np.isfinite(features).all():
        raise ValueError(f"{argument} must be finite. Received: NaN or infinity")
    mean = features.mean(axis=0)
    root = np.linalg.qr((features - mean) / np.sqrt(len(features) - 1), mode="r")
    return mean, root
