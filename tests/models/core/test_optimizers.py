"""The fused Adam against Keras's, and the rising momentum by hand."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.strategy import mirrored
from models.core import optimizers
from tests.models.optimizer_tables import MAGNITUDES, TINY, Adam


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


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize("first", [0.5, 0.0])
def test_a_momentum_that_rises_by_hand(first, replicas):
    strategy = mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")[:replicas]))
    with strategy.scope():
        optimizer = optimizers.RisingMomentum(0.1, first, 0.7, momentum_epochs=3, steps_per_epoch=2)
        variable = keras.Variable(np.float32(1.0))
        optimizer.build([variable])

    @tf.function
    def step(gradient):
        # Gradients are summed over the replicas.
        strategy.run(lambda: optimizer.apply([gradient / replicas], [variable]))

    position, velocity = 1.0, 0.0
    # Two steps an epoch: the first at the start, the second half of the way, and from the third on the end.
    for number, momentum in enumerate([first] * 2 + [(first + 0.7) / 2] * 2 + [0.7] * 4):
        gradient = float(number % 3)
        step(tf.constant(gradient))
        velocity = momentum * velocity - 0.1 * gradient
        position += velocity
        np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), position, rtol=1e-5)


def test_a_momentum_that_does_not_rise_is_keras_s_own():
    rising = functools.partial(
        optimizers.RisingMomentum, momentum=0.5, final_momentum=0.5, momentum_epochs=3, steps_per_epoch=2
    )
    both = mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")[:2]))

    # `trained` calls Adam's beta_1 by its name.
    def as_adam(optimizer):
        return lambda rate, beta_1: optimizer(rate)

    ours = trained(as_adam(rising), both)
    theirs = trained(as_adam(functools.partial(keras.optimizers.SGD, momentum=0.5)), both)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_momentum_that_rises_is_made_again_from_its_configuration():
    optimizer = optimizers.RisingMomentum(0.1, 0.5, 0.7, momentum_epochs=250, steps_per_epoch=500)
    again = optimizers.RisingMomentum.from_config(optimizer.get_config())
    for epoch, momentum in ((0, 0.5), (249, 0.7), (1000, 0.7), (124.5, 0.6)):
        np.testing.assert_allclose(float(again.momentum_at(int(epoch * 500))), momentum, atol=1e-3)


@pytest.mark.parametrize(("beta_1", "beta_2", "epsilon"), [(0.5, 0.999, 1e-8), (0.0, 0.9, 1e-8), (0.9, 0.99, 1e-3)])
@pytest.mark.parametrize("kernel", ["fused", "Keras's"])
def test_both_kernels_of_adam_by_hand(monkeypatch, kernel, beta_1, beta_2, epsilon):
    monkeypatch.setattr(optimizers, "LARGE", 1 if kernel == "fused" else 10**6)
    variable = keras.Variable(np.zeros(10, np.float32))
    optimizer = optimizers.FusedAdam(0.1, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
    optimizer.build([variable])
    gradients = [factor * np.array(MAGNITUDES + TINY) for factor in (1.0, -0.5, 2.0, 0.3)]
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [variable])
    expected = Adam(beta_1, beta_2, epsilon).update(gradients, [0.1] * 4)
    np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-3, atol=1e-7)
