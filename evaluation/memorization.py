"""Are samples copies of training images? Their distance to the nearest of them, beside that of unseen images."""

import numpy as np
import tensorflow as tf

from evaluation.distances import seen
from evaluation.evaluator import Data, Evaluator
from evaluation.extractor import Extractor, extract_once
from evaluation.judges import judge_extractor
from evaluation.names import NetworkName
from metrics.neighbors import memorization_figures
from pipelines.images import FloatImages

# Without a network, images are compared as pictures of so many pixels a side.
SIDE = 16


class Memorization(Evaluator):
    """The distance of samples to the nearest training images, over that of unseen images.

    In features of the judge; else of the network that the user names; else in the pixels of small copies. Where a model
    translates, its translations are compared with the training images of the side that they are to look like.
    """

    needs = frozenset({"training_images"})
    # What is not drawn stays the same from one evaluation to the next while a run trains.
    _of: Data | None = None
    _features: dict[str, np.ndarray]

    def protocol(self, outputs, data):
        """By which features, and how many training images."""
        return {
            "memorization_by": self.extractor(data).name.name,
            "training_images": max((len(rows) for rows in self.training(data).values()), default=0),
        }

    def extractor(self, data: Data) -> Extractor:
        """What gives the features."""
        if data.judge is not None:
            return judge_extractor(data.judge)
        return data.features or PIXELS

    def training(self, data: Data) -> dict[str, np.ndarray]:
        """(t, F) features of the training images, by the prefix of `Outputs.compared`; computed once."""
        if self._of is not data:
            extractor = self.extractor(data)
            found = {
                prefix: extract_once(
                    extractor, FloatImages(images), "training images" if data.shows_progress else "", data.cache
                ).rows
                for prefix, images in data.training().items()
            }
            self._of, self._features = data, found
        return self._features

    def measure(self, outputs, data):
        """See `metrics.neighbors.memorization_figures`."""
        extractor, training = self.extractor(data), self.training(data)
        for prefix, compared in outputs.compared().items():
            samples, unseen = (seen(compared, side, extractor, data).rows for side in ("generated", "real"))
            for key, value in memorization_figures(samples, unseen, training[prefix]).items():
                yield f"{prefix}{key}", value


def small_pixels(images: tf.Tensor) -> dict[str, tf.Tensor]:
    """(B, h, w, c) images to their pixels, a row an image."""
    return {"features": tf.reshape(images, (tf.shape(images)[0], -1))}


PIXELS = Extractor(small_pixels, NetworkName(f"pixels of {SIDE} x {SIDE}"), SIDE, channels=0)
