"""Points from one vector to another, for strips of images between two latents or two captions."""

import numpy as np


def lerp(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """Linear interpolation: (count, D) points from one (D,) vector to another, both ends included."""
    weight = np.linspace(0.0, 1.0, count, dtype=np.float32)[:, np.newaxis]
    return (1.0 - weight) * first + weight * second


def slerp(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """Spherical linear interpolation: (count, D) float32 points on the arc between two (D,) normal latents.

    Each point has the norm that normal noise has, where the middle of a straight line is too short (White 2016,
    section 2.1).
    """
    cosine = np.dot(first, second) / (np.linalg.norm(first) * np.linalg.norm(second))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    if np.sin(angle) < 1e-6:
        return lerp(first, second, count)
    weight = np.linspace(0.0, 1.0, count)[:, np.newaxis]
    arc = (np.sin((1.0 - weight) * angle) * first + np.sin(weight * angle) * second) / np.sin(angle)
    return arc.astype(np.float32)
