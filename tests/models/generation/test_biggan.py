"""BigGAN: counts of parameters, where noise and classes go, and the regularization by hand."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core.config import ConfigError
from models.core.spectral import spectral_layers
from models.core.trained import parameter_count
from models.generation import biggan, resnet
from models.generation.class_configs import BigGANConfig
from tests.models.steps import Step, batch_of, plain
from tests.worlds import tiny

SHAPES = {"latent_dim": 9, "image_size": 16, "shared_embedding": 4}


def test_the_networks_have_the_published_counts_of_parameters():
    # ajbrock/BigGAN-PyTorch, launch_cifar_ema.sh, counted layer by layer: ../shared/design/advances.md, section 7.
    config = BigGANConfig(
        channels=3, classes=10, latent_dim=128, shared_embedding=0, hierarchical_latent=False, orthogonal_weight=0.0
    )
    assert parameter_count(biggan.generator(config)) == 4_304_387
    assert parameter_count(resnet.discriminator(config)) == 4_207_361
    # With the paper's embedding each scale and offset is a matrix of it and of 20 numbers of noise.
    shared = dataclasses.replace(config, latent_dim=80, shared_embedding=128, hierarchical_latent=True)
    own, first = 3 * 2 * 2 * 256 * 10, 128 * 4096
    expected = 4_304_387 - own - first + 10 * 128 + 20 * 4096 + 3 * 2 * 2 * 256 * (128 + 20)
    assert parameter_count(biggan.generator(shared)) == expected


def image_of(model, latent, label=0):
    return model.generator({"latent": latent[np.newaxis], "label": np.array([label])}, training=False).numpy()


def test_each_part_of_the_noise_and_the_class_change_the_image():
    model = plain("biggan", **SHAPES)
    latent = np.random.default_rng(0).normal(size=9).astype(np.float32)
    usual = image_of(model, latent)
    for start, end in model.config.latent_slices:
        other = latent.copy()
        other[start:end] *= -1
        assert np.abs(image_of(model, other) - usual).max() > 1e-3
    assert np.abs(image_of(model, latent, label=1) - usual).max() > 1e-3
    assert model.config.latent_slices == [(0, 3), (3, 6), (6, 9)]
    # The part of the beginning does not reach the scales of a block, nor that of a block the beginning.
    beginning = next(layer for layer in model.generator.layers if isinstance(layer, keras.layers.Reshape))
    cut = keras.Model(model.generator.input, beginning.output)
    other = latent.copy()
    other[3:] *= -1
    given = [{"latent": each[np.newaxis], "label": np.array([0])} for each in (latent, other)]
    np.testing.assert_array_equal(*[cut(each) for each in given])


def test_all_but_the_embedding_is_spectrally_normalized():
    model = plain("biggan", **SHAPES)
    normalized = {id(layer.kernel) for layer in spectral_layers(model.generator)}
    kernels = [variable for variable in model.generator.trainable_variables if variable.path.endswith("kernel")]
    others = [variable.path for variable in kernels if id(variable) not in normalized]
    assert len(others) == 1
    assert "embedding" in others[0]


def test_the_regularization_is_the_gradient_of_the_products_of_different_filters():
    kernel = tf.Variable(np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32))
    with tf.GradientTape() as tape:
        filters = [tf.reshape(kernel[..., place], [-1]) for place in range(4)]
        loss = sum(
            tf.reduce_sum(one * other) ** 2
            for place, one in enumerate(filters)
            for other in filters[:place] + filters[place + 1 :]
        )
    expected = tape.gradient(loss, kernel)
    np.testing.assert_allclose(biggan.orthogonal_gradient(tf.convert_to_tensor(kernel)), expected, rtol=1e-4)
    identity = tf.eye(3)
    assert np.all(biggan.orthogonal_gradient(identity) == 0)


def test_the_generators_filters_are_pulled_and_the_embedding_and_the_discriminator_are_not():
    weight, moves, discriminators = 0.3, [], []
    for beta in (0.0, weight):
        keras.utils.set_random_seed(0)
        model = plain("biggan", **SHAPES, discriminator_steps=1, orthogonal_weight=beta, average_decay=0.0)
        before = [variable.numpy() for variable in model.generator.trainable_variables]
        model.train_step(batch_of(model))
        moves.append(
            [variable.numpy() - old for variable, old in zip(model.generator.trainable_variables, before, strict=True)]
        )
        discriminators.append(model.discriminator.get_weights())
    for one, other in zip(*discriminators, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    paths = [variable.path for variable in model.generator.trainable_variables]
    pulled = 0
    for path, old, without, with_term in zip(paths, before, *moves, strict=True):
        expected = without
        if path.endswith("kernel") and "embedding" not in path:
            expected = without - 0.05 * weight * biggan.orthogonal_gradient(tf.constant(old)).numpy()
            pulled += 1
        np.testing.assert_allclose(with_term, expected, rtol=2e-3, atol=2e-5, err_msg=path)
    assert pulled > 5


def test_the_step_is_that_of_a_hinge_gan_with_the_class(monkeypatch):
    model = plain("biggan", **SHAPES, orthogonal_weight=0.0, average_decay=0.0, discriminator_steps=2)
    batch = batch_of(model)
    step = Step(model, batch)
    assert [list(given["label"]) for given in step.given["discriminator"]] == [
        list(batch["label"][:, drawn].numpy()) for drawn in (0, 0, 1, 1, 1)
    ]
    assert [list(given["label"]) for given in step.given["generator"]] == [
        list(batch["label"][:, drawn].numpy()) for drawn in (0, 1, 1)
    ]


def test_what_does_not_go_together_is_refused():
    # What is left over is in the beginning.
    assert BigGANConfig(latent_dim=83).latent_slices == [(0, 23), (23, 43), (43, 63), (63, 83)]
    assert BigGANConfig(latent_dim=83, hierarchical_latent=False).latent_slices == [(0, 83)]
    with pytest.raises(ConfigError, match="hierarchical_latent requires a shared_embedding"):
        BigGANConfig(shared_embedding=0)
    with pytest.raises(ConfigError, match=r"BigGAN has .*Received: minibatch_kernels=2"):
        tiny("biggan", minibatch_kernels=2)


def test_a_scale_is_one_more_than_what_the_condition_gives():
    x, condition = keras.Input((4, 4, 3)), keras.Input((5,))
    network = keras.Model([x, condition], biggan.conditional_normalization(x, condition, is_shared=True))
    for layer in spectral_layers(network):
        layer.kernel.assign(tf.zeros_like(layer.kernel))
    image = np.random.default_rng(0).normal(size=(8, 4, 4, 3)).astype(np.float32)
    found = network([image, np.ones((8, 5), np.float32)], training=True)
    expected = (image - image.mean(axis=(0, 1, 2))) / image.std(axis=(0, 1, 2))
    np.testing.assert_allclose(found, expected, atol=1e-3)
