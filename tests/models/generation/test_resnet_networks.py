"""The residual networks recomputed in NumPy (Gulrajani et al. 2017, appendix C; Miyato et al. 2018, appendix B.4)."""

import numpy as np
import pytest

from models.generation import resnet
from tests.models.generation.described import logits, normalized, with_class, with_class_maps
from tests.models.operations import average_pool, relu, upsample
from tests.models.reference import assert_computes, images, vectors
from tests.worlds import tiny

LABELS, CLASSES = np.array([2, 0, 1, 2], np.int32), 3


def described_generator(r, latent, side, blocks, width, channels, conditioning, normalization, label=None):
    """Blocks that double the side: BN, ReLU, upsample, 3x3, BN, ReLU, 3x3, plus 1x1 of the upsampled input."""

    def activated(x):
        return relu(x if normalization == "none" else normalized(r, x, label, CLASSES, conditioning))

    x = r.dense(with_class(r, latent, label, CLASSES, conditioning), side * side * width)
    x = x.reshape(-1, side, side, width)
    for _ in range(blocks):
        y = r.convolution(upsample(activated(x)), width, 3, bias=True)
        y = r.convolution(activated(y), width, 3, bias=True)
        x = y + r.convolution(upsample(x), width, 1, bias=True)
    return np.tanh(r.convolution(activated(x), channels, 3, bias=True))


def described_discriminator(
    r, image, halvings, width, conditioning, normalization, spectral_norm, label=None, heads=None
):
    """Pre-activated blocks, the first ones halving the side, two that keep it; ReLU, the sum over the map, linear."""

    def normalize(x):
        return r.normalization(normalization, x)

    def convolution(x, size):
        return r.convolution(x, width, size, bias=True, spectral_norm=spectral_norm)

    x = with_class_maps(r, image, label, CLASSES, conditioning)
    # The first block: its input is the image, which is not activated, and nothing in it is normalized.
    y = average_pool(convolution(relu(convolution(x, 3)), 3))
    x = y + convolution(average_pool(x), 1)
    for _ in range(halvings - 1):
        y = convolution(relu(normalize(x)), 3)
        y = average_pool(convolution(relu(normalize(y)), 3))
        x = y + average_pool(convolution(x, 1))
    for _ in range(2):
        y = convolution(relu(normalize(x)), 3)
        x = x + convolution(relu(normalize(y)), 3)
    pooled = relu(x).sum((1, 2))
    y = logits(r, pooled, pooled, label, CLASSES, conditioning, spectral_norm)
    return {"logits": y, **{name: r.dense(pooled, units) for name, units in heads.items()}} if heads else y


# Image size: side of the generator's first map, its blocks, the discriminator's blocks that halve the side.
SIZES = {16: (4, 2, 1), 28: (7, 2, 2), 32: (4, 3, 2)}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("size", "conditioning", "normalization"),
    [(32, "none", "batch"), (16, "concatenation", "batch"), (28, "projection", "batch"), (16, "none", "none")],
)
def test_the_generator_computes_what_the_papers_describe(size, conditioning, normalization, training):
    side, blocks, _ = SIZES[size]
    config = tiny(
        "dcgan",
        network="resnet",
        image_size=size,
        generator_width=6,
        channels=3,
        classes=CLASSES,
        conditioning=conditioning,
        generator_normalization=normalization,
    )
    assert_computes(
        resnet.generator(config),
        lambda r, **inputs: described_generator(
            r,
            side=side,
            blocks=blocks,
            width=6,
            channels=3,
            conditioning=conditioning,
            normalization=normalization,
            **inputs,
        ),
        {"latent": vectors(4, 5)} | ({"label": LABELS} if conditioning != "none" else {}),
        training,
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("size", "conditioning", "normalization", "spectral_norm"),
    [
        (32, "none", "none", True),
        (28, "none", "layer", False),
        (16, "concatenation", "none", True),
        (28, "projection", "none", True),
        (32, "none", "batch", False),
    ],
)
def test_the_discriminator_computes_what_the_papers_describe(
    size, conditioning, normalization, spectral_norm, training
):
    config = tiny(
        "dcgan",
        network="resnet",
        image_size=size,
        discriminator_width=6,
        channels=3,
        classes=CLASSES,
        conditioning=conditioning,
        discriminator_normalization=normalization,
        spectral_normalization=spectral_norm,
    )
    assert_computes(
        resnet.discriminator(config),
        lambda r, **inputs: described_discriminator(
            r,
            halvings=SIZES[size][2],
            width=6,
            conditioning=conditioning,
            normalization=normalization,
            spectral_norm=spectral_norm,
            **inputs,
        ),
        {"image": images(4, size)} | ({"label": LABELS} if conditioning != "none" else {}),
        training,
    )


def test_acgans_classifier_is_linear_in_the_summed_features():
    config = tiny("acgan", network="resnet", image_size=16, discriminator_width=6, channels=3, classes=CLASSES)
    assert_computes(
        resnet.discriminator(config),
        lambda r, image: described_discriminator(r, image, 1, 6, "none", "batch", False, heads={"class_logits": 3}),
        {"image": images(4, 16)},
    )
