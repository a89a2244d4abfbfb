"""A sampler of styles whose arithmetic is known: the style is an image's mean color."""

import types

import keras
import numpy as np
import tensorflow as tf

from serving.styles import StyleSampler


def sampler():
    image = keras.Input((4, 4, 3), name="image")
    encoder = keras.Model({"image": image}, keras.layers.GlobalAveragePooling2D()(image))
    drawn = types.SimpleNamespace(networks=[], encoder=None, text_shape=(2,), draw=lambda inputs, seed: inputs)
    return StyleSampler(encoder, drawn)


def test_a_style_is_of_the_middle_square():
    square = np.random.default_rng(0).integers(0, 256, (1, 4, 4, 3), np.uint8)
    expected = square.mean(axis=(1, 2)) / 127.5 - 1.0
    np.testing.assert_allclose(sampler().styles_of(square), expected, atol=1e-5)
    for pad in (((0, 0), (0, 0), (2, 2), (0, 0)), ((0, 0), (3, 3), (0, 0), (0, 0))):
        framed = np.pad(square, pad, constant_values=255)
        np.testing.assert_array_equal(sampler().squared(tf.constant(framed)), square)
    # Of another size it is resized, which keeps a plain color.
    plain = np.full((1, 8, 12, 3), 51, np.uint8)
    np.testing.assert_allclose(sampler().styles_of(plain), np.full((1, 3), 51 / 127.5 - 1.0), atol=1e-5)


def test_the_noise_is_the_style_of_each_image_or_one_that_is_given():
    images = np.random.default_rng(1).integers(0, 256, (3, 4, 4, 3), np.uint8)
    drawn = sampler().draw({"images": images, "embeddings": np.zeros((3, 2))}, 5)
    np.testing.assert_allclose(drawn["latent"], images.mean(axis=(1, 2)) / 127.5 - 1.0, atol=1e-5)
    given = sampler().draw({"styles": np.ones((3, 3)), "captions": ["a", "b", "c"]}, 5)
    assert (given["captions"], given["latent"].tolist()) == (["a", "b", "c"], [[1.0] * 3] * 3)
