"""Virtual batch normalization in NumPy's words, and what it is for: an image does not depend on its batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core.virtual import VirtualBatchNormalization
from models.generation.latent import latents
from tests.models.steps import batch_of, plain

ROWS = 4


def by_hand(x, gamma, beta):
    """Example by example: the statistics of the reference batch count as often as it has rows, the example's once."""
    reference, made = x[:ROWS], []
    axes = tuple(range(x.ndim - 1))
    mean, square = reference.mean(axis=axes), (reference**2).mean(axis=axes)
    for row, example in enumerate(x):
        own = tuple(range(example.ndim - 1))
        if row < ROWS:
            m, q = mean, square
        else:
            m = (example.mean(axis=own) + ROWS * mean) / (ROWS + 1)
            q = ((example**2).mean(axis=own) + ROWS * square) / (ROWS + 1)
        made.append((example - m) / np.sqrt(q - m**2 + 1e-5) * gamma + beta)
    return np.stack(made)


@pytest.mark.parametrize("shape", [(7, 5), (7, 3, 2, 5)])
def test_the_formula(shape):
    rng = np.random.default_rng(0)
    x = rng.normal(2.0, 3.0, shape).astype(np.float32)
    layer = VirtualBatchNormalization(ROWS)
    layer.build(shape)
    gamma, beta = rng.normal(size=(2, 5)).astype(np.float32)
    layer.set_weights([gamma, beta])
    np.testing.assert_allclose(layer(x), by_hand(x, gamma, beta), rtol=1e-4, atol=1e-4)


def virtual(network, **changes):
    return plain("dcgan", network=network, generator_normalization="virtual", reference_batch=ROWS, **changes)


def varied(model):
    """Numbers between 0 and 1 for the scales, so that no map is all but constant."""
    for variable in model.generator.trainable_variables:
        if variable.path.endswith("gamma"):
            variable.assign(tf.ones_like(variable))
    return model


@pytest.mark.parametrize("network", ["mlp", "dcgan", "resnet"])
def test_an_image_depends_on_its_noise_and_not_on_its_batch(network):
    model = varied(virtual(network))
    latent = np.random.default_rng(0).uniform(-1, 1, (6, 5)).astype(np.float32)
    together = model.generator({"latent": latent}, training=True)
    assert together.shape == (6, 8, 8, 1)
    for row in range(6):
        alone = model.generator({"latent": latent[row : row + 1]}, training=True)
        np.testing.assert_allclose(alone[0], together[row], atol=1e-5)
    # Training or not: there is nothing but the reference batch.
    np.testing.assert_allclose(model.generator({"latent": latent}, training=False), together, atol=1e-6)
    # By the batch's own statistics, it would.
    usual = plain("dcgan", network=network, generator_normalization="batch")
    changed = (
        usual.generator({"latent": latent}, training=True)[0]
        - usual.generator({"latent": np.concatenate([latent[:1], 3 * latent[1:]])}, training=True)[0]
    )
    assert np.abs(changed).max() > 1e-3


def test_the_reference_batch_is_noise_that_is_not_trained():
    model = virtual("dcgan", conditioning="concatenation", classes=3)
    kept = [model.generator.get_layer(name).reference for name in ("reference", "reference_classes")]
    np.testing.assert_allclose(kept[0], latents(model.config)(ROWS, tf.constant([0, 12])))
    np.testing.assert_array_equal(kept[1], np.eye(3)[[0, 1, 2, 0]])
    before = [np.array(each) for each in kept]
    latent, label = np.ones((2, 5), np.float32), np.array([0, 1])
    made = model.generator({"latent": latent, "label": label})
    kept[0].assign(-kept[0])
    assert np.abs(model.generator({"latent": latent, "label": label}) - made).max() > 1e-4
    kept[0].assign(before[0])
    model.train_step(batch_of(model))
    for old, new in zip(before, kept, strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_copy_has_the_reference_batch():
    model = virtual("dcgan", average_decay=0.9)
    latent = {"latent": np.ones((2, 5), np.float32)}
    model.averaged_generator.set_weights(model.generator.get_weights())
    np.testing.assert_allclose(model.averaged_generator(latent), model.generator(latent), atol=1e-6)
    assert isinstance(model.averaged_generator.get_layer("samples"), keras.layers.Layer)
