"""The Frechet distance on the features of a network that the user names, in every family of image models."""

import numpy as np

from evaluation.evaluator import Evaluator
from metrics.frechet import frechet_distance
from pipelines.examples import DataError


def distance(features: np.ndarray, real_features: np.ndarray, name: str) -> float:
    """The Frechet distance of features; DataError where it is not defined: too few images, or not finite."""
    try:
        return frechet_distance(features, real_features)
    except ValueError as error:
        raise DataError(f"no Frechet distance on {name}: {error}") from error


def rgb(images: np.ndarray) -> np.ndarray:
    """(n, h, w, 1 or 3) as (n, h, w, 3)."""
    return np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images


class FeatureFrechet(Evaluator):
    """Generated against real images. The outputs have `generated` and `real`, (n, h, w, c) in [-1, 1]."""

    needs = frozenset({"feature_network"})
    lower = ("frechet_distance",)

    def measure(self, outputs, data):
        """The protocol names the network, the numbers of images and the split."""
        generated, real = (data.features(rgb(images)) for images in (outputs.generated, outputs.real))
        yield "frechet_distance", distance(generated, real, data.features_name)
