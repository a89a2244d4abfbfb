"""The fused Adam against Keras's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import optimizers
from tasks.base import mirrored


def trained(optimizer_class, strategy, steps=12):
    """Two variables after some steps on gradients that differ from replica to replica."""
    with strategy.scope():
        variables = [keras.Variable(np.full(shape, 0.5, np.float32)) for shape in ((8, 3), (5,))]
        optimizer = optimizer_class(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5), beta_1=0.5)
        optimizer.build(variables)

    @tf.function
    def step(number):
        def on_a_replica():
            replica = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.float32)
            gradients = [
                tf.random.stateless_normal(variable.shape, (place, number)) + replica
                for place, variable in enumerate(variables)
            ]
            optimizer.apply(gradients, variables)

        strategy.run(on_a_replica)

    for number in range(steps):
        step(tf.constant(number))
    state = [*variables, *optimizer.variables]
    return [keras.ops.convert_to_numpy(variable) for variable in state]


@pytest.mark.parametrize("replicas", [1, 2])
def test_the_same_steps_as_keras(monkeypatch, replicas):
    monkeypatch.setattr(optimizers, "LARGE", 10)
    strategy = mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")[:replicas]))
    ours, theirs = trained(optimizers.FusedAdam, strategy), trained(keras.optimizers.Adam, strategy)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    # It moved.
    assert np.abs(ours[0] - 0.5).mean() > 0.1


def test_large_variables_take_the_kernel_and_small_ones_do_not(monkeypatch):
    monkeypatch.setattr(optimizers, "LARGE", 10)
    taken = []
    kernel = tf.raw_ops.ResourceApplyAdam
    monkeypatch.setattr(
        optimizers.tf.raw_ops, "ResourceApplyAdam", lambda **named: taken.append(named["grad"].shape) or kernel(**named)
    )
    trained(optimizers.FusedAdam, mirrored((tf.config.list_logical_devices("CPU")[0].name,)), steps=1)
    assert taken == [(8, 3)]
