"""Minibatch discrimination by hand, example by example."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core.config import ConfigError
from models.core.minibatch import MinibatchDiscrimination
from models.generation import dcgan, mlp
from tests.worlds import tiny

FEATURES = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


def layer_of(kernels=3, dims=2):
    layer = MinibatchDiscrimination(kernels, dims)
    layer.build((None, 4))
    rng = np.random.default_rng(1)
    layer.set_weights(
        [rng.normal(size=(4, kernels, dims)), rng.normal(size=(kernels, dims)) / 2, rng.normal(size=kernels)]
    )
    return layer


def by_hand(layer, features):
    kernel, log_length, bias = layer.get_weights()
    rows = []
    for i in range(len(features)):
        numbers = []
        for b in range(layer.kernels):
            total = bias[b]
            for j in range(len(features)):
                if j == i:
                    continue
                distance = 0.0
                for c in range(layer.dims):
                    column = np.exp(log_length[b, c]) * kernel[:, b, c] / np.linalg.norm(kernel[:, b, c])
                    distance += abs(features[i] @ column - features[j] @ column)
                total += np.exp(-distance)
            numbers.append(total)
        rows.append([*features[i], *numbers])
    return np.array(rows)


def test_the_formula():
    layer = layer_of()
    np.testing.assert_allclose(layer(FEATURES), by_hand(layer, FEATURES), rtol=1e-4, atol=1e-5)
    # As it begins: lengths of 1, biases of -1.
    fresh = MinibatchDiscrimination(2, 3)
    fresh.build((None, 4))
    assert np.all(fresh.get_weights()[1] == 0)
    assert np.all(fresh.get_weights()[2] == -1)


def test_averaged_it_is_the_mean_over_the_others():
    layer = layer_of()
    averaged = MinibatchDiscrimination(3, 2, averaged=True)
    averaged.build((None, 4))
    averaged.set_weights(layer.get_weights())
    bias = layer.get_weights()[2]
    summed = layer(FEATURES)[:, 4:] - bias
    np.testing.assert_allclose(averaged(FEATURES)[:, 4:] - bias, summed / 4, rtol=1e-4, atol=1e-6)
    again = MinibatchDiscrimination.from_config(averaged.get_config())
    assert again.averaged
    # Of one example there is no other.
    np.testing.assert_allclose(averaged(FEATURES[:1])[:, 4:] - bias, 0.0, atol=1e-6)
    assert tiny("gan_2d", minibatch_kernels=3, minibatch_average=True).minibatch_average
    with pytest.raises(ConfigError, match=r"minibatch_average goes with minibatch_kernels"):
        tiny("gan_2d", minibatch_average=True)


@pytest.mark.parametrize("average", [False, True])
def test_the_configuration_says_whether_it_averages(average):
    config = tiny("gan_2d", dimensions=2, minibatch_kernels=3, minibatch_average=average)
    network = mlp.point_discriminator(config)
    layers = [layer for layer in network.layers if isinstance(layer, MinibatchDiscrimination)]
    assert [layer.averaged for layer in layers] == [average]


def test_examples_that_are_alike_are_seen_to_be():
    layer = layer_of()
    alike = np.repeat(FEATURES[:1], 5, axis=0)
    # Each of the four others counts for 1.
    np.testing.assert_allclose(layer(alike)[:, 4:] - layer.get_weights()[2], 4.0, rtol=1e-5)
    assert np.all(layer(FEATURES)[:, 4:] < layer(alike)[:, 4:])


@pytest.mark.parametrize("network", [dcgan, mlp])
def test_a_discriminator_looks_at_the_batch_only_if_it_is_asked_to(network):
    # Of a contrast at which small initial weights do not make all features alike.
    image = tf.constant(np.random.default_rng(2).uniform(-30, 30, (4, 16, 16, 1)), tf.float32)
    others = tf.concat([image[:1], tf.repeat(image[:1], 3, axis=0)], axis=0)
    for kernels in (0, 6):
        config = tiny("dcgan", image_size=16, channels=1, minibatch_kernels=kernels, discriminator_normalization="none")
        discriminator = network.discriminator(config)
        found = [discriminator({"image": batch}, training=True)[0] for batch in (image, others)]
        assert np.allclose(*found, rtol=0, atol=1e-6) == (kernels == 0)
        assert any(isinstance(layer, MinibatchDiscrimination) for layer in discriminator.layers) == (kernels > 0)


def test_a_discriminator_of_points_can_look_at_the_batch():
    config = tiny("gan_2d", dimensions=2, minibatch_kernels=6)
    discriminator = mlp.point_discriminator(config)
    points = np.random.default_rng(3).normal(size=(4, 2)).astype(np.float32)
    alike = np.repeat(points[:1], 4, axis=0)
    first, second = (discriminator({"image": batch})[0] for batch in (points, alike))
    assert abs(float(first[0]) - float(second[0])) > 1e-4
    saved = keras.models.model_from_json(discriminator.to_json())
    saved.set_weights(discriminator.get_weights())
    np.testing.assert_allclose(saved({"image": points}), discriminator({"image": points}), rtol=1e-5)


def test_penalties_are_of_one_example_alone():
    with pytest.raises(ConfigError, match=r"penalty requires minibatch_kernels=0.*Received: penalty=r1 and .*=6"):
        tiny("gan_2d", penalty="r1", minibatch_kernels=6)
