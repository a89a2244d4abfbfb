"""Batches of points of one or two dimensions, drawn from mixtures of Gaussians whose density is known."""

import tensorflow as tf

from pipelines.batches.draws import Batches, pick, seeded
from pipelines.examples import GaussianMixture

# Every kind of random draw has its own number, so that no two share a seed.
MODE, OFFSET = range(2)
# The number of points that counts as an epoch; the supply is unlimited.
EPOCH = 100_000


def sample(mixture: GaussianMixture, count: int, seed: tf.Tensor) -> tf.Tensor:
    """(count, d) float32 points; the same (2,) seed gives the same ones."""
    fold = tf.random.experimental.stateless_fold_in
    modes = pick(tf.random.stateless_uniform((count,), fold(seed, MODE)), len(mixture.centers))
    offsets = tf.random.stateless_normal((count, mixture.centers.shape[1]), fold(seed, OFFSET))
    return tf.gather(tf.constant(mixture.centers), modes) + mixture.deviation * offsets


def point_batches(mixture: GaussianMixture, config) -> Batches:
    """Batches of `real` (B, k, d) float32, new points for each of the k turns of a step.

    Args:
        mixture: the distribution of the points.
        config: a PointGenerationConfig.
    """
    turns, count = config.discriminator_steps, config.batch_size
    dimensions = mixture.centers.shape[1]

    def at(step):
        points = sample(mixture, count * turns, seeded(config.seed, 0, step))
        return {"real": tf.reshape(points, (count, turns, dimensions))}

    return Batches(at, {"dimensions": dimensions}, EPOCH)
