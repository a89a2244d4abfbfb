"""What a model logs: the running mean of each value, and the first step at which one of them was not finite."""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf


class Logs:
    """The running means of named scalars, kept on the device: only the methods that say so block the host.

    Make it within the strategy's scope. Each replica keeps its own means, which Keras averages over the replicas.

    Args:
        names: the names of the values, in the order in which they are checked.
    """

    def __init__(self, names: tuple[str, ...]):
        self.metrics = [keras.metrics.Mean(name=name) for name in names]
        self.non_finite_step = replica_local(tf.zeros((), tf.int64))
        self.non_finite_means = replica_local(tf.zeros(len(names)))

    def update(self, values: Mapping[str, tf.Tensor], step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Add a step's values (scalars); returns their running means.

        A mean is first not finite at the step whose value is not (or at which the sum overflows); the flag keeps
        that step and its means.

        Args:
            values: a scalar for each name.
            step: () int64, counted from 1.
        """
        for metric in self.metrics:
            metric.update_state(values[metric.name])
        means = {metric.name: metric.result() for metric in self.metrics}
        stacked = tf.stack(list(means.values()))
        first = tf.equal(self.non_finite_step, 0) & ~tf.reduce_all(tf.math.is_finite(stacked))
        self.non_finite_step.assign(tf.where(first, step, self.non_finite_step))
        self.non_finite_means.assign(tf.where(first, stacked, self.non_finite_means))
        return means

    def first_non_finite(self) -> tuple[int, str, float] | None:
        """Step, name and value of the first mean that was not finite on any replica; None if all were finite.

        Waits for the device.
        """
        pairs = zip(copies(self.non_finite_step), copies(self.non_finite_means), strict=True)
        flagged = [(int(step.numpy()), means.numpy()) for step, means in pairs if step.numpy()]
        if not flagged:
            return None
        step, means = min(flagged, key=lambda pair: pair[0])
        index = int(np.flatnonzero(~np.isfinite(means))[0])
        return step, self.metrics[index].name, float(means[index])

    @property
    def state(self) -> np.ndarray:
        """(names, 2, replicas) float32: total and count of every mean on every replica. Waits for the device."""
        return np.array(
            [[[copy.numpy() for copy in copies(part)] for part in metric.variables] for metric in self.metrics]
        )

    @state.setter
    def state(self, state: np.ndarray):
        """Continue with these means; those of another number of replicas are left out."""
        if state.shape != self.state.shape:
            return
        for metric, parts in zip(self.metrics, state, strict=True):
            for variable, values in zip(metric.variables, parts, strict=True):
                for copy, value in zip(copies(variable), values, strict=True):
                    copy.assign(value)


def replica_local(value: tf.Tensor) -> tf.Variable:
    """A variable of which each replica has its own copy. It is no weight of the model: checkpoints do not hold it."""
    return tf.Variable(
        value,
        trainable=False,
        synchronization=tf.VariableSynchronization.ON_READ,
        aggregation=tf.VariableAggregation.SUM,
    )


def copies(variable: keras.Variable | tf.Variable) -> tuple[tf.Variable, ...]:
    """A variable's copy on each replica."""
    own = variable.value if isinstance(variable, keras.Variable) else variable
    return getattr(own, "values", (own,))
