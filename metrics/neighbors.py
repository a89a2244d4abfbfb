"""The nearest of many points, some at a time; are samples nearer to training images than unseen images are?"""

import numpy as np

# Queries whose distances to the whole gallery are in memory at a time.
_BLOCK = 256
# Candidates by a quick product, among which exact distances decide.
_SPARE = 8


def nearest(queries: np.ndarray, gallery: np.ndarray, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of a gallery, by the root-mean-square difference per number.

    Args:
        queries: (q, d) floats.
        gallery: (g, d) floats.
        count: how many, the nearest first; at most g are returned.

    Returns:
        (q, count) rows of the gallery, and (q, count) distances, exact where they are 0 too.
    """
    center = gallery.mean(axis=0)
    gallery = gallery - center
    squares = np.einsum("gd,gd->g", gallery, gallery)
    candidates = min(count + _SPARE, len(gallery))
    found, distances = [], []
    for start in range(0, len(queries), _BLOCK):
        block = queries[start : start + _BLOCK] - center
        # The square of the query is the same for the whole gallery, and left out.
        scores = squares - 2.0 * block @ gallery.T
        near = np.argpartition(scores, candidates - 1, axis=1)[:, :candidates]
        exact = np.sqrt(np.mean((block[:, np.newaxis] - gallery[near]) ** 2, axis=2))
        order = np.argsort(exact, axis=1, kind="stable")[:, :count]
        found.append(np.take_along_axis(near, order, axis=1))
        distances.append(np.take_along_axis(exact, order, axis=1))
    return np.concatenate(found), np.concatenate(distances)


def closest_and_others(distances: np.ndarray, count: int) -> np.ndarray:
    """Rows of (n,) distances for a picture of `count`: half of them the nearest, the others any of the rest."""
    closest = np.argsort(distances, kind="stable")[: -(-count // 2)]
    others = np.setdiff1d(np.arange(len(distances)), closest)[: count - len(closest)]
    return np.concatenate([closest, others])


def memorization_figures(samples: np.ndarray, unseen: np.ndarray, training: np.ndarray) -> dict[str, float]:
    """How near samples are to training images, beside how near unseen images are.

    Args:
        samples: (n, d) features of generated images.
        unseen: (m, d) of real images that were not trained on.
        training: (t, d) of those that were.

    Returns:
        "training_distance" and "training_distance_of_unseen": the median distance (root-mean-square per number) to the
        nearest training image. "memorization_ratio": the first over the second: about 1 where samples are as far as
        unseen images are, near 0 for copies, NaN where unseen images are copies themselves. Samples that are blurred
        or alike are nearer to all images, which lowers it too.
        "nearer_to_training_than_unseen": the share of samples that are nearer to a training image than all but 1 % of
        the unseen images are: about 0.01 where nothing is copied, 1 where everything is.
    """
    of_samples, of_unseen = (nearest(points, training)[1][:, 0] for points in (samples, unseen))
    distance, reference = float(np.median(of_samples)), float(np.median(of_unseen))
    return {
        "training_distance": distance,
        "training_distance_of_unseen": reference,
        "memorization_ratio": distance / reference if reference else float("nan"),
        "nearer_to_training_than_unseen": float(np.mean(of_samples < np.quantile(of_unseen, 0.01))),
    }
