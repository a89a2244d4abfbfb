"""What a discriminator's feature maps respond to (DCGAN, Radford et al. 2016, section 6.2).

The paper shows guided backpropagation; here, the images of a dataset that excite a map most.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from experiments.networks import features_of
from experiments.panels import grid, titled
from experiments.result import Finding


def feature_maps(
    discriminator: keras.Model,
    images: np.ndarray,
    names: Sequence[str] | None = None,
    maps: int = 8,
    top: int = 8,
    labels: np.ndarray | None = None,
) -> Finding:
    """For the maps of a layer that tell images apart the most, the images that excite each the most.

    An image excites a map by the map's largest value anywhere in it.

    Args:
        discriminator: with layers "features_0", "features_1", ...
        images: (n, s, s, c) in [-1, 1].
        names: the layers; all if None.
        maps: how many maps of a layer, those whose excitement varies the most over images first.
        top: how many images of each, the most exciting first.
        labels: (n,); needed only where features depend on the label.

    Returns:
        A picture a layer: a row a map. Figures: for each layer its "maps", and how many are "silent" (all images
        excite them alike).
    """
    excitement = features_of(discriminator, images, names, lambda x: tf.reduce_max(x, axis=(1, 2)), labels)
    pictures, figures = {}, {}
    for name, values in excitement.items():
        spread = values.std(axis=0)
        # Stable, so that equal maps come by their numbers.
        shown = np.argsort(-spread, kind="stable")[:maps]
        best = np.argsort(-values[:, shown], axis=0, kind="stable")[:top].T
        rows = grid(images[best.ravel()], columns=best.shape[1])
        title = f"{name}: the most exciting images of maps {', '.join(str(index) for index in shown)}"
        pictures[name] = titled(title, rows)
        figures[name] = {"maps": values.shape[1], "silent": int(np.sum(spread == 0.0))}
    return Finding(pictures, figures)
