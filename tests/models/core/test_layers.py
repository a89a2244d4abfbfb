"""The layers that the networks share, each by its definition in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core.layers import (
    UPSAMPLINGS,
    BatchStatistics,
    FusedBatchNormalization,
    InstanceNormalization,
    ReflectionPadding,
    SeededDropout,
)
from tests.models.operations import instance_normalization, standardized, upsample
from tests.models.reference import assert_computes, images

MAPS = np.random.default_rng(0).normal(2.0, 3.0, (4, 5, 6, 3)).astype(np.float32)


@pytest.mark.parametrize("shape", [(4, 5, 6, 3), (12, 3)])
def test_batch_normalization_that_is_frozen_uses_its_moving_statistics_and_keeps_them(shape):
    x = MAPS.reshape(-1, *shape[1:])[: shape[0]]
    layer = FusedBatchNormalization(epsilon=1e-5)
    layer(x)
    mean, variance = np.array([1.0, 2.0, 3.0]), np.array([4.0, 0.5, 2.0])
    layer.moving_mean.assign(mean)
    layer.moving_variance.assign(variance)
    layer.trainable = False
    np.testing.assert_allclose(layer(x, training=True), (x - mean) / np.sqrt(variance + 1e-5), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean, mean)
    np.testing.assert_allclose(layer.moving_variance, variance)


def test_the_statistics_of_a_long_training_are_those_of_the_data():
    layer = FusedBatchNormalization(momentum=0.9, epsilon=1e-5)
    for _ in range(120):
        layer(MAPS, training=True)
    np.testing.assert_allclose(layer.moving_mean, MAPS.mean((0, 1, 2)), rtol=1e-3)
    # As in Torch, the unbiased estimate.
    np.testing.assert_allclose(layer.moving_variance, MAPS.var((0, 1, 2), ddof=1), rtol=1e-3)


@pytest.mark.parametrize("training", [False, True])
def test_batch_statistics_are_those_of_the_batch_whether_it_trains_or_not(training):
    layer = BatchStatistics()
    y = layer(MAPS) if not training else keras.Sequential([layer])(MAPS, training=True)
    assert len(layer.variables) == 2
    scale, offset = (variable.numpy() for variable in layer.variables)
    np.testing.assert_allclose(y, standardized(MAPS, (0, 1, 2)) * scale + offset, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("in_graph", [False, True])
def test_instance_normalization_is_of_each_image_alone(count, in_graph):
    layer = InstanceNormalization()
    call = tf.function(layer, input_signature=[tf.TensorSpec((None, 5, 6, 3))]) if in_graph else layer
    assert not layer.variables
    np.testing.assert_allclose(call(MAPS[:count]), instance_normalization(MAPS[:count]), rtol=1e-4, atol=1e-5)


def test_reflection_does_not_repeat_the_border():
    row = np.arange(4, dtype=np.float32).reshape(1, 1, 4, 1)
    padded = ReflectionPadding(2)(np.repeat(row, 4, axis=1)).numpy()
    assert padded.shape == (1, 8, 8, 1)
    assert padded[0, 0, :, 0].tolist() == [2, 1, 0, 1, 2, 3, 2, 1]


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("always", [False, True])
def test_dropout_keeps_the_share_and_the_mean(always, training):
    layer, ones = SeededDropout(0.3, always=always), tf.ones((100, 400))
    y = layer([ones, tf.constant([[1, 2]])], training=training).numpy()
    if not (always or training):
        np.testing.assert_array_equal(y, ones)
        return
    assert np.unique(y).tolist() == pytest.approx([0.0, 1 / 0.7])
    # Of 40,000 units: a standard deviation of 0.0023.
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert np.std((y == 0).mean(axis=1)) > 0.01


def test_dropout_differs_by_seed_and_salt_and_is_the_same_for_both():
    def kept(seed, salt):
        return SeededDropout(0.5, salt)([tf.ones((2, 500)), tf.constant(seed)]).numpy() > 0

    same = kept([[1, 2], [3, 4]], 0)
    np.testing.assert_array_equal(kept([[1, 2], [3, 4]], 0), same)
    # The first row is the seed of the batch.
    np.testing.assert_array_equal(kept([[1, 2], [9, 9]], 0), same)
    for other in (kept([[1, 3], [3, 4]], 0), kept([[2, 2], [3, 4]], 0), kept([[1, 2], [3, 4]], 1)):
        # Independent masks agree on half of the units; of 1,000, a standard deviation of 0.016.
        assert (other == same).mean() == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("how", UPSAMPLINGS)
def test_both_upsamplings_double_the_side(how):
    image = keras.Input((None, None, 3), name="image")
    network = keras.Model({"image": image}, UPSAMPLINGS[how](image, 4, use_bias=True), name=how)
    assert_computes(network, lambda r, image: r.upsampled(how, image, 4, bias=True), {"image": images(2, 5, 6)})


def test_resizing_repeats_pixels():
    image = keras.Input((2, 2, 1))
    network = keras.Model(image, UPSAMPLINGS["resize"](image, 1))
    network.weights[0].assign(np.eye(1).reshape(1, 1, 1, 1) * np.pad([[1.0]], 1)[:, :, None, None])
    x = np.arange(4.0).reshape(1, 2, 2, 1)
    np.testing.assert_allclose(network(x), upsample(x))
