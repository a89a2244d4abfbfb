"""Spectral normalization with the paper's gradient (Miyato et al. 2018, section 2.1)."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core import spectral
from models.generation.gan import ImageGAN
from models.registry import PRESETS
from tests.worlds import tiny


def layers():
    convolution = spectral.SpectralConvolution(6, 3, padding="same")
    convolution.build((None, 8, 8, 4))
    dense = spectral.SpectralDense(5)
    dense.build((None, 12))
    return [convolution, dense]


def largest_singular_value(layer):
    kernel = layer.kernel.numpy()
    return np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]


@pytest.mark.parametrize("layer", layers(), ids=lambda layer: layer.name)
def test_what_it_computes_with_has_a_largest_singular_value_of_one(layer):
    layer.kernel.assign(np.random.default_rng(0).normal(size=layer.kernel.shape))
    before = layer.kernel.numpy()
    layer.iterate(spectral.WARM_UP)
    assert float(layer.sigma()) == pytest.approx(largest_singular_value(layer), rel=0.01)
    np.testing.assert_array_equal(layer.kernel, before)


def test_a_step_keeps_up_with_the_weights():
    """One power iteration a turn: near one while the weights move, and within 1% of it once they stand still."""
    config = tiny("sngan", channels=3, discriminator_steps=1)
    model = ImageGAN(config)
    model.compile()
    batch = {"real": tf.random.stateless_uniform((4, 1, 32, 32, 3), [0, 1], -1.0, 1.0)}
    step = tf.function(model.train_step)
    for _ in range(60):
        step(batch)
    found = spectral.spectral_layers(model.discriminator)
    assert len(found) >= 4
    for tolerance in (0.15, 0.01):
        for layer in found:
            assert float(layer.sigma()) == pytest.approx(largest_singular_value(layer), rel=tolerance), layer.name
        spectral.iterate(model.discriminator, spectral.WARM_UP)


def test_dense_by_hand_and_its_gradient_passes_through_sigma():
    dense = spectral.SpectralDense(5)
    x = tf.constant(np.random.default_rng(1).normal(size=(3, 12)), tf.float32)
    dense(x)
    dense.kernel.assign(np.random.default_rng(0).normal(size=(12, 5)))
    dense.iterate(200)
    np.testing.assert_allclose(
        dense(x), x.numpy() @ dense.kernel.numpy() / largest_singular_value(dense), rtol=1e-4, atol=1e-5
    )
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(dense(x) ** 2)
    gradient = tape.gradient(loss, dense.kernel.value)
    # W / sigma(W) does not change with the size of W: along W there is no slope (equation 12).
    assert abs(float(tf.reduce_sum(gradient * dense.kernel.value))) < 1e-3 * float(tf.norm(gradient))


def test_only_the_discriminators_turn_moves_the_singular_vectors():
    model = ImageGAN(tiny("sngan", channels=3))
    model.compile()
    layer = spectral.spectral_layers(model.discriminator)[0]
    kernel, start = layer.kernel.numpy(), layer.left.numpy()
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(model.score({}, 0, model.generate(model.sample_latent(4), {})))
    model.minimize(loss, tape, "generator")
    np.testing.assert_array_equal(layer.left, start)
    np.testing.assert_array_equal(layer.kernel, kernel)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.score({}, 0, tf.ones((4, 32, 32, 3))))
    model.discriminator_turn(loss, tape)
    assert (layer.kernel.numpy() != kernel).any()
    assert (layer.left.numpy() != start).any()


def test_the_presets_own_network_begins_within_one_percent():
    config = dataclasses.replace(PRESETS["sngan"].resolve("fashion_mnist"), channels=1)
    for layer in spectral.spectral_layers(ImageGAN(config).discriminator):
        assert float(layer.sigma()) == pytest.approx(largest_singular_value(layer), rel=0.01), layer.name


def test_it_can_be_saved(tmp_path):
    model = ImageGAN(tiny("sngan", channels=3)).discriminator
    model.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    image = {"image": tf.random.stateless_uniform((2, 32, 32, 3), [0, 1])}
    np.testing.assert_array_equal(loaded(image), model(image))
