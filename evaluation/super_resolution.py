"""Evaluating super-resolution: photographs shrunk, enlarged again, and compared with themselves."""

import functools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from absl import logging
from tqdm import tqdm

from evaluation.distances import ByNetwork, key_of
from evaluation.evaluator import Data, Evaluator, Outputs
from metrics.super_resolution import luma_psnr, luma_ssim, spectrum_distance
from models.super_resolution.perceptual import PerceptualNetwork
from pipelines.bicubic import bicubic
from pipelines.images import to_float
from serving.images import TranslationSampler

# Pixels that tables of papers leave out at each border, whatever the factor (Ledig et al. 2017, section 3.1).
BORDER = 4
PERCEPTUAL = "perceptual_distance"
# Of which the perceptual distance is, in pixels; it is the whole of most pictures that are measured on.
MIDDLE = 1024


class SuperResolutionOutputs(Outputs):
    """Photographs, the same in low resolution, and these enlarged.

    Args:
        sampler: enlarges.
        data: seed and progress bar.
        names: of the photographs.
        photographs: each (h, w, 3) uint8, of any size.
        factor: by which the sides are shrunk and enlarged.
        kept: what of each file they are, in words.
    """

    def __init__(
        self,
        sampler: TranslationSampler,
        data: Data,
        names: Sequence[str],
        photographs: Sequence[np.ndarray],
        factor: int,
        kept: str = "the whole",
    ):
        self.sampler, self.data, self.names, self.factor, self.kept = sampler, data, names, factor, kept
        self.truth = [whole(photograph, factor) for photograph in photographs]

    def protocol(self):
        """How PSNR and SSIM are measured."""
        return {
            "photographs": len(self.truth),
            "of_each": self.kept,
            "factor": self.factor,
            "low_resolution": "MATLAB's bicubic, of whole multiples of the factor, 8 bits",
            "psnr_and_ssim": f"Y of BT.601 (16 to 235), {BORDER} pixels of each border left out, the mean over "
            "photographs, at most 100 dB; SSIM with a Gaussian window of 11 pixels (Wang et al. 2004)",
        }

    @functools.cached_property
    def low(self) -> list[np.ndarray]:
        """The photographs in low resolution."""
        return [bicubic(image, *(side // self.factor for side in image.shape[:2])) for image in self.truth]

    @functools.cached_property
    def enlarged(self) -> list[np.ndarray]:
        """What the model makes of low resolution."""
        shown = tqdm(self.low, "enlarging", unit=" images", disable=None) if self.data.shows_progress else self.low
        return [self.sampler.translate(image, self.data.seed) for image in shown]

    @functools.cached_property
    def by_bicubic(self) -> list[np.ndarray]:
        """What bicubic interpolation makes of it."""
        pairs = zip(self.low, self.truth, strict=True)
        return [bicubic(image, *truth.shape[:2]) for image, truth in pairs]

    @property
    def ways(self) -> dict[str, list[np.ndarray]]:
        """By the ending of the keys, what is compared with the photographs."""
        return {"": self.enlarged, "_of_bicubic": self.by_bicubic}


def whole(image: np.ndarray, factor: int) -> np.ndarray:
    """An image without the last rows and columns beyond a multiple of the factor (MATLAB users' modcrop)."""
    height, width = (side - side % factor for side in image.shape[:2])
    return image[:height, :width]


def middle(image: np.ndarray) -> np.ndarray:
    """At most `MIDDLE` pixels a side of an image: networks take some 4 KB a pixel."""
    top, left = (max(side - MIDDLE, 0) // 2 for side in image.shape[:2])
    return image[top : top + MIDDLE, left : left + MIDDLE]


class Fidelity(Evaluator):
    """How near enlargements are to the photographs, beside bicubic interpolation: in pixels, and in power spectrum."""

    higher = ("psnr_y", "ssim_y")
    lower = ("spectrum_distance",)

    def measure(self, outputs, data):
        """Means over photographs."""
        for ending, images in outputs.ways.items():
            pairs = list(zip(images, outputs.truth, strict=True))
            yield f"psnr_y{ending}", np.mean([luma_psnr(image, truth, BORDER) for image, truth in pairs])
            yield f"ssim_y{ending}", np.nanmean([luma_ssim(image, truth, BORDER) for image, truth in pairs])
            yield f"spectrum_distance{ending}", np.mean([spectrum_distance(image, truth) for image, truth in pairs])


class PerceptualDistance(ByNetwork):
    """How near enlargements are to the photographs in the maps of the network that the user names."""

    needs = frozenset({"feature_network", "feature_maps"})
    lower_figures = (PERCEPTUAL,)

    def measure(self, outputs, data):
        """The perceptual loss, of each photograph relative to its own features; nothing by networks without maps."""
        try:
            maps = PerceptualNetwork(data.features.network.network)
        except (ValueError, TypeError) as error:
            # One that takes a single size, or has no maps.
            logging.warning(
                "There is no perceptual distance by %s, which must take images of any size and have maps: %s",
                data.features.name.name,
                str(error).splitlines()[0],
            )
            return
        compared = tf.function(lambda image, truth: maps.loss(to_float(truth), to_float(image)), reduce_retracing=True)
        for ending, images in outputs.ways.items():
            pairs = zip(images, outputs.truth, strict=True)
            yield (
                f"{key_of(data.features.name, PERCEPTUAL)}{ending}",
                np.mean([compared(*(middle(side)[np.newaxis] for side in pair)) for pair in pairs]),
            )
