"""Historical averaging (Salimans et al. 2016, section 3.3): weights are drawn to the mean of what they have been."""

import keras
import tensorflow as tf

from models.core.average import MovingAverage


class HistoricalMean(MovingAverage):
    """The mean of a network's weights over all updates, the initial weights included."""

    def __init__(self, network: keras.Model):
        super().__init__(network, decay=1.0)

    def rate(self, updates: tf.Tensor) -> tf.Tensor:
        """1 / (t + 1) after t updates: the initial weights are the first of the values."""
        return 1.0 / (1.0 + updates)

    def gradients(self) -> list[tf.Tensor]:
        """Of the squared distance from the mean, the gradient by each trainable variable of the network."""
        means = dict(zip(map(id, self.network.variables), self.average.variables, strict=True))
        return [2.0 * (variable - means[id(variable)]) for variable in self.network.trainable_variables]
