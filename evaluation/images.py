"""Images from noise: how diverse, how near real ones, and are their classes clear, many, and those asked for?"""

import functools

import numpy as np
import tensorflow as tf

from evaluation.evaluator import Data, Evaluator, Outputs
from evaluation.frechet import distance
from evaluation.judges import class_probabilities, judge_all, judge_features
from metrics.classes import category_error, class_score, class_shares
from metrics.diversity import mean_pairwise_distance
from models.core.trained import TrainedModel
from pipelines.images import in_batches, to_float, with_channels
from serving.latents import LatentSampler

# Real images that samples are compared with, and pictures whose distances are taken.
COMPARED, SPREAD = 10_000, 400


class ImageOutputs(Outputs):
    """Many samples, beside real images.

    Args:
        sampler: draws.
        data: `count` is how many samples are drawn; of a conditional generator each class in turn.
        channels: of the generated images.
        model: whose recognition network is asked (InfoGAN).
    """

    def __init__(self, sampler: LatentSampler, data: Data, channels: int, model: TrainedModel | None = None):
        self.sampler, self.data, self.channels, self.model = sampler, data, channels, model

    def protocol(self):
        """How many images of each kind."""
        return {"generated": self.data.count, "real": len(self.real)}

    @functools.cached_property
    def asked(self) -> np.ndarray | None:
        """(n,) the classes that a conditional generator is asked for; None of an unconditional one."""
        classes = self.sampler.classes
        return np.arange(self.data.count, dtype=np.int32) % classes if classes else None

    @functools.cached_property
    def generated(self) -> np.ndarray:
        """(n, h, w, c) samples in [-1, 1]."""
        inputs = {"count": self.data.count, "label": self.asked}
        return np.asarray(to_float(self.sampler.draw(inputs, self.data.seed)))

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """Real images in [-1, 1] as the model makes them."""
        return np.asarray(to_float(with_channels(np.asarray(self.data.examples.images[rows]), self.channels)))

    @functools.cached_property
    def real(self) -> np.ndarray:
        """(m, h, w, c) real images in [-1, 1], COMPARED at most, evenly spaced."""
        count = len(self.data.examples)
        return self.rows(np.linspace(0, count - 1, min(COMPARED, count)).astype(int))

    @functools.cached_property
    def probabilities(self) -> np.ndarray:
        """(n, C) of the samples' classes, by the judge."""
        return class_probabilities(self.data.judge, self.generated)


def shuffled(images: np.ndarray) -> np.ndarray:
    """In a fixed random order: files may be sorted by class."""
    return images[np.random.default_rng(0).permutation(len(images))]


class ImageDiversity(Evaluator):
    """How much samples differ, beside how much real images do."""

    def measure(self, outputs, data):
        """Mean pairwise distances."""
        yield "diversity", mean_pairwise_distance(outputs.generated[:SPREAD])
        yield "diversity_of_real", mean_pairwise_distance(shuffled(outputs.real)[:SPREAD])


class JudgeFrechet(Evaluator):
    """The Frechet distance on the features of the class judge; the protocol names the judge."""

    needs = frozenset({"judge"})
    lower = ("judge_frechet_distance",)

    def measure(self, outputs, data):
        """Beside that between two halves of the real images."""
        features = judge_features(data.judge)
        real = features(shuffled(outputs.real))
        yield "judge_frechet_distance", distance(features(outputs.generated), real, data.judge_name)
        # Of a few held-out images there are no two halves of two.
        if len(real) > 3:
            yield "judge_frechet_distance_of_real", distance(*np.array_split(real, 2), data.judge_name)


class ClassScore(Evaluator):
    """The inception score by the class judge (Salimans et al. 2016, section 4), and whether a class is missing."""

    needs = frozenset({"judge"})
    higher = ("class_score", "rarest_class_share")

    def measure(self, outputs, data):
        """Beside the score of real images."""
        probabilities = outputs.probabilities
        for kind, part in (("", probabilities), ("_of_real", class_probabilities(data.judge, outputs.real))):
            # Ten parts, as published; fewer of very few images.
            yield f"class_score{kind}", class_score(part, splits=min(10, max(len(part) // 5, 1)))[0]
        yield "rarest_class_share", class_shares(probabilities.argmax(axis=1), probabilities.shape[1]).min()


class ClassConsistency(Evaluator):
    """Of a conditional generator: the share of samples in which the judge sees the class asked for."""

    needs = frozenset({"judge", "condition"})
    higher = ("class_consistency",)

    def measure(self, outputs, data):
        """The share."""
        yield "class_consistency", (judge_all(data.judge, outputs.generated)[:, 0] == outputs.asked).mean()


class CategoryError(Evaluator):
    """InfoGAN's categorical code as a classifier of real images (Chen et al. 2016, section 7.2)."""

    needs = frozenset({"labels", "category"})
    lower = ("category_error",)

    def measure(self, outputs, data):
        """Of the category that the recognition network reads off each image."""
        discriminator = outputs.model.discriminator

        def categories(rows):
            images = tf.constant(outputs.rows(rows.numpy()))
            inputs = {"image": images}
            if "seed" in discriminator.input:
                # Nothing is dropped in inference.
                inputs["seed"] = tf.zeros((len(images), 2), tf.int32)
            return tf.argmax(discriminator(inputs, training=False)["category_logits"], axis=1)

        seen = in_batches(categories, np.arange(len(data.examples)))
        yield "category_error", category_error(seen, data.examples.labels)
