"""Samples that are drawn with a bar are those without one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from evaluation.drawing import draw
from evaluation.evaluator import Data
from serving.captions import CaptionSampler
from serving.latents import LatentSampler


def generator(**inputs):
    inputs = {name: keras.Input(shape, name=name, dtype=dtype) for name, (shape, dtype) in inputs.items()}
    flat = [keras.layers.Flatten()(keras.layers.Rescaling(0.2)(value)) for value in inputs.values()]
    x = keras.layers.Dense(12, activation="tanh")(keras.layers.Concatenate()(flat))
    return keras.Model(inputs, keras.layers.Reshape((2, 2, 3))(x))


def of_classes():
    network = generator(latent=((4,), "float32"), label=((1,), "int32"))
    flat = keras.Input((), dtype="int32")
    latent = keras.Input((4,))
    network = keras.Model({"latent": latent, "label": flat}, network({"latent": latent, "label": flat[:, None]}))
    sampler = LatentSampler(network, lambda count, seed: tf.random.stateless_normal((count, 4), seed), classes=3)
    return sampler, {"label": np.arange(30, dtype=np.int32) % 3}


def of_captions():
    network = generator(latent=((4,), "float32"), text=((5,), "float32"))
    texts = np.random.default_rng(0).normal(size=(30, 5))
    return CaptionSampler(network, None), {"embeddings": texts.astype(np.float32)}


@pytest.mark.parametrize("kind", [of_classes, of_captions])
def test_the_same_pixels_come_in_parts(kind, capsys):
    keras.utils.set_random_seed(0)
    sampler, inputs = kind()
    whole, parts = (
        draw(sampler, inputs, 30, Data(None, "test", 30, seed=3, shows_progress=shows), 7) for shows in (False, True)
    )
    np.testing.assert_array_equal(whole.pixels, parts.pixels)
    # Every image has noise and a row of its own.
    assert len(np.unique(whole.pixels.reshape(30, -1), axis=0)) == 30
