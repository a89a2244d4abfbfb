"""How much of a mixture of Gaussians a generator has found, and how well: mode collapse, counted."""

import numpy as np

# Standard deviations within which a point is of high quality (Srivastava et al. 2017, VEEGAN, section 4.1).
NEAR = 3.0


def mode_figures(points: np.ndarray, centers: np.ndarray, deviation: float) -> dict[str, float]:
    """Modes found, and the share of high-quality points (Srivastava et al. 2017, section 4.1).

    A point is of high quality within three standard deviations of a center, and a mode is found when at least one
    point in a hundred of an equal share is near it: by a stray one it is not.

    Args:
        points: (n, d), generated.
        centers: (m, d) of the Gaussians.
        deviation: of each of them.

    Returns:
        "modes", "modes found", "high-quality share", and "balance": the entropy of the high-quality points over the
        modes beside that of equal shares, 0 to 1.
    """
    distance = np.sqrt(((points[:, np.newaxis] - centers) ** 2).sum(axis=2))
    good = distance.min(axis=1) <= NEAR * deviation
    counts = np.bincount(distance.argmin(axis=1)[good], minlength=len(centers))
    least = max(0.01 * len(points) / len(centers), 1)
    shares = counts[counts > 0] / max(counts.sum(), 1)
    entropy = -(shares * np.log(shares)).sum()
    return {
        "modes": len(centers),
        "modes found": int((counts >= least).sum()),
        "high-quality share": float(good.mean()),
        "balance": float(entropy / np.log(len(centers))) if len(centers) > 1 else 1.0,
    }
