"""A pyramid of generators (LAPGAN): what does each level add, and what becomes of a chain of them?"""

import functools
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from evaluation.distances import FRECHET, JudgeDistances, seen
from evaluation.evaluator import Data, Evaluator, Outputs
from evaluation.images import ImageOutputs
from evaluation.judges import judge_extractor
from evaluation.names import JUDGE
from models.generation.lapgan import LAPGAN
from models.generation.pyramid import coarser, upsampled
from models.generation.pyramid_configs import LAPGANConfig
from pipelines.images import FloatImages, in_batches, to_uint8
from pipelines.rows import evenly

# Denton et al. 2015, authors' code (approxParzen): images, and draws of noise for each.
IMAGES, DRAWS = 200, 128
# Real images that the chain starts from, all of them in memory as floats.
CHAINED = 2_000
# Images whose detail is taken at a time.
AT_ONCE = 500


class RealLevels:
    """Real images at each side, and what the generators make of those at half the side.

    Args:
        model: whose generators are asked, as they are sampled.
        images: (n, side, side, c) in [-1, 1].
        labels: (n,) of a conditional model; else None.
    """

    def __init__(self, model: LAPGAN, images: np.ndarray, labels: np.ndarray | None):
        self.model, self.sizes = model, model.config.sizes
        self.labels = None if labels is None else np.asarray(labels, np.int32)
        self.real, fine = {}, np.asarray(images, np.float32)
        for size in reversed(self.sizes):
            self.real[size] = fine
            fine = in_batches(coarser, fine)
        self.generators = {size: self.compiled(size) for size in self.sizes[1:]}

    def coarse(self, size: int) -> np.ndarray:
        """(n, size / 2, size / 2, c) real images."""
        return self.real[size // 2]

    def upsampled(self, size: int) -> np.ndarray:
        """(n, size, size, c): the coarse ones by bilinear interpolation, which a generator has to be better than."""
        return in_batches(upsampled, self.coarse(size))

    def refined(self, size: int, coarse: np.ndarray, noise: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m, size, size, c) by the generator of a level, from (m, size / 2, size / 2, c).

        Args:
            size: of the level.
            coarse: images of half the side.
            noise: (m, size * size).
            rows: (m,) which images they come from, for their classes.
        """
        labels = np.zeros(len(self.real[size]), np.int32) if self.labels is None else self.labels
        return in_batches(self.generators[size], coarse, noise, labels[rows], batch_size=64)

    def compiled(self, size: int) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
        """A level's generator as a function of coarse images, noise and labels."""
        generator = self.model.sampled_level(size)
        specs = [tf.TensorSpec((None, *generator.input[name].shape[1:])) for name in ("coarse", "latent")]

        @tf.function(input_signature=[*specs, tf.TensorSpec([None], tf.int32)])
        def generate(coarse, noise, label):
            inputs = {"coarse": coarse, "latent": noise}
            if "label" in generator.input:
                inputs["label"] = label
            return generator(inputs, training=False)

        return generate

    def chained(self, noise: Mapping[int, np.ndarray]) -> np.ndarray:
        """(n, side, side, c) in [-1, 1]: the whole chain above the coarsest level, from the real coarsest images.

        Args:
            noise: of each side above the coarsest, (n, size * size).
        """
        images, rows = self.real[self.sizes[0]], np.arange(len(self.real[self.sizes[0]]))
        for size in self.sizes[1:]:
            images = self.refined(size, images, noise[size], rows)
        return np.clip(images, -1.0, 1.0)


def noise_of_levels(latent: np.ndarray, config: LAPGANConfig) -> dict[int, np.ndarray]:
    """Of each side above the coarsest its part (n, size * size) of (n, input_dim) latent inputs of the chain."""
    split = np.split(latent, np.cumsum(list(config.latent_parts.values()))[:-1], axis=1)
    return dict(zip(config.sizes[1:], split[1:], strict=True))


class Pictures(Outputs):
    """Images to compare with the real ones of others."""

    def __init__(self, generated: np.ndarray):
        self.generated = FloatImages(to_uint8(generated).numpy())


class PyramidOutputs(ImageOutputs):
    """Many samples, beside real images, and what the generators make of these."""

    def levels(self, rows: np.ndarray) -> RealLevels:
        """Those of some examples."""
        labels = self.data.examples.labels if self.sampler.classes else None
        return RealLevels(self.model, self.rows(rows)[:], None if labels is None else np.asarray(labels)[rows])

    def noise(self, count: int) -> dict[int, np.ndarray]:
        """Of each side above the coarsest (count, size * size), of the data's seed."""
        return noise_of_levels(self.sampler.latents(count, self.data.seed).numpy(), self.model.config)

    @functools.cached_property
    def of_real(self) -> dict[str, Pictures]:
        """Beside the samples: "from_real_coarse", the chain's from real coarsest images, and "of_upsampled", these by
        interpolation alone: as many as the samples and the real images allow, and CHAINED at most.
        """
        count = min(self.data.count, len(self.compared_rows), CHAINED)
        levels = self.levels(self.compared_rows[evenly(len(self.compared_rows), count)])
        low = levels.real[levels.sizes[0]]
        for _ in levels.sizes[1:]:
            low = in_batches(upsampled, low)
        return {
            "from_real_coarse": Pictures(levels.chained(self.noise(count))),
            "of_upsampled": Pictures(low),
        }


def laplacian_energy(images: np.ndarray | FloatImages) -> float:
    """The mean square of what (n, s, s, c) images lose when they are made coarser and upsampled."""
    total, count = 0.0, 0
    for start in range(0, len(images), AT_ONCE):
        batch = tf.constant(images[start : start + AT_ONCE])
        lost = np.asarray(batch - upsampled(coarser(batch)), np.float64)
        total, count = total + np.sum(lost**2), count + lost.size
    return total / count


class Levels(Evaluator):
    """Of each level: is the nearest of many draws nearer to the true image than the coarse one upsampled, and how much
    detail has it? Of the chain: what are samples, what would they be from real coarse images?
    """

    needs = frozenset({"levels"})
    higher = ("refined_share",)
    lower = ("nearest_distance",)

    def protocol(self, outputs, data):
        """How many images and draws."""
        return {"levels": f"{min(IMAGES, data.count, len(data.examples))} images, {DRAWS} draws for each"}

    def measure(self, outputs, data):
        """By the root-mean-square difference per number."""
        rows = evenly(len(data.examples), min(IMAGES, data.count))
        levels, noise = outputs.levels(rows), outputs.noise(DRAWS)
        shares, distances = [], []
        for size in levels.sizes[1:]:
            real, low = levels.real[size], levels.upsampled(size)
            nearest, drawn = [], []
            for row in range(len(real)):
                coarse = np.repeat(levels.coarse(size)[row : row + 1], DRAWS, axis=0)
                made = levels.refined(size, coarse, noise[size], np.full(DRAWS, row))
                nearest.append(root_mean_square(made - real[row]).min())
                drawn.append(made[row % DRAWS])
            shares.append(np.mean(nearest < root_mean_square(low - real)))
            distances.append(np.mean(nearest))
            yield f"refined_share_{size}", shares[-1]
            yield f"nearest_distance_{size}", distances[-1]
            yield f"upsampled_distance_{size}", np.mean(root_mean_square(low - real))
            yield f"laplacian_energy_{size}", laplacian_energy(np.stack(drawn))
            yield f"laplacian_energy_of_real_{size}", laplacian_energy(real)
            yield f"laplacian_energy_of_upsampled_{size}", laplacian_energy(low)
        yield "refined_share", np.mean(shares)
        yield "nearest_distance", np.mean(distances)
        yield "laplacian_energy", laplacian_energy(outputs.generated)
        for name, pictures in outputs.of_real.items():
            yield f"laplacian_energy_{name}", laplacian_energy(pictures.generated)
        if data.judge is not None:
            yield from self.judged(outputs, data)

    def judged(self, outputs: PyramidOutputs, data: Data):
        """The judge's Frechet distances of what is made of real coarse images."""
        extractor = judge_extractor(data.judge)
        real = seen(outputs, "real", extractor, data)
        for name, pictures in outputs.of_real.items():
            made = seen(pictures, "generated", extractor, data)
            yield f"{JUDGE.key(FRECHET)}_{name}", JudgeDistances().distance(made, real, extractor.name)


def root_mean_square(differences: np.ndarray) -> np.ndarray:
    """(n,) of (n, ...)."""
    return np.sqrt(np.mean(np.square(differences), axis=tuple(range(1, differences.ndim))))
