"""An exponential moving average of a network, which is sampled instead of it."""

import keras
import tensorflow as tf

from models.core import spectral


class MovingAverage:
    """Exponential moving average of a network's weights, batch statistics included.

    The decay is warmed up: at step t it is at most (1 + t) / (10 + t), so that in a short run the random initial
    weights do not dominate the average.
    """

    def __init__(self, network: keras.Model, decay: float):
        self.network, self.decay = network, decay
        self.average = keras.models.clone_model(network)
        # clone_model draws new initial weights.
        self.average.set_weights(network.get_weights())
        self.average.trainable = False

    def rate(self, step: tf.Tensor) -> tf.Tensor:
        """How far the average moves after so many steps, a float."""
        return 1.0 - tf.minimum(self.decay, (1.0 + step) / (10.0 + step))

    def update(self, step: tf.Tensor):
        """Move the average towards the network's current weights."""
        rate = self.rate(tf.cast(step, tf.float32))
        averages = [variable.value for variable in self.average.variables]
        currents = [variable.value for variable in self.network.variables]

        def move(strategy, averages, currents, rate):
            for average, current in zip(averages, currents, strict=True):
                strategy.extended.update(
                    average,
                    lambda average, current, rate: average.assign_add(rate * (current - average)),
                    args=(current, rate),
                )

        tf.distribute.get_replica_context().merge_call(move, args=(averages, currents, rate))
        # Averaged singular vectors are those of no kernel; they must be the averaged kernel's.
        spectral.iterate(self.average)
