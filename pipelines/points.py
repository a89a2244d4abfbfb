"""Points of one or two dimensions from mixtures of Gaussians whose density is known, as batches."""

import numpy as np
import tensorflow as tf

from pipelines.batches import Batches, pick, seeded
from pipelines.examples import GaussianMixture

# Every kind of random draw has a number of its own, so that no two share a seed.
MODE, OFFSET = range(2)
# Points that are called an epoch: there is no end of them.
EPOCH = 100_000


def sample(mixture: GaussianMixture, count: int, seed: tf.Tensor) -> tf.Tensor:
    """(count, d) float32 points; the same (2,) seed gives the same ones."""
    fold = tf.random.experimental.stateless_fold_in
    modes = pick(tf.random.stateless_uniform((count,), fold(seed, MODE)), len(mixture.centers))
    offsets = tf.random.stateless_normal((count, mixture.centers.shape[1]), fold(seed, OFFSET))
    return tf.gather(tf.constant(mixture.centers), modes) + mixture.deviation * offsets


def load_normal(split: str, load_size: int, data_dir: str, cache_dir: str) -> GaussianMixture:
    """One normal distribution, N(4, 0.5): away from 0, where generators begin."""
    return GaussianMixture(np.array([[4.0]], np.float32), 0.5)


def load_ring(split: str, load_size: int, data_dir: str, cache_dir: str, modes: int = 8) -> GaussianMixture:
    """Gaussians of deviation 0.02 on a circle of radius 2 (Metz et al. 2017, appendix A)."""
    angles = 2.0 * np.pi * np.arange(modes) / modes
    return GaussianMixture(np.stack([2.0 * np.cos(angles), 2.0 * np.sin(angles)], axis=1).astype(np.float32), 0.02)


def load_grid(split: str, load_size: int, data_dir: str, cache_dir: str, side: int = 5) -> GaussianMixture:
    """Gaussians of deviation 0.05 on a grid of 5 x 5, two apart (Lin et al. 2018, PacGAN, section 4.1)."""
    axis = 2.0 * np.arange(side) - (side - 1)
    return GaussianMixture(np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2).astype(np.float32), 0.05)


def point_batches(mixture: GaussianMixture, config) -> Batches:
    """Batches of `real` (B, k, d) float32, new points for each of the k turns of a step.

    Args:
        mixture: what they are drawn from.
        config: a PointGenerationConfig.
    """
    turns, count = config.discriminator_steps, config.batch_size
    dimensions = mixture.centers.shape[1]

    def at(step):
        points = sample(mixture, count * turns, seeded(config.seed, 0, step))
        return {"real": tf.reshape(points, (count, turns, dimensions))}

    return Batches(at, {"dimensions": dimensions}, EPOCH)
