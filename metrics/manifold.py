"""Precision, recall, density and coverage: fidelity and diversity apart, by the neighborhoods of features.

Precision and recall: Kynkaanniemi et al. 2019, section 3. Density and coverage, which a single outlier cannot spoil:
Naeem et al. 2020, section 3. All four depend on k and on the numbers of images.
"""

import numpy as np

# Naeem et al. 2020, section 3; Kynkaanniemi et al. take 3.
NEIGHBORS = 5
# Rows of a distance matrix in memory at a time: 20 MB beside 10,000 others.
_BLOCK = 250


def manifold_figures(real: np.ndarray, generated: np.ndarray, k: int = NEIGHBORS) -> dict[str, float]:
    """How the two sets lie among each other. A ball is around an example and reaches to its k-th neighbor in its set.

    Args:
        real: (n, d) features of real images, n > k.
        generated: (m, d) of generated ones, m > k.
        k: which neighbor, of those other than the example itself.

    Returns:
        "precision": the share of generated examples within any real ball; "recall": of real ones within any generated
        ball; "density": the mean number of real balls around a generated example, over k (it may exceed 1); "coverage":
        the share of real balls that hold a generated example.

    Raises:
        ValueError: the wrong shapes, different d, k out of range, or a value that is not finite.
    """
    real, generated = np.asarray(real, np.float64), np.asarray(generated, np.float64)
    if real.ndim != 2 or generated.ndim != 2 or real.shape[1] != generated.shape[1]:
        raise ValueError(f"features must be (n, d) and (m, d). Received: shapes {real.shape} and {generated.shape}")
    if not (np.isfinite(real).all() and np.isfinite(generated).all()):
        raise ValueError("features must be finite. Received: NaN or infinity")
    if not 1 <= k < min(len(real), len(generated)):
        raise ValueError(f"k must be 1 to {min(len(real), len(generated)) - 1}. Received: {k}")
    # Leaves the distances unchanged, and avoids cancellation in them.
    center = real.mean(axis=0)
    real, generated = real - center, generated - center
    real_radii, generated_radii = radii(real, k), radii(generated, k)
    within_real, recalled, covered = np.zeros(len(generated), int), [], []
    for start, squared in _squared_distances(real, generated):
        own = real_radii[start : start + len(squared), np.newaxis]
        inside = squared < own
        within_real += inside.sum(axis=0)
        covered.append(inside.any(axis=1))
        recalled.append((squared < generated_radii).any(axis=1))
    return {
        "precision": float((within_real > 0).mean()),
        "recall": float(np.concatenate(recalled).mean()),
        "density": float(within_real.mean() / k),
        "coverage": float(np.concatenate(covered).mean()),
    }


def radii(rows: np.ndarray, k: int) -> np.ndarray:
    """(n,) the squared distance of each row of (n, d) to its k-th nearest other row."""
    found = []
    for start, squared in _squared_distances(rows, rows):
        squared[np.arange(len(squared)), start + np.arange(len(squared))] = np.inf
        found.append(np.partition(squared, k - 1, axis=1)[:, k - 1])
    return np.concatenate(found)


def _squared_distances(rows: np.ndarray, others: np.ndarray):
    """Yields (start, (k, m)) the squared distances of some rows at a time to all others."""
    norms, other_norms = (rows**2).sum(axis=1), (others**2).sum(axis=1)
    for start in range(0, len(rows), _BLOCK):
        # A copy: of one array times itself NumPy computes a half, and rounds it otherwise than the same rows apart.
        block = rows[start : start + _BLOCK].copy()
        products = block @ others.T
        products *= -2.0
        products += norms[start : start + _BLOCK, np.newaxis]
        products += other_norms
        yield start, np.maximum(products, 0.0, out=products)
