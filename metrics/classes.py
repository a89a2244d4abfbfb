"""What a classifier of real images says of generated ones: are their classes clear, many, and those asked for?"""

import numpy as np


def class_score(probabilities: np.ndarray, splits: int = 10) -> tuple[float, float]:
    """The inception score (Salimans et al. 2016, section 4) by another classifier than Inception.

    exp(E KL(p(y|x) || p(y))): between 1 (all alike, or all unclear) and the number of classes.

    Args:
        probabilities: (n, C), of each generated image.
        splits: parts of which each is scored by itself.

    Returns:
        Mean and standard deviation over the parts.
    """
    scores = []
    for part in np.array_split(np.asarray(probabilities, np.float64), splits):
        marginal = part.mean(axis=0)
        ratio = np.log(part + 1e-12) - np.log(marginal + 1e-12)
        scores.append(np.exp((part * ratio).sum(axis=1).mean()))
    return float(np.mean(scores)), float(np.std(scores))


def class_shares(seen: np.ndarray, classes: int) -> np.ndarray:
    """(C,) which share of the images each class has."""
    return np.bincount(seen, minlength=classes) / len(seen)


def category_error(categories: np.ndarray, labels: np.ndarray) -> float:
    """The error of categories as a classifier, each taken for the class that it mostly has (Chen et al. 2016, 7.2).

    Args:
        categories: (n,) integers, read off real images.
        labels: (n,) integers, their classes.
    """
    right = sum(np.bincount(labels[categories == category]).max() for category in np.unique(categories))
    return 1.0 - float(right) / len(labels)
