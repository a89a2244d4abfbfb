"""Mean and covariance of features that are never in memory together: batch by batch, and merged."""

from typing import Self

import numpy as np


class Moments:
    """The mean and the sums of products of deviations of all rows that were added, in float64.

    Each batch is centered on its own mean and merged by the pairwise update of Chan, Golub and LeVeque (1983), so that
    features far from zero lose no digits, in whatever order the batches come.

    Args:
        dimensions: d, of a row.

    Attributes:
        count: rows that were added.
        mean: (d,) of them.
    """

    def __init__(self, dimensions: int):
        self.count, self.mean = 0, np.zeros(dimensions)
        self._products = np.zeros((dimensions, dimensions))

    @classmethod
    def of(cls, features: np.ndarray) -> Self:
        """Of (n, d) features."""
        moments = cls(np.shape(features)[1])
        moments.add(features)
        return moments

    def add(self, features: np.ndarray):
        """Count (n, d) more rows.

        Raises:
            ValueError: the wrong shape, or a value that is not finite.
        """
        features = np.asarray(features, np.float64)
        if features.ndim != 2 or features.shape[1] != len(self.mean):
            raise ValueError(f"features must be (n, {len(self.mean)}). Received: shape {features.shape}")
        if not np.isfinite(features).all():
            raise ValueError("features must be finite. Received: NaN or infinity")
        if len(features):
            mean = features.mean(axis=0)
            centered = features - mean
            self._add(len(features), mean, centered.T @ centered)

    def merge(self, other: "Moments"):
        """Count the rows of another one, too."""
        if other.count:
            self._add(other.count, other.mean, other._products)

    def _add(self, count: int, mean: np.ndarray, products: np.ndarray):
        total = self.count + count
        difference = mean - self.mean
        self._products += products
        # The first batch has nothing to differ from.
        self._products += np.outer(difference, difference * (self.count * count / total))
        self.mean = self.mean + difference * (count / total)
        self.count = total

    @property
    def covariance(self) -> np.ndarray:
        """(d, d), divided by n - 1.

        Raises:
            ValueError: fewer than two rows were added.
        """
        if self.count < 2:
            raise ValueError(f"a covariance needs at least 2 rows. Received: {self.count}")
        return self._products / (self.count - 1)
