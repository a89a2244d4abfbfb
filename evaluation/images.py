"""Images from noise: how diverse, and are their classes clear, many, and those asked for?"""

import functools

import numpy as np
import tensorflow as tf

from evaluation.distances import seen, shuffled, splits_of
from evaluation.drawing import draw
from evaluation.evaluator import Data, Evaluator, Outputs
from evaluation.judges import judge_extractor
from metrics.classes import category_error, class_score, class_shares
from metrics.diversity import mean_pairwise_distance
from models.core.trained import TrainedModel
from pipelines.images import FloatImages, in_batches, with_channels
from pipelines.rows import evenly
from serving.latents import LatentSampler

# Real images that samples are compared with, and pictures whose distances are taken.
COMPARED, SPREAD = 10_000, 400
# Attributes whose combinations are counted.
STACKED = ("crown color", "breast color", "wing color")
# Samples that are drawn at a time, where a bar is shown: four batches.
DRAWN = 1000


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
        """How many images of each kind, and whether the noise was truncated."""
        truncated = {"truncation": self.sampler.truncation} if self.sampler.truncation else {}
        return {"generated": self.data.count, "real": len(self.real), **truncated}

    @functools.cached_property
    def asked(self) -> np.ndarray | None:
        """(n,) the classes that a conditional generator is asked for; None of an unconditional one."""
        classes = self.sampler.classes
        return np.arange(self.data.count, dtype=np.int32) % classes if classes else None

    @functools.cached_property
    def asked_attributes(self) -> np.ndarray:
        """(n, A) the attributes in [-1, 1] that the samples are asked for, random ones."""
        start, end = self.sampler.place("attributes")
        return self.sampler.latents(self.data.count, self.data.seed).numpy()[:, start:end]

    @functools.cached_property
    def generated(self) -> FloatImages:
        """(n, h, w, c) samples in [-1, 1]."""
        return draw(self.sampler, {"label": self.asked}, self.data.count, self.data, DRAWN)

    def rows(self, rows: np.ndarray) -> FloatImages:
        """Real images in [-1, 1] as the model makes them."""
        return FloatImages(with_channels(np.asarray(self.data.examples.images[rows]), self.channels))

    @functools.cached_property
    def real(self) -> FloatImages:
        """(m, h, w, c) real images in [-1, 1], COMPARED at most, evenly spaced."""
        return self.rows(self.compared_rows)

    @functools.cached_property
    def compared_rows(self) -> np.ndarray:
        """(m,) which examples the real images are."""
        return evenly(len(self.data.examples), COMPARED)

    def alike(self) -> dict[str, list[FloatImages]]:
        """Of each class the samples that were asked for, and the real images; of COMPARED."""
        kinds = {"ms_ssim_within_class": (self.generated, self.asked)}
        if self.data.examples.labels is not None:
            kinds["ms_ssim_within_class_of_real"] = self.real, np.asarray(self.data.examples.labels)[self.compared_rows]
        return {
            key: [FloatImages(images.pixels[labels == label]) for label in np.unique(labels)]
            for key, (images, labels) in kinds.items()
        }

    def probabilities(self, side: str) -> np.ndarray:
        """(n, C) of the classes of the "generated" or "real" images, by the judge, which sees them once."""
        return seen(self, side, judge_extractor(self.data.judge), self.data).probabilities


class ImageDiversity(Evaluator):
    """How much samples differ, beside how much real images do."""

    def measure(self, outputs, data):
        """Mean pairwise distances."""
        yield "diversity", mean_pairwise_distance(outputs.generated[:SPREAD])
        rows = shuffled(np.arange(len(outputs.real)))[:SPREAD]
        yield "diversity_of_real", mean_pairwise_distance(outputs.real[rows])


class ClassScore(Evaluator):
    """The inception score by the class judge (Salimans et al. 2016, section 4), and whether a class is missing."""

    needs = frozenset({"class_judge"})
    higher = ("class_score", "rarest_class_share")

    def measure(self, outputs, data):
        """Beside the score of real images."""
        probabilities = outputs.probabilities("generated")
        # Real images may be sorted by class; of samples, each class is asked for in turn.
        for kind, part in (("", probabilities), ("_of_real", shuffled(outputs.probabilities("real")))):
            mean, deviation = class_score(part, splits_of(len(part)))
            yield f"class_score{kind}", mean
            if not kind:
                yield "class_score_deviation", deviation
        yield "rarest_class_share", class_shares(probabilities.argmax(axis=1), probabilities.shape[1]).min()


class ClassConsistency(Evaluator):
    """Of a conditional generator: the share of samples in which the judge sees the class asked for."""

    needs = frozenset({"class_judge", "condition"})
    higher = ("class_consistency",)

    def measure(self, outputs, data):
        """The share."""
        yield "class_consistency", (outputs.probabilities("generated").argmax(axis=1) == outputs.asked).mean()


class Combinations(Evaluator):
    """How many combinations of the colors of three parts are among the samples, as the attribute judge sees them?

    As the modes of stacked digits (Metz et al. 2017, section 3.3.1), in whose place are the parts of a bird.
    """

    needs = frozenset({"attribute_judge", "attributes"})
    higher = ("combinations_found",)

    def measure(self, outputs, data):
        """Beside those of as many real images, as the judge sees them, and as they are."""
        names = data.examples.truth.attribute_names
        parts = [place for place, name in enumerate(names) if name in STACKED]
        rows = evenly(len(data.examples), len(outputs.generated))
        for kind, images in (("found", outputs.generated), ("of_real", outputs.rows(rows))):
            seen = in_batches(
                lambda batch, images=images: data.judge.judge(images[batch.numpy()]), np.arange(len(images))
            )
            yield f"combinations_{kind}", len(np.unique(seen[:, parts], axis=0))
        yield "combinations_of_truth", len(np.unique(data.examples.truth.attributes[rows][:, parts], axis=0))


class CategoryError(Evaluator):
    """InfoGAN's categorical code as a classifier of real images (Chen et al. 2016, section 7.2)."""

    needs = frozenset({"labels", "category"})
    lower = ("category_error",)

    def measure(self, outputs, data):
        """Of the category that the recognition network reads off each image."""
        discriminator = outputs.model.discriminator

        def categories(rows):
            images = tf.constant(outputs.rows(rows.numpy())[:])
            inputs = {"image": images}
            if "seed" in discriminator.input:
                # Nothing is dropped in inference.
                inputs["seed"] = tf.zeros((len(images), 2), tf.int32)
            return tf.argmax(discriminator(inputs, training=False)["category_logits"], axis=1)

        seen = in_batches(categories, np.arange(len(data.examples)))
        yield "category_error", category_error(seen, data.examples.labels)
