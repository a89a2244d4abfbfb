"""Evaluating super-resolution: photographs shrunk, enlarged again, and compared with themselves."""

import functools
import pathlib
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence

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


class Pictures(Sequence):
    """Pictures that are made when they are looked at: of a folder of photographs one is in memory at a time.

    Args:
        count: how many.
        make: number -> (h, w, 3) uint8.
    """

    def __init__(self, count: int, make: Callable[[int], np.ndarray]):
        self.count, self.make = count, make

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> np.ndarray:
        if not 0 <= number < self.count:
            raise IndexError(number)
        return self.make(number)


class SuperResolutionOutputs(Outputs):
    """Photographs, the same in low resolution, and these enlarged.

    Args:
        sampler: enlarges.
        data: seed and progress bar.
        names: of the photographs.
        photographs: each (h, w, 3) uint8, of any size; each is looked at more than once.
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
        truth = Pictures(len(photographs), lambda number: whole(photographs[number], factor))
        low = Pictures(len(photographs), lambda number: resized(truth[number], 1 / factor))
        self.truth, self.low = truth, low
        self.by_bicubic = Pictures(len(photographs), lambda number: resized(low[number], factor))

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
    def enlarged(self) -> Pictures:
        """What the model makes of low resolution: computed once, and kept in a folder that is removed with it."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="enlarged-"))
        files = [folder / f"{number}.png" for number in range(len(self.low))]
        pictures = Pictures(len(files), lambda number: tf.io.decode_png(files[number].read_bytes()).numpy())
        weakref.finalize(pictures, shutil.rmtree, folder, ignore_errors=True)
        shown = tqdm(self.low, "enlarging", unit=" images", disable=None) if self.data.shows_progress else self.low
        for file, image in zip(files, shown, strict=True):
            file.write_bytes(tf.io.encode_png(self.sampler.translate(image, self.data.seed), compression=1).numpy())
        return pictures

    @property
    def ways(self) -> dict[str, Pictures]:
        """By the ending of the keys, what is compared with the photographs."""
        return {"": self.enlarged, "_of_bicubic": self.by_bicubic}


def whole(image: np.ndarray, factor: int) -> np.ndarray:
    """An image without the last rows and columns beyond a multiple of the factor (MATLAB users' modcrop)."""
    height, width = (side - side % factor for side in image.shape[:2])
    return image[:height, :width]


def resized(image: np.ndarray, scale: float) -> np.ndarray:
    """An image with sides of so many times its own."""
    return bicubic(image, *(round(side * scale) for side in image.shape[:2]))


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
        ways = outputs.ways
        figures = {ending: [] for ending in ways}
        for number, truth in enumerate(outputs.truth):
            for ending, images in ways.items():
                figures[ending].append(fidelity(images[number], truth))
        for ending, rows in figures.items():
            psnr, ssim, spectrum = zip(*rows, strict=True)
            yield f"psnr_y{ending}", np.mean(psnr)
            yield f"ssim_y{ending}", np.nanmean(ssim)
            yield f"spectrum_distance{ending}", np.mean(spectrum)


def fidelity(image: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """PSNR, SSIM and spectrum distance of one photograph."""
    return luma_psnr(image, truth, BORDER), luma_ssim(image, truth, BORDER), spectrum_distance(image, truth)


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
