"""The fully connected networks of images recomputed in NumPy (Goodfellow et al. 2014; Mirza & Osindero 2014, 4.1)."""

import keras
import numpy as np
import pytest

from models.core.layers import SeededDropout
from models.generation import mlp
from tests.models.generation.described import logits, normalized, one_hot
from tests.models.operations import leaky_relu, relu
from tests.models.reference import assert_computes, images, vectors
from tests.worlds import tiny

LABELS, CLASSES, SIDE, WIDTH = np.array([2, 0, 1, 2], np.int32), 3, 8, 24


def described_generator(r, latent, conditioning, normalization, dropout, label=None):
    """Two rectified layers; CGAN: of 1,200 units in the first, 200 see the noise, 1,000 the class; dropout of both."""

    def hidden(x, units):
        x = r.dense(x, units)
        return relu(x if normalization == "none" else normalized(r, x, label, CLASSES, conditioning))

    def dropped(x):
        return r.dropout(x, dropout) if dropout and r.training else x

    if conditioning == "concatenation":
        x = r.concatenate(hidden(latent, WIDTH // 6), hidden(one_hot(label, CLASSES), WIDTH - WIDTH // 6))
    else:
        x = hidden(latent, WIDTH)
    x = dropped(hidden(dropped(x), WIDTH))
    return np.tanh(r.dense(x, SIDE * SIDE)).reshape(-1, SIDE, SIDE, 1)


def described_discriminator(
    r, image, conditioning, pieces, joint_pieces, dropout, normalization, spectral_norm, label=None, seed=None
):
    """Two maxout layers; CGAN: 240 units of the image and 50 of the class, then joint ones of other pieces.

    While it trains, dropout of the inputs of the layers: 0.4 times as much of the image's; none of the class's.
    """

    def dropped(x, rate):
        return r.dropout(x, rate) if dropout and r.training else x

    def hidden(x, units, pieces):
        x = r.normalization(normalization, r.dense(x, units * pieces, spectral_norm=spectral_norm))
        return r.maxout(x, units) if pieces > 1 else leaky_relu(x)

    x = hidden(dropped(image.reshape(len(image), -1), 0.4 * dropout), WIDTH, pieces)
    if conditioning == "concatenation":
        x = r.concatenate(x, hidden(one_hot(label, CLASSES), WIDTH * 50 // 240, pieces))
        pieces = joint_pieces or pieces
    x = dropped(hidden(dropped(x, dropout), WIDTH, pieces), dropout)
    return logits(r, x, x, label, CLASSES, conditioning, spectral_norm)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("conditioning", "normalization", "dropout"),
    [
        ("none", "none", 0.0),
        ("concatenation", "none", 0.5),
        ("concatenation", "batch", 0.0),
        ("projection", "batch", 0.3),
    ],
)
def test_the_generator_computes_what_the_papers_describe(conditioning, normalization, dropout, training):
    config = tiny(
        "gan",
        image_size=SIDE,
        channels=1,
        classes=CLASSES,
        generator_width=WIDTH,
        conditioning=conditioning,
        generator_normalization=normalization,
        generator_dropout=dropout,
    )
    assert_computes(
        mlp.generator(config),
        lambda r, **inputs: described_generator(
            r, conditioning=conditioning, normalization=normalization, dropout=dropout, **inputs
        ),
        {"latent": vectors(4, 5)} | ({"label": LABELS} if conditioning != "none" else {}),
        training,
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("conditioning", "pieces", "joint_pieces", "dropout", "normalization", "spectral_norm"),
    [
        ("none", 5, 0, 0.5, "none", False),
        ("concatenation", 3, 2, 0.5, "none", False),
        ("concatenation", 2, 0, 0.0, "none", True),
        ("projection", 2, 0, 0.0, "layer", False),
        ("none", 1, 0, 0.25, "batch", False),
    ],
)
def test_the_discriminator_computes_what_the_papers_describe(
    conditioning, pieces, joint_pieces, dropout, normalization, spectral_norm, training
):
    config = tiny(
        "gan",
        image_size=SIDE,
        channels=1,
        classes=CLASSES,
        discriminator_width=WIDTH,
        conditioning=conditioning,
        maxout_pieces=pieces,
        joint_pieces=joint_pieces,
        dropout=dropout,
        discriminator_normalization=normalization,
        spectral_normalization=spectral_norm,
        # Without effect here, but the configuration asks for it with projection.
        generator_normalization="batch",
    )
    inputs = {"image": images(4, SIDE, channels=1)}
    inputs |= {"label": LABELS} if conditioning != "none" else {}
    inputs |= {"seed": np.array([[1, 2]] * 4, np.int32)} if dropout else {}
    assert_computes(
        mlp.discriminator(config),
        lambda r, **given: described_discriminator(
            r,
            conditioning=conditioning,
            pieces=pieces,
            joint_pieces=joint_pieces,
            dropout=dropout,
            normalization=normalization,
            spectral_norm=spectral_norm,
            **given,
        ),
        inputs,
        training,
    )


def test_the_generators_dropout_is_the_same_for_the_same_latents_and_another_for_others():
    network = mlp.generator(tiny("gan", image_size=SIDE, channels=1, generator_width=200, generator_dropout=0.5))
    dropped = [layer.output for layer in network.layers if isinstance(layer, SeededDropout)]
    probe = keras.Model(network.input, dropped)
    batches = [vectors(30, 5, seed=seed) for seed in (1, 1, 2)]
    first, again, other = ([x.numpy() != 0 for x in probe({"latent": batch}, training=True)] for batch in batches)
    for kept, same, another in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(kept, same)
        # Units that are not 0 anyway are half of all, and half of these are kept.
        assert (kept != another).mean() > 0.2
