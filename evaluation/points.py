"""Points of one or two dimensions: how far from the distribution, and how many of its modes are found."""

import functools

import numpy as np
import tensorflow as tf

from evaluation.evaluator import Data, Evaluator, Outputs
from metrics.modes import mode_figures
from pipelines.batches.points import sample
from serving.latents import LatentSampler


class PointOutputs(Outputs):
    """Generated points, beside as many real ones.

    Args:
        sampler: draws.
        data: `examples` is the mixture of Gaussians; `count` is how many points are drawn.
    """

    def __init__(self, sampler: LatentSampler, data: Data):
        self.sampler, self.data = sampler, data

    def protocol(self):
        """As many of each kind."""
        return {"generated": self.data.count, "real": self.data.count}

    @functools.cached_property
    def generated(self) -> np.ndarray:
        """(n, d) float32."""
        return self.sampler.draw({"count": self.data.count}, self.data.seed)

    @functools.cached_property
    def real(self) -> np.ndarray:
        """(n, d) float32, fresh draws from the distribution."""
        return sample(self.data.examples, self.data.count, tf.constant([self.data.seed, 1])).numpy()


class Moments(Evaluator):
    """In one dimension: mean, standard deviation, and the Wasserstein-1 distance to real points."""

    needs = frozenset({"one_dimension"})
    lower = ("wasserstein_1_distance",)

    def measure(self, outputs, data):
        """Beside mean and deviation of the real points."""
        for name, points in (("", outputs.generated), ("_of_real", outputs.real)):
            yield f"mean{name}", points.mean()
            yield f"deviation{name}", points.std()
        # In one dimension the best transport keeps the order.
        difference = np.sort(outputs.generated[:, 0]) - np.sort(outputs.real[:, 0])
        yield "wasserstein_1_distance", np.abs(difference).mean()


class Modes(Evaluator):
    """In two dimensions: modes found, and the share of high-quality points."""

    needs = frozenset({"two_dimensions"})
    higher = ("modes_found", "high_quality_share", "balance")

    def measure(self, outputs, data):
        """Beside the number of modes."""
        yield from mode_figures(outputs.generated, data.examples.centers, data.examples.deviation).items()
