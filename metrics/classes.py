"""Scores of generated images by a classifier of real ones: are their classes clear, diverse, and the wanted ones?"""

import numpy as np


def class_score(probabilities: np.ndarray, splits: int = 10) -> tuple[float, float]:
    """The inception score (Salimans et al. 2016, section 4) by another classifier than Inception.

    exp(E KL(p(y|x) || p(y))): between 1 (all of one class, or all uniform) and the number of classes.

    Args:
        probabilities: (n, C), of each generated image.
        splits: number of parts, each of which is scored by itself.

    Returns:
        Mean and standard deviation over the parts.
    """
    probabilities, scores = np.asarray(probabilities, np.float64), []
    # Parts in order, from i n // splits, as published.
    bounds = np.arange(1, splits) * len(probabilities) // splits
    for part in np.split(probabilities, bounds):
        marginal = part.mean(axis=0)
        ratio = np.log(part + 1e-12) - np.log(marginal + 1e-12)
        scores.append(np.exp((part * ratio).sum(axis=1).mean()))
    return float(np.mean(scores)), float(np.std(scores))


def class_shares(labels: np.ndarray, classes: int) -> np.ndarray:
    """(C,) the share of each class among (n,) integer labels."""
    return np.bincount(labels, minlength=classes) / len(labels)


def category_error(categories: np.ndarray, labels: np.ndarray) -> float:
    """The error of categories as a classifier, each matched to its most frequent class (Chen et al. 2016, section 7.2).

    Args:
        categories: (n,) integers, predicted for real images.
        labels: (n,) integers, their classes.
    """
    right = sum(np.bincount(labels[categories == category]).max() for category in np.unique(categories))
    return 1.0 - float(right) / len(labels)
