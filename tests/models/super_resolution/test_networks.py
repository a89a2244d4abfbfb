"""The networks of Ledig et al. 2017, figure 4, recomputed in NumPy, and their sizes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core.trained import parameter_count
from models.super_resolution import networks
from models.super_resolution.configs import SRGANConfig, SRResNetConfig
from pipelines.bicubic import bicubic_matrix
from tests.models.operations import convolve, leaky_relu
from tests.worlds import tiny


def test_as_many_parameters_as_the_figure_has():
    # 16 blocks of 64; PReLU with a slope for each channel: 1,197 more than with one for each layer.
    assert parameter_count(networks.generator(SRResNetConfig())) == 1_549_462 + 1_197
    # Of 96 pixels: 18.9 million in the dense layer of 6 x 6 x 512 inputs.
    assert parameter_count(networks.discriminator(SRGANConfig())) == 23_565_505


def random_weights(network, seed=0):
    rng = np.random.default_rng(seed)
    for variable in network.weights:
        if "variance" in variable.path:
            variable.assign(rng.uniform(0.5, 2.0, variable.shape))
        else:
            scale = np.prod(variable.shape[:-1]) ** -0.5 if len(variable.shape) > 1 else 0.5
            variable.assign(rng.normal(size=variable.shape) * scale)
    return network


def shuffled(x):
    """Shi et al. 2016, equation 4: of four channels, the first goes to the top left, the second to its right."""
    batch, height, width, channels = x.shape
    blocks = x.reshape(batch, height, width, 2, 2, channels // 4)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(batch, 2 * height, 2 * width, channels // 4)


class Weights:
    """The weights of a network in the order in which its layers were made."""

    def __init__(self, network):
        self.left = [np.asarray(weight, np.float64) for weight in network.weights]

    def convolution(self, x, strides=1):
        kernel, bias = self.left.pop(0), self.left.pop(0)
        return convolve(x, kernel, strides) + bias

    def prelu(self, x):
        slope = self.left.pop(0)
        return np.maximum(x, 0) + slope * np.minimum(x, 0)

    def normalized(self, x):
        gamma, beta, mean, variance = (self.left.pop(0) for _ in range(4))
        return gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta

    def dense(self, x):
        kernel, bias = self.left.pop(0), self.left.pop(0)
        return x @ kernel + bias


def matlabs(image, factor):
    """(B, h, w, c) floats enlarged by MATLAB's weights, not rounded."""
    rows, columns = (bicubic_matrix(side, factor * side) for side in image.shape[1:3])
    return np.einsum("ij,bjkc,lk->bilc", rows, np.asarray(image, np.float64), columns)


@pytest.mark.parametrize(
    "changes",
    [{"blocks": 2}, {"factor": 2}, {"blocks": 0}, {"adds_to_bicubic": True}, {"generator_normalization": "none"}],
    ids=str,
)
def test_the_generator(changes):
    config = tiny("srresnet", **changes)
    network = random_weights(networks.generator(config))
    image = np.random.default_rng(1).uniform(-1, 1, (2, 6, 5, 3))
    r = Weights(network)

    def normalized(x):
        return r.normalized(x) if config.generator_normalization == "batch" else x

    x = first = r.prelu(r.convolution(image))
    for _ in range(config.blocks):
        branch = r.prelu(normalized(r.convolution(x)))
        x = x + normalized(r.convolution(branch))
    x = first + normalized(r.convolution(x))
    for _ in range({2: 1, 4: 2}[config.factor]):
        x = r.prelu(shuffled(r.convolution(x)))
    x = r.convolution(x)
    if config.adds_to_bicubic:
        x = x + matlabs(image, config.factor)
    assert not r.left
    found = network({"image": image.astype(np.float32)}, training=False)
    np.testing.assert_allclose(found, x, rtol=1e-3, atol=1e-4)


def test_the_discriminator():
    config = tiny("srgan", discriminator_units=5)
    network = random_weights(networks.discriminator(config))
    image = np.random.default_rng(1).uniform(-1, 1, (2, config.image_size, config.image_size, 3))
    r = Weights(network)
    x = leaky_relu(r.convolution(image))
    for strides in (2, 1, 2, 1, 2, 1, 2):
        x = leaky_relu(r.normalized(r.convolution(x, strides)))
    x = leaky_relu(r.dense(x.reshape(len(x), -1)))
    logits = r.dense(x)
    assert not r.left
    found = network({"image": image.astype(np.float32)}, training=False)
    np.testing.assert_allclose(found, logits, rtol=1e-3, atol=1e-4)


def test_what_is_added_to_the_bicubic_enlargement_is_nothing_at_first():
    keras.utils.set_random_seed(0)
    network = networks.generator(tiny("srresnet", adds_to_bicubic=True))
    image = tf.random.stateless_uniform((1, 8, 8, 3), (0, 0))
    np.testing.assert_allclose(network({"image": image}), matlabs(image, 4), atol=1e-6)
    # Of pictures of a single row, too.
    np.testing.assert_allclose(network({"image": image[:, :1]}), matlabs(image[:, :1], 4), atol=1e-6)


def test_without_normalization_deep_networks_do_not_grow_with_every_block():
    image, spread = tf.random.stateless_uniform((1, 12, 12, 3), (0, 0)), {}
    for blocks in (1, 16):
        keras.utils.set_random_seed(0)
        config = SRResNetConfig(generator_normalization="none", blocks=blocks, generator_width=16)
        spread[blocks] = float(tf.math.reduce_std(networks.generator(config)({"image": image})))
    assert spread[16] < 2 * spread[1]
