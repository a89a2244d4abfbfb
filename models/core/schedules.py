"""Learning rates as functions of the optimizer's own step, so that a resumed run continues where it stopped."""

import math

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan")
class HalvingSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate halved at the beginning of every `halving_epochs`-th epoch; 0 keeps it constant.

    Epochs are counted from 1, as in the code of Reed et al. 2016 (`epoch % opt.decay_every == 0`): with 100, the first
    99 epochs have the whole rate, the 100th to the 199th half of it.
    """

    def __init__(self, learning_rate: float, halving_epochs: int, steps_per_epoch: int):
        self.learning_rate, self.halving_epochs = learning_rate, halving_epochs
        self.steps_per_epoch = steps_per_epoch

    def __call__(self, step):
        """The learning rate at a step (from 0), a float32 scalar."""
        if not self.halving_epochs:
            return tf.constant(self.learning_rate, tf.float32)
        epoch = tf.cast(step, tf.int64) // self.steps_per_epoch + 1
        return self.learning_rate * tf.pow(0.5, tf.cast(epoch // self.halving_epochs, tf.float32))

    def get_config(self):
        """The constructor's arguments."""
        return {
            "learning_rate": self.learning_rate,
            "halving_epochs": self.halving_epochs,
            "steps_per_epoch": self.steps_per_epoch,
        }


@keras.saving.register_keras_serializable("gan")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that is constant for some periods, then falls linearly to 0 over others.

    A period is one step or, with `period_steps`, an epoch of as many: the rate is constant within it. With 0 decay
    periods the rate never falls.
    """

    def __init__(self, learning_rate: float, constant_periods: int, decay_periods: int, period_steps: int = 1):
        self.learning_rate, self.period_steps = learning_rate, period_steps
        self.constant_periods, self.decay_periods = constant_periods, decay_periods

    def __call__(self, step):
        """The learning rate at a step (from 0), a float32 scalar."""
        if not self.decay_periods:
            return tf.constant(self.learning_rate, tf.float32)
        period = tf.cast(step, tf.int64) // self.period_steps
        left = tf.cast(self.constant_periods + self.decay_periods - period, tf.float32)
        return self.learning_rate * tf.clip_by_value(left / self.decay_periods, 0.0, 1.0)

    def get_config(self):
        """The constructor's arguments."""
        return {
            "learning_rate": self.learning_rate,
            "constant_periods": self.constant_periods,
            "decay_periods": self.decay_periods,
            "period_steps": self.period_steps,
        }


@keras.saving.register_keras_serializable("gan")
class ExponentialDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate multiplied by `factor` after every `period_steps`, until it has fallen to `minimum`."""

    def __init__(self, learning_rate: float, factor: float, minimum: float = 0.0, period_steps: int = 1):
        self.learning_rate, self.factor, self.minimum = learning_rate, factor, minimum
        self.period_steps = period_steps

    def __call__(self, step):
        """The learning rate at a step, a float32 scalar."""
        # A power of a factor near 1: by its logarithm, which float32 represents more accurately than the factor.
        period = tf.cast(tf.cast(step, tf.int64) // self.period_steps, tf.float32)
        rate = self.learning_rate * tf.exp(period * math.log(self.factor))
        # A rate that is smaller from the beginning is not raised.
        return tf.maximum(rate, min(self.minimum, self.learning_rate))

    def get_config(self):
        """The constructor's arguments."""
        return {
            "learning_rate": self.learning_rate,
            "factor": self.factor,
            "minimum": self.minimum,
            "period_steps": self.period_steps,
        }
