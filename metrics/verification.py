"""Do two images show the same pose, or the same background? Verified by the cosine of vectors (Reed et al. 2016, 5.5).

The paper groups images into 100 clusters of poses (6 keypoints) and of backgrounds (mean color), and calls those of one
cluster the same. Of rendered birds both are known, so that no clustering is needed.
"""

import numpy as np

# What makes a pose and a background, among the known style of rendered birds; the first is a kind, which must be equal.
POSE = ("facing", "tilt", "horizontal place", "vertical place")
BACKGROUND = ("background", "background hue", "background tone")
# Of the others the difference may be this share of their range.
TOLERANCE = 0.25


def same_style(style: np.ndarray, tolerance: float = TOLERANCE) -> np.ndarray:
    """(n, n) bool: which pairs of images have the same style.

    Args:
        style: (n, k) the factors of each image: the first a kind, which must be equal, the others numbers, which must
            differ by at most `tolerance` of their range over these images.
        tolerance: a share. With 0.25, of uniform numbers 44 pairs in 100 agree in one.
    """
    kinds, numbers = style[:, 0], np.asarray(style[:, 1:], np.float64)
    same = kinds[:, np.newaxis] == kinds
    for values in numbers.T:
        same &= np.abs(values[:, np.newaxis] - values) <= tolerance * np.ptp(values)
    return same


def verification_auc(vectors: np.ndarray, same: np.ndarray) -> float:
    """The area under the ROC curve of "these two images are the same" by the cosine of their vectors.

    Args:
        vectors: (n, d), one an image.
        same: (n, n) bool, symmetric.

    Returns:
        In [0, 1]; 0.5 by chance; NaN where all pairs are the same, or none is.
    """
    # Imported here, as it takes a second that few evaluations need.
    from sklearn.metrics import roc_auc_score

    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    unit = np.asarray(vectors / norms, np.float64)
    pairs = np.triu_indices(len(unit), k=1)
    truth = same[pairs]
    return float(roc_auc_score(truth, (unit @ unit.T)[pairs])) if 0 < truth.sum() < truth.size else float("nan")
