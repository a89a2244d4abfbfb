"""The filters of the first convolution, trained and untrained (DCGAN, Radford et al. 2016, section 6.2, figure 5)."""

import keras
import numpy as np
import tensorflow as tf

from experiments.result import Finding, ratio
from experiments.subject import Subject
from panels.grids import SMALL_SIDE, grid, stacked, titled


def run(subject: Subject) -> Finding:
    """Of the trained discriminator beside one with random weights."""
    return first_filters(subject.discriminator, subject.untrained_discriminator())


def first_filters(trained: keras.Model, untrained: keras.Model) -> Finding:
    """The first filters of two discriminators; trained ones are expected to be smooth: edges, blobs, colors.

    Args:
        trained: with a layer "first_filters", whose `kernel` is (h, w, channels, filters).
        untrained: the same network with its initial weights.

    Returns:
        Picture "filters": each scaled by itself, so that its largest weight is black or white and 0 is gray. Figures
        "trained" and "untrained": the mean absolute difference of adjacent weights over the weights' standard deviation
        (1.13 for normal noise; less is smoother).
    """
    kernels = {"trained": _image_kernel(trained), "untrained": _image_kernel(untrained)}
    panels = [titled(f"first filters, {name}", _drawn(kernel)) for name, kernel in kernels.items()]
    return Finding({"filters": stacked(panels)}, {name: roughness(kernel) for name, kernel in kernels.items()})


def roughness(kernel: np.ndarray) -> float | None:
    """Mean absolute difference of neighboring weights of (h, w, channels, filters) over their standard deviation."""
    differences = [np.abs(np.diff(kernel, axis=axis)).ravel() for axis in (0, 1)]
    return ratio(np.concatenate(differences).mean(), kernel.std())


def _image_kernel(discriminator: keras.Model) -> np.ndarray:
    """(h, w, c, filters): the weights on the image's own channels, which come before those of a label."""
    kernel = tf.convert_to_tensor(discriminator.get_layer("first_filters").kernel).numpy().astype(np.float32)
    return kernel[:, :, : discriminator.input["image"].shape[-1]]


def _drawn(kernel: np.ndarray) -> np.ndarray:
    filters = np.moveaxis(kernel, 3, 0)
    largest = np.abs(filters).max(axis=(1, 2, 3), keepdims=True)
    return grid(filters / np.maximum(largest, 1e-12), min(16, len(filters)), SMALL_SIDE)
