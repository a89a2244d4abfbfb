"""Mode collapse on a mixture of Gaussians: modes found, and the quality of the points."""

import numpy as np

# Standard deviations within which a point is of high quality (Srivastava et al. 2017, VEEGAN, section 4.1).
NEAR = 3.0


def mode_figures(points: np.ndarray, centers: np.ndarray, deviation: float) -> dict[str, float]:
    """Modes found, and the share of high-quality points (Srivastava et al. 2017, section 4.1).

    A point is of high quality within three standard deviations of a center. A mode is found when it has at least one
    hundredth of an equal share of the points, so that a stray point does not count.

    Args:
        points: (n, d), generated.
        centers: (m, d) of the Gaussians.
        deviation: standard deviation of each of them.

    Returns:
        "modes", "modes_found", "high_quality_share", and "balance": the entropy of the high-quality points over the
        modes, divided by that of equal shares, 0 to 1.
    """
    distance = np.sqrt(((points[:, np.newaxis] - centers) ** 2).sum(axis=2))
    good = distance.min(axis=1) <= NEAR * deviation
    counts = np.bincount(distance.argmin(axis=1)[good], minlength=len(centers))
    least = max(0.01 * len(points) / len(centers), 1)
    shares = counts[counts > 0] / max(counts.sum(), 1)
    entropy = -(shares * np.log(shares)).sum()
    return {
        "modes": len(centers),
        "modes_found": int((counts >= least).sum()),
        "high_quality_share": float(good.mean()),
        "balance": float(entropy / np.log(len(centers))) if len(centers) > 1 else 1.0,
    }
