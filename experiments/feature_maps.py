"""What a discriminator's feature maps respond to (DCGAN, Radford et al. 2016, section 6.2).

The paper shows guided backpropagation; here, the images of a dataset that activate a map most.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from experiments.networks import features_of
from experiments.result import Finding
from experiments.subject import Subject
from panels.grids import SMALL_SIDE, grid, titled

IMAGES = 1500


def run(subject: Subject) -> Finding:
    """On images of the test split."""
    images, labels = subject.real("test", IMAGES)
    return feature_maps(
        subject.discriminator, images, labels=labels if "label" in subject.discriminator.input else None
    )


def feature_maps(
    discriminator: keras.Model,
    images: np.ndarray,
    names: Sequence[str] | None = None,
    maps: int = 8,
    top: int = 8,
    labels: np.ndarray | None = None,
) -> Finding:
    """For the maps of a layer whose activation varies the most, the images that activate each the most.

    The activation of a map by an image is the map's largest value anywhere in it.

    Args:
        discriminator: with layers "features_0", "features_1", ...
        images: (n, s, s, c) in [-1, 1].
        names: of the layers; all if None.
        maps: how many maps of a layer, those whose activation varies the most over images first.
        top: how many images of each, the highest activation first.
        labels: (n,); needed only where features depend on the label.

    Returns:
        A picture per layer: a row per map. Figures: for each layer the number of its "maps", and how many are
        "constant" (all images activate them alike).
    """
    activation = features_of(discriminator, images, names, lambda x: tf.reduce_max(x, axis=(1, 2)), labels)
    pictures, figures = {}, {}
    for name, values in activation.items():
        spread = values.std(axis=0)
        # Stable, so that equal maps are in the order of their numbers.
        shown = np.argsort(-spread, kind="stable")[:maps]
        best = np.argsort(-values[:, shown], axis=0, kind="stable")[:top].T
        rows = grid(images[best.ravel()], best.shape[1], SMALL_SIDE)
        title = f"{name}: images with the highest activation of maps {', '.join(str(index) for index in shown)}"
        pictures[name] = titled(title, rows)
        figures[name] = {"maps": values.shape[1], "constant": int(np.sum(spread == 0.0))}
    return Finding(pictures, figures)
