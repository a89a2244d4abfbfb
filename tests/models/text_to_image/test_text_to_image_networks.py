"""Reed et al.'s networks recomputed in NumPy (ICML 2016, section 4.1, and the authors' Torch code)."""

import keras
import numpy as np
import pytest

from models.text_to_image import networks
from tests.models.operations import leaky_relu, relu, tiled
from tests.models.reference import assert_computes, images, vectors
from tests.worlds import tiny

# Side of the smallest map, and the channels from there on in units of ngf; the authors' own at 64 pixels.
STAGES = {16: (4, [8, 4]), 24: (6, [8, 4]), 64: (4, [8, 4, 2, 1]), 128: (4, [8, 4, 2, 1, 1])}


def residual(r, x, normalize, activate):
    """1x1 to a quarter of the channels, 3x3, 3x3 back to all; the sum with the input is activated."""
    channels = x.shape[-1]
    y = activate(normalize(r.convolution(x, channels // 4, 1)))
    y = activate(normalize(r.convolution(y, channels // 4, 3)))
    return activate(x + normalize(r.convolution(y, channels, 3)))


def attended(r, x, words, heads, units=64):
    """Every place's query against the key of every word; a softmax, to which words without length are nothing; the mean
    of their values by it, for each head; a 1x1 convolution with the map, added to it.
    """
    query, key, value = (r.take("kernel", (size, units)) for size in (x.shape[-1], words.shape[-1], words.shape[-1]))
    read = np.zeros((*x.shape[:3], units))
    for n, sentence in enumerate(words):
        there = sentence[np.linalg.norm(sentence, axis=1) > 0] * words.shape[-1] ** 0.5
        for head in np.split(np.arange(units), heads):
            scores = x[n] @ query[:, head] @ (there @ key[:, head]).T / len(head) ** 0.5
            weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
            read[n][..., head] = weights @ (there @ value[:, head])
    return x + relu(r.batch_normalization(r.convolution(r.concatenate(x, read), x.shape[-1], 1)))


def affine(r, x, text):
    """Batch normalization y, then (1 + a) y + b, with a and b by channel from the text: two layers each."""
    size, channels = text.shape[-1], x.shape[-1]

    def by_channel():
        hidden = relu(r.dense(text, size))
        return (hidden @ r.take("table of zeros", (size, channels)) + r.take("offset", (channels,)))[:, None, None]

    scale = by_channel()
    normalized = r.batch_normalization(x)
    return (1 + scale) * normalized + by_channel()


def described_generator(r, latent, text, size, width, projection, heads=0, is_full_size=False, is_affine=False):
    """Noise and projected text to a map; batch normalization and ReLU; residual blocks after the first two stages.

    With attention, the text are words; the largest of their projections is the whole text's. The image is a transposed
    convolution of the last stage's, or a convolution of one more stage's with half of its channels. The text may scale
    and shift whatever has been normalized.
    """
    side, (first, *others) = STAGES[size]
    projected = leaky_relu(r.dense(text, projection))
    projected = projected.max(axis=1) if heads else projected

    def normalize(x):
        return affine(r, x, projected) if is_affine else r.batch_normalization(x)

    x = r.concatenate(latent, projected)
    x = r.dense(x, side * side * first * width, bias=False).reshape(-1, side, side, first * width)
    x = residual(r, normalize(x), normalize, relu)
    for stage, factor in enumerate(others):
        x = normalize(r.transposed_convolution(x, factor * width))
        x = relu(x) if stage else residual(r, x, normalize, relu)
        if heads and side * 2 ** (stage + 1) <= 16:
            x = attended(r, x, text, heads)
    if is_full_size:
        x = relu(normalize(r.transposed_convolution(x, x.shape[-1] // 2)))
        return np.tanh(r.convolution(x, 3, 3))
    return np.tanh(r.transposed_convolution(x, 3))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("size", STAGES)
def test_the_generator_computes_what_the_authors_code_does(size, training):
    config = tiny("gan_cls", image_size=size, text_dim=7, latent_dim=6, text_projection_dim=5, generator_width=2)
    assert_computes(
        networks.generator(config),
        lambda r, latent, text: described_generator(r, latent, text, size, 2, 5),
        {"latent": vectors(4, 6), "text": vectors(4, 7, seed=2)},
        training,
    )


@pytest.mark.parametrize(("size", "is_full_size"), [(16, False), (64, True)])
def test_a_text_that_scales_and_shifts_whatever_the_generator_normalizes(size, is_full_size):
    sizes = {"text_dim": 7, "latent_dim": 6, "text_projection_dim": 5, "generator_width": 2}
    config = tiny("gan_cls", image_size=size, text_affine=True, full_size_stage=is_full_size, **sizes)
    assert_computes(
        networks.generator(config),
        lambda r, latent, text: described_generator(r, latent, text, size, 2, 5, 0, is_full_size, is_affine=True),
        {"latent": vectors(4, 6), "text": vectors(4, 7, seed=2)},
    )


def test_before_training_a_text_changes_no_map():
    given = keras.Input((4, 4, 3)), keras.Input((5,))
    network, (maps, texts) = keras.Model(given, networks.text_affine(*given)), (images(2, 4, 4), vectors(2, 5))
    np.testing.assert_array_equal(network([maps, texts]), maps)


@pytest.mark.parametrize(("size", "heads", "is_full_size"), [(16, 1, False), (64, 4, True)])
def test_a_generator_with_attention_reads_words_at_every_place(size, heads, is_full_size):
    sizes = {"text_dim": 7, "latent_dim": 6, "text_projection_dim": 5, "generator_width": 2}
    sizes |= {"word_attention": heads, "full_size_stage": is_full_size, "read_words": 5, "word_dim": 3}
    config = tiny("gan_cls_plus", image_size=size, **sizes)
    words = vectors(4, 5 * 3, seed=2).reshape(4, 5, 3)
    words /= np.linalg.norm(words, axis=2, keepdims=True)
    words[0, 2:] = words[1, 4:] = 0.0
    assert_computes(
        networks.generator(config),
        lambda r, latent, text: described_generator(r, latent, text, size, 2, 5, heads, is_full_size),
        {"latent": vectors(4, 6), "text": words},
    )


def described_discriminator(r, image, text, script, size, width, projection, normalization, inner_product=0):
    """Convolutions of stride 2, normalized but the first, the last not activated; a residual block; the text, tiled.

    In main_cls_int.lua the last stage but one is not activated either (but the first always is), and the projected text
    is normalized.
    """
    side, factors = STAGES[size]
    first, *others, last = (factor * width for factor in reversed(factors))

    def normalize(x):
        return r.normalization(normalization, x)

    x = leaky_relu(r.convolution(image, first, 4, strides=2))
    for left, channels in zip(range(len(others))[::-1], others, strict=True):
        x = normalize(r.convolution(x, channels, 4, strides=2))
        x = leaky_relu(x) if left or script == "main_cls" else x
    features = residual(r, normalize(r.convolution(x, last, 4, strides=2)), normalize, leaky_relu)
    projected = r.dense(text, projection)
    projected = leaky_relu(projected if script == "main_cls" else normalize(projected))
    x = r.concatenate(features, tiled(projected, side))
    x = leaky_relu(normalize(r.convolution(x, last, 1)))
    y = r.convolution(x, 1, side, padding="valid").reshape(-1, 1)
    if inner_product:
        hidden = leaky_relu(r.dense(features.reshape(len(features), -1), 2 * inner_product))
        y = y + np.sum(r.dense(hidden, inner_product) * r.dense(projected, inner_product), axis=1, keepdims=True)
    return y


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("size", "normalization", "inner_product"),
    [(64, "batch", 0), (128, "batch", 0), (24, "layer", 0), (16, "none", 0), (16, "batch", 3)],
)
@pytest.mark.parametrize("script", ["main_cls_int", "main_cls"])
def test_the_discriminator_computes_what_the_authors_code_does(script, size, normalization, inner_product, training):
    config = tiny(
        "gan_cls",
        image_size=size,
        text_dim=7,
        text_projection_dim=5,
        discriminator_width=2,
        discriminator_normalization=normalization,
        inner_product_dim=inner_product,
        discriminator_network=script,
    )
    assert_computes(
        networks.discriminator(config),
        lambda r, **inputs: described_discriminator(
            r,
            script=script,
            size=size,
            width=2,
            projection=5,
            normalization=normalization,
            inner_product=inner_product,
            **inputs,
        ),
        {"image": images(4, size), "text": vectors(4, 7)},
        training,
    )
