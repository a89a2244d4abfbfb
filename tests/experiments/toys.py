"""Tiny networks with the layer names that experiments look for, whose weights are set by hand where it matters."""

import keras
import numpy as np
from keras import layers

from experiments.networks import images_of

SIDE = 8


def halves(channels=1, classes=None):
    """A generator whose two latents are the tones of an image's left and right halves; a label brightens both."""
    inputs = {"latent": keras.Input((2,), name="latent")}
    x = layers.Dense(2 * SIDE * SIDE, name="dense", use_bias=False)(inputs["latent"])
    x = layers.Reshape((SIDE, SIDE, 2))(x)
    if classes:
        inputs["label"] = keras.Input((), dtype="int32", name="label")
        brightness = layers.Embedding(classes, 1, name="brightness")(inputs["label"])
        x = layers.Add()([x, layers.Reshape((1, 1, 1))(brightness)])
    # Linear, so that the two maps keep the latents' signs.
    x = layers.Activation("linear", name="maps_0")(x)
    x = layers.Conv2D(channels, 1, activation="tanh", name="paint", use_bias=False)(x)
    generator = keras.Model(inputs, x)
    kernel = np.zeros((2, SIDE, SIDE, 2), np.float32)
    kernel[0, :, : SIDE // 2, 0] = kernel[1, :, SIDE // 2 :, 1] = 1.0
    generator.get_layer("dense").set_weights([kernel.reshape(2, -1)])
    generator.get_layer("paint").set_weights([np.ones((1, 1, 2, channels), np.float32)])
    if classes:
        generator.get_layer("brightness").set_weights([np.arange(classes, dtype=np.float32)[:, np.newaxis]])
    return generator


def seen_in_halves(images):
    """A perfect judge of `halves`: whether the left half is bright, and the right."""
    half = images.shape[2] // 2
    return np.stack([images[:, :, :half].mean((1, 2, 3)) > 0, images[:, :, half:].mean((1, 2, 3)) > 0], 1).astype(int)


def squares(maps=8, classes=None):
    """A generator whose map 0 paints a bright square, in the upper left, where the first latent is positive.

    The other maps paint dark spots elsewhere.
    """
    inputs = {"latent": keras.Input((maps,), name="latent")}
    x = layers.Dense(4 * 4 * maps, name="dense", use_bias=False)(inputs["latent"])
    x = layers.Reshape((4, 4, maps))(x)
    x = layers.ReLU(name="maps_0")(x)
    x = layers.UpSampling2D(2)(x)
    x = layers.Conv2D(1, 1, activation="tanh", name="paint", use_bias=False)(x)
    if classes:
        inputs["label"] = keras.Input((), dtype="int32", name="label")
        sign = layers.Embedding(classes, 1, embeddings_initializer="ones")(inputs["label"])
        x = layers.Multiply()([x, layers.Reshape((1, 1, 1))(sign)])
    generator = keras.Model(inputs, x)
    kernel = np.zeros((maps, 4, 4, maps), np.float32)
    kernel[0, :2, :2, 0] = 3.0
    for index in range(1, maps):
        kernel[index, 2:, :, index] = kernel[index, :, 2:, index] = 1.0
    generator.get_layer("dense").set_weights([kernel.reshape(maps, -1)])
    paint = np.full((1, 1, maps, 1), -0.3, np.float32)
    paint[0, 0, 0] = 3.0
    generator.get_layer("paint").set_weights([paint])
    return generator


def bright(images):
    """Where the square of `squares` is."""
    return images[..., 0] > 0.5


def discriminator(channels=1, side=SIDE, label=None, seed=False):
    """Two convolutions; with a label at the "first" convolution or in the "head", and a seed before the second."""
    inputs = {"image": keras.Input((side, side, channels), name="image")}
    x = inputs["image"]
    if label:
        inputs["label"] = keras.Input((), dtype="int32", name="label")
    if label == "first":
        planes = layers.Reshape((side, side, 1))(layers.Embedding(3, side * side)(inputs["label"]))
        x = layers.Concatenate()([x, planes])
    x = layers.Conv2D(6, 3, 2, padding="same", name="first_filters")(x)
    x = layers.LeakyReLU(0.2, name="features_0")(x)
    if seed:
        inputs["seed"] = keras.Input((2,), dtype="int32", name="seed")
        x = layers.Add()([x, layers.Reshape((1, 1, 2))(layers.Rescaling(1.0)(inputs["seed"]))[..., :1]])
    x = layers.BatchNormalization()(layers.Conv2D(5, 3, padding="same")(x))
    x = layers.LeakyReLU(0.2, name="features_1")(x)
    x = layers.Flatten()(x)
    if label == "head":
        x = layers.Concatenate()([x, layers.Embedding(3, 4)(inputs["label"])])
    return keras.Model(inputs, layers.Dense(1)(x))


def samples(generator, count, seed=0, labels=None):
    """Random latents and their images."""
    latents = np.random.default_rng(seed).normal(size=(count, generator.input["latent"].shape[1])).astype(np.float32)
    return latents, images_of(generator, latents, labels)
