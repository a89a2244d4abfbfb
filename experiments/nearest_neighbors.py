"""Does a generator memorize its training images? Samples beside the nearest of them.

The GAN paper shows such neighbors (Goodfellow et al. 2014, figure 2); DCGAN discusses memorization (Radford et al.
2016, section 4.1).
"""

from collections.abc import Callable

import numpy as np

from experiments.result import Finding, ratio
from experiments.subject import Subject
from metrics.neighbors import closest_and_others, nearest
from panels.grids import SMALL_SIDE, grid, titled

SAMPLES = 1000  # and as many images of the test split
GALLERY = 60_000  # training images among which neighbors are searched

# The share of held-out images that may be near by chance.
_NEAR = 0.01


def run(subject: Subject) -> Finding:
    """By pixels, among the training images; images of the test split as held-out ones."""
    training, held_out = subject.real("train", GALLERY)[0], subject.real("test", SAMPLES)[0]
    found = nearest_neighbors(subject.samples(SAMPLES), training, held_out, seed=subject.seed)
    return Finding(found.pictures, {"training_images": len(training), **found.figures})


def nearest_neighbors(
    samples: np.ndarray,
    training: np.ndarray,
    held_out: np.ndarray,
    features: Callable[[np.ndarray], np.ndarray] | None = None,
    neighbors: int = 4,
    shown: int = 8,
    seed: int = 0,
) -> Finding:
    """Samples beside the training images nearest to them, by pixels and, if given, by features.

    Args:
        samples: (n, s, s, c) generated images in [-1, 1].
        training: (t, s, s, c) images that the generator was trained on.
        held_out: (h, s, s, c) images of the same kind that it was not trained on.
        features: images -> (n, d).
        neighbors: how many are shown for each sample.
        shown: how many samples: half of them those nearest to a training image, the others any.
        seed: draws the training images that are compared with as many held-out ones.

    Returns:
        Pictures "pixels" and "features": a row per sample, the sample first. Figures for each: see `_figures`.
    """
    spaces = {"pixels": lambda images: images} | ({"features": features} if features else {})
    pictures, figures = {}, {}
    for name, space in spaces.items():
        points = [_rows(space(images)) for images in (samples, training, held_out)]
        indices, distances = nearest(points[0], points[1], neighbors)
        figures[name] = _figures(*points, distances[:, 0], np.random.default_rng(seed))
        chosen = closest_and_others(distances[:, 0], shown)
        rows = [np.concatenate([samples[row : row + 1], training[indices[row]]]) for row in chosen]
        title = f"samples, and their nearest training images by {name}"
        pictures[name] = titled(title, grid(np.concatenate(rows), len(rows[0]), SMALL_SIDE))
    return Finding(pictures, figures)


def _figures(
    samples: np.ndarray, training: np.ndarray, held_out: np.ndarray, distances: np.ndarray, rng: np.random.Generator
) -> dict[str, float | None]:
    """How near (n, d) samples are to (t, d) training images, beside how near (h, d) held-out images are.

    Args:
        samples: (n, d).
        training: (t, d).
        held_out: (h, d).
        distances: (n,) of the samples to the nearest training image.
        rng: chooses training images.

    Returns:
        "samples_to_training" and "held_out_to_training": mean distances (root-mean-square per number) to the nearest
        training image. "ratio": the first over the second; well below 1 for copies, but blurred images are near to
        all and lower it too.
        "nearer_than_any_held_out": the share of samples whose nearest training image is nearer than the nearest
        training image of every held-out image. "nearer_than_1_percent_of_held_out": the same, but one held-out image in
        a hundred may be nearer: 0.01 for samples that are as far from the training images as held-out ones are.
        "nearer_to_training": the share of samples that are nearer to the training images than to as many held-out ones:
        about 0.5 where nothing is memorized, for blurred images too; equal distances count half. Samples that are all
        alike have one nearest image, and carry as little information as one sample does.
    """
    _, held_out_distances = nearest(held_out, training)
    count = min(len(training), len(held_out))
    _, to_training = nearest(samples, training[rng.choice(len(training), count, replace=False)])
    _, to_held_out = nearest(samples, held_out[rng.choice(len(held_out), count, replace=False)])
    nearer_to_training = np.mean(to_training < to_held_out) + 0.5 * np.mean(to_training == to_held_out)
    return {
        "samples_to_training": float(distances.mean()),
        "held_out_to_training": float(held_out_distances.mean()),
        "ratio": ratio(distances.mean(), held_out_distances.mean()),
        "nearer_than_any_held_out": float(np.mean(distances < held_out_distances.min())),
        "nearer_than_1_percent_of_held_out": float(np.mean(distances < np.quantile(held_out_distances, _NEAR))),
        "nearer_to_training": float(nearer_to_training),
    }


def _rows(points: np.ndarray) -> np.ndarray:
    return np.asarray(points, np.float32).reshape(len(points), -1)
