"""Spectral normalization with the paper's gradient (Miyato et al. 2018, section 2.1)."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core import spectral
from models.core.adversarial import FAKE, REAL
from models.generation.gan import ImageGAN
from models.image_to_image.cyclegan import CycleGAN
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
def test_sigma_is_the_largest_singular_value_and_the_kernel_is_unchanged(layer):
    layer.kernel.assign(np.random.default_rng(0).normal(size=layer.kernel.shape))
    before = layer.kernel.numpy()
    layer.iterate(spectral.WARM_UP)
    assert float(layer.sigma()) == pytest.approx(largest_singular_value(layer), rel=0.01)
    np.testing.assert_array_equal(layer.kernel, before)


def test_a_step_tracks_the_weights():
    """One power iteration per turn: near sigma while the weights change, and within 1% once they are fixed."""
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


def test_dense_by_hand_with_the_gradient_through_sigma():
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
    # W / sigma(W) does not depend on the scale of W: the gradient is orthogonal to W (equation 12).
    assert abs(float(tf.reduce_sum(gradient * dense.kernel.value))) < 1e-3 * float(tf.norm(gradient))


@pytest.mark.parametrize("strides", [1, 2])
def test_convolution_by_hand_with_the_gradient_through_sigma(strides):
    layer = spectral.SpectralConvolution(5, 3, strides=strides, padding="same")
    x = tf.constant(np.random.default_rng(1).normal(size=(2, 6, 6, 4)), tf.float32)
    layer(x)
    layer.kernel.assign(np.random.default_rng(0).normal(size=(3, 3, 4, 5)))
    layer.bias.assign(np.arange(5.0))
    layer.iterate(200)
    kernel = tf.constant(layer.kernel.numpy())
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x) ** 2)
    with tf.GradientTape() as by_hand:
        by_hand.watch(kernel)
        # The same function of the kernel, its largest singular value included.
        sigma = tf.linalg.svd(tf.reshape(kernel, (-1, 5)), compute_uv=False)[0]
        expected = tf.nn.conv2d(x, kernel / sigma, strides, "SAME") + tf.range(5.0)
        squares = tf.reduce_sum(expected**2)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)
    gradient = by_hand.gradient(squares, kernel)
    largest = np.abs(gradient).max()
    np.testing.assert_allclose(tape.gradient(loss, layer.kernel.value), gradient, rtol=1e-2, atol=1e-3 * largest)


class SpectralGAN(ImageGAN):
    """A GAN whose generator has spectral layers too, one of them in a nested network."""

    def build_networks(self):
        super().build_networks()
        latent = keras.Input((self.config.input_dim,), name="latent")
        inner = keras.Sequential([keras.Input((12,)), spectral.SpectralDense(8 * 8 * 4), keras.layers.ReLU()])
        x = keras.layers.Reshape((8, 8, 4))(inner(spectral.SpectralDense(12)(latent)))
        x = spectral.SpectralConvolution(3, 3, padding="same")(keras.layers.UpSampling2D(4)(x))
        self.generator = keras.Model({"latent": latent}, keras.layers.Activation("tanh")(x), name="generator")


def spectral_gan():
    keras.utils.set_random_seed(0)
    model = SpectralGAN(tiny("sngan", channels=3, average_decay=0.5, learning_rate=0.02, discriminator_steps=1))
    model.compile()
    return model, {"real": tf.random.stateless_uniform((4, 1, 32, 32, 3), [0, 1], -1.0, 1.0)}


@pytest.mark.parametrize(("player", "other"), [("generator", "discriminator"), ("discriminator", "generator")])
def test_a_players_step_iterates_its_own_singular_vectors_only(player, other):
    model, batch = spectral_gan()
    layers_of = {name: spectral.spectral_layers(getattr(model, name)) for name in (player, other)}
    before = {name: [layer.left.numpy() for layer in found] for name, found in layers_of.items()}
    turn = next(model.turns(batch))
    with tf.GradientTape() as tape:
        real, fake = model.score(turn, turn.real, REAL), model.score(turn, model.generate(turn), FAKE)
        loss = tf.reduce_mean(real) - tf.reduce_mean(fake)
    model.minimize(loss, tape, player)
    for name, is_moved in ((player, True), (other, False)):
        assert before[name]
        for layer, left in zip(layers_of[name], before[name], strict=True):
            assert (layer.left.numpy() != left).any() == is_moved, (name, layer.name)


def test_the_singular_vectors_of_any_network_and_of_its_average_are_those_of_its_kernels():
    model, batch = spectral_gan()
    networks = (model.generator, model.discriminator, model.averaged_generator)
    found = [layer for network in networks for layer in spectral.spectral_layers(network)]
    assert len(found) == 3 + 4 + 3
    start = [largest_singular_value(layer) for layer in found]
    # Warmed up, the average too.
    np.testing.assert_allclose([float(layer.sigma()) for layer in found], start, rtol=0.01)
    step = tf.function(model.train_step)
    for _ in range(10):
        step(batch)
    now = [largest_singular_value(layer) for layer in found]
    assert (np.abs(np.divide(now, start) - 1) > 0.01).all()
    # An average of singular vectors would be shorter.
    np.testing.assert_allclose([tf.norm(layer.left) for layer in found], 1.0, rtol=1e-5)
    # Once the weights are fixed, the steps' power iterations converge to those of the last ones.
    for player in model.players:
        optimizer = keras.optimizers.SGD(0.0)
        optimizer.build(model.player_variables(player))
        setattr(model, f"{player}_optimizer", optimizer)
    step = tf.function(model.train_step)
    for _ in range(60):
        step(batch)
    now = [largest_singular_value(layer) for layer in found]
    np.testing.assert_allclose([float(layer.sigma()) for layer in found], now, rtol=0.02)


def test_all_networks_of_a_player_are_iterated(monkeypatch):
    iterated = []
    monkeypatch.setattr(spectral, "iterate", lambda network, count=1: iterated.append((network.name, count)))
    model = CycleGAN(tiny("cyclegan"))
    model.compile()
    generators, discriminators = ["generator", "backward_generator"], ["discriminator", "backward_discriminator"]
    assert iterated == [(name, spectral.WARM_UP) for name in generators + discriminators]
    iterated.clear()
    side = tf.random.stateless_uniform((4, 32, 32, 3), [0, 1], -1.0, 1.0)
    model.train_step({"a": side, "b": -side})
    assert iterated == [(name, 1) for name in generators + discriminators]


def test_the_presets_own_network_starts_within_one_percent():
    config = dataclasses.replace(PRESETS["sngan"].resolve("fashion_mnist"), channels=1)
    for layer in spectral.spectral_layers(ImageGAN(config).discriminator):
        assert float(layer.sigma()) == pytest.approx(largest_singular_value(layer), rel=0.01), layer.name


def test_it_can_be_saved(tmp_path):
    model = ImageGAN(tiny("sngan", channels=3)).discriminator
    model.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    image = {"image": tf.random.stateless_uniform((2, 32, 32, 3), [0, 1])}
    np.testing.assert_array_equal(loaded(image), model(image))


@pytest.mark.parametrize("make", [lambda: spectral.SpectralDense(3), lambda: spectral.SpectralConvolution(3, 2)])
def test_a_kernel_of_zeros_is_no_nan_and_can_leave_zero(make):
    layer = make()
    inputs = tf.ones((2, 4) if isinstance(layer, spectral.SpectralDense) else (2, 4, 4, 2))
    layer.build(inputs.shape)
    layer.kernel.assign(tf.zeros_like(layer.kernel))
    layer.iterate(3)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(inputs))
    gradient = tape.gradient(loss, layer.kernel.value)
    assert float(loss) == 0.0
    # That of the plain layer.
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).min() > 0.5
    layer.kernel.assign(tf.random.stateless_normal(layer.kernel.shape, [0, 0]))
    layer.iterate(50)
    np.testing.assert_allclose(layer.sigma(), np.linalg.svd(layer.matrix(), compute_uv=False)[0], rtol=1e-3)
