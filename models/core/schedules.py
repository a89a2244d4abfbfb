"""Learning rates as functions of the optimizer's own step, so that a resumed run continues where it stopped."""

import math

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan")
class HalvingSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate halved every `halving_steps` steps; 0 keeps it constant."""

    def __init__(self, learning_rate: float, halving_steps: int):
        self.learning_rate, self.halving_steps = learning_rate, halving_steps

    def __call__(self, step):
        """The learning rate at a step, a float32 scalar."""
        if not self.halving_steps:
            return tf.constant(self.learning_rate, tf.float32)
        halvings = tf.cast(tf.cast(step, tf.int64) // self.halving_steps, tf.float32)
        return self.learning_rate * tf.pow(0.5, halvings)

    def get_config(self):
        """The constructor's arguments."""
        return {"learning_rate": self.learning_rate, "halving_steps": self.halving_steps}


@keras.saving.register_keras_serializable("gan")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that is constant for `constant_steps`, then falls linearly to 0 over `decay_steps`.

    With 0 decay steps it is constant.
    """

    def __init__(self, learning_rate: float, constant_steps: int, decay_steps: int):
        self.learning_rate, self.constant_steps, self.decay_steps = learning_rate, constant_steps, decay_steps

    def __call__(self, step):
        """The learning rate at a step, a float32 scalar."""
        if not self.decay_steps:
            return tf.constant(self.learning_rate, tf.float32)
        left = tf.cast(self.constant_steps + self.decay_steps, tf.float32) - tf.cast(step, tf.float32)
        return self.learning_rate * tf.clip_by_value(left / self.decay_steps, 0.0, 1.0)

    def get_config(self):
        """The constructor's arguments."""
        return {
            "learning_rate": self.learning_rate,
            "constant_steps": self.constant_steps,
            "decay_steps": self.decay_steps,
        }


@keras.saving.register_keras_serializable("gan")
class ExponentialDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate multiplied by `factor` at every step."""

    def __init__(self, learning_rate: float, factor: float):
        self.learning_rate, self.factor = learning_rate, factor

    def __call__(self, step):
        """The learning rate at a step, a float32 scalar."""
        # A power of a factor near 1: by its logarithm, which float32 represents more accurately than the factor.
        return self.learning_rate * tf.exp(tf.cast(step, tf.float32) * math.log(self.factor))

    def get_config(self):
        """The constructor's arguments."""
        return {"learning_rate": self.learning_rate, "factor": self.factor}
