"""Points from one vector to another, for strips of images between two latents or two captions."""

from collections.abc import Callable, Sequence

import numpy as np

# A strip: its label, (count, D) texts, (count, Z) latents.
Strip = tuple[str, np.ndarray, np.ndarray]


def lerp(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """Linear interpolation: (count, ...) points from one (...) array to another, both ends included."""
    weight = np.linspace(0.0, 1.0, count, dtype=np.float32).reshape(-1, *np.ones(first.ndim, int))
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


def slerp_of(is_noise: np.ndarray) -> Callable[[np.ndarray, np.ndarray, int], np.ndarray]:
    """`slerp` of the numbers of a latent that are noise, (D,) bool, and `lerp` of all others: a code that both have is
    kept.
    """

    def way(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
        return np.where(is_noise, slerp(first * is_noise, second * is_noise, count), lerp(first, second, count))

    return way


def between_texts(labels: Sequence[str], texts: np.ndarray, latent: np.ndarray, count: int) -> list[Strip]:
    """From each of (n, D) texts to the next in `count` steps, with one (Z,) latent."""
    latents = np.repeat(latent[np.newaxis], count, axis=0)
    return [
        (f"{labels[left]}  ->  {labels[left + 1]}", lerp(texts[left], texts[left + 1], count), latents)
        for left in range(len(labels) - 1)
    ]


def between_latents(
    labels: Sequence[str], texts: np.ndarray, first: np.ndarray, second: np.ndarray, count: int
) -> list[Strip]:
    """From one (Z,) normal latent to another in `count` steps, with each of (n, D) texts."""
    latents = slerp(first, second, count)
    return [
        (label, np.repeat(text[np.newaxis], count, axis=0), latents) for label, text in zip(labels, texts, strict=True)
    ]
