"""Image to image: how near the truth, where it is known, and what comes back."""

import functools

import numpy as np
from tqdm import tqdm

from evaluation.distances import FeatureDistances, FeatureManifold
from evaluation.evaluator import Data, Evaluator, Outputs
from metrics.similarity import nearest_truth_accuracy, similarity_figures
from pipelines.images import FloatImages, to_float, with_channels
from serving.images import TranslationSampler

# Key prefixes of the directions of CycleGAN.
WAYS = ("a_to_b", "b_to_a")


def similarity(images: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """L1, PSNR, SSIM and sharpness of (n, h, w, 1 or 3) uint8 images against the truth."""
    return similarity_figures(np.asarray(to_float(images)), np.asarray(to_float(truth)))


class PairOutputs(Outputs):
    """Translations, one way.

    Args:
        sampler: translates.
        data: of the split.
        names: of the images.
        inputs: (n, h, w, 3) uint8.
        truth: (n, h, w, 3) uint8, their true counterparts; None where they are not known.
        labels: (n,) integers, the same for counterparts that show the same thing; None where each is its own.
        direction: of the translation.
        back: the direction in which the translations are translated back; "" for none.
    """

    def __init__(
        self,
        sampler: TranslationSampler,
        data: Data,
        names: tuple[str, ...],
        inputs: np.ndarray,
        truth: np.ndarray | None,
        labels: np.ndarray | None = None,
        direction: str = "",
        back: str = "",
    ):
        self.sampler, self.data, self.names, self.inputs, self.truth = sampler, data, names, inputs, truth
        self.labels, self.direction, self.back = labels, direction, back

    def protocol(self):
        """How many images are translated."""
        return {"generated": len(self.inputs), "real": 0 if self.truth is None else len(self.truth)}

    @functools.cached_property
    def translated(self) -> np.ndarray:
        """(n, h, w, 3) uint8 translations."""
        return self.sampler.draw({"images": self.watched(self.inputs), "direction": self.direction}, self.data.seed)

    @property
    def generated(self) -> FloatImages:
        """The translations in [-1, 1], to compare with `real`."""
        return FloatImages(self.translated)

    @property
    def real(self) -> FloatImages:
        """The truth in [-1, 1]."""
        return FloatImages(self.truth)

    @functools.cached_property
    def returned(self) -> np.ndarray:
        """(n, h, w, 3) uint8: the translations, translated back."""
        return self.sampler.draw({"images": self.watched(self.translated), "direction": self.back}, self.data.seed)

    def watched(self, images: np.ndarray):
        """The images, with a progress bar if the evaluation shows its own."""
        return tqdm(images, "translating", unit=" images", disable=None) if self.data.shows_progress else images

    @property
    def ways(self) -> dict[str, "PairOutputs"]:
        """The one direction, as `CycleOutputs` has two."""
        return {"": self}

    def pictures(self) -> dict[str, np.ndarray]:
        """Label to (n, h, w, 3) uint8: what a gallery shows side by side."""
        columns = {"input": self.inputs, "output": self.translated}
        columns |= {"reconstruction": self.returned} if self.back else {}
        return columns if self.truth is None else columns | {"truth": self.truth}


class Similarity(Evaluator):
    """How near translations are to the truth, beside the inputs taken as they are."""

    higher = ("psnr", "ssim")
    lower = ("l1",)

    def measure(self, outputs, data):
        """L1, PSNR, SSIM and sharpness."""
        yield from similarity(outputs.translated, outputs.truth).items()
        inputs = with_channels(outputs.inputs, outputs.truth.shape[-1])
        for key, value in similarity(inputs, outputs.truth).items():
            yield f"{key}_of_input", value


class NearestTruth(Evaluator):
    """Where many inputs share a target: whether the right one is the nearest of all."""

    needs = frozenset({"labels"})
    higher = ("nearest_truth_accuracy",)

    def measure(self, outputs, data):
        """Beside chance."""
        yield "nearest_truth_accuracy", nearest_truth_accuracy(outputs.translated, outputs.truth, outputs.labels)
        yield "nearest_truth_accuracy_by_chance", 1.0 / len(np.unique(outputs.labels))


class CycleOutputs(Outputs):
    """Translations both ways.

    Args:
        ways: key prefix ("a_to_b") to the outputs of that direction.
    """

    def __init__(self, ways: dict[str, PairOutputs]):
        self.ways = ways

    def protocol(self):
        """How many images are translated, by direction."""
        return {f"{name}_{key}": value for name, way in self.ways.items() for key, value in way.protocol().items()}

    @functools.cached_property
    def _compared(self) -> dict[str, "Among"]:
        there, back = WAYS
        return {
            f"{way}_": Among(self.ways[way].generated, FloatImages(self.ways[other].inputs))
            for way, other in ((there, back), (back, there))
        }

    def compared(self):
        """The translations of each side among the real images of the other; no counterparts need be known."""
        return self._compared


class Among(Outputs):
    """Images among others.

    Args:
        generated: (n, h, w, c) in [-1, 1].
        real: (m, h, w, c) in [-1, 1].
    """

    def __init__(self, generated: FloatImages, real: FloatImages):
        self.generated, self.real = generated, real


class CycleDistances(FeatureDistances):
    """Each way: how near translations are to the images of the side that they are to look like."""

    prefixes = tuple(f"{way}_" for way in WAYS)


class CycleManifold(FeatureManifold):
    """Each way: do translations look like the images of that side, and are all kinds of these among them?"""

    prefixes = tuple(f"{way}_" for way in WAYS)


class CycleReconstruction(Evaluator):
    """Each way: how near the translation back is to the input."""

    lower = tuple(f"{way}_cycle_l1" for way in WAYS)

    def measure(self, outputs, data):
        """L1, PSNR, SSIM and sharpness."""
        for name, way in outputs.ways.items():
            for key, value in similarity(way.returned, way.inputs).items():
                yield f"{name}_cycle_{key}", value


class CycleSimilarity(Evaluator):
    """Each way, where the true counterparts are known: how near they are, beside the inputs taken as they are."""

    needs = frozenset({"pairs"})
    higher = tuple(f"{way}_{key}" for way in WAYS for key in Similarity.higher)
    lower = tuple(f"{way}_{key}" for way in WAYS for key in Similarity.lower)

    def measure(self, outputs, data):
        """L1, PSNR, SSIM and sharpness."""
        for name, way in outputs.ways.items():
            for key, value in Similarity().measure(way, data):
                yield f"{name}_{key}", value
