"""DCGAN's networks recomputed in NumPy (Radford et al. 2016, section 3), with every condition and output."""

import numpy as np
import pytest

from models.generation import dcgan
from tests.models.generation.described import logits, normalized, with_class, with_class_maps
from tests.models.operations import leaky_relu, relu
from tests.models.reference import assert_computes, images, vectors
from tests.worlds import tiny

# Side of the smallest map, and the channels of the stages from the image to it in units of the width.
STAGES = {16: (4, [1, 2]), 28: (7, [1, 2]), 64: (4, [1, 2, 4, 8])}
LABELS, CLASSES = np.array([2, 0, 1, 2], np.int32), 3


def described_generator(
    r, latent, size, width, channels, upsampling, conditioning, normalization, hidden=0, label=None
):
    """Project and reshape, batch normalization, ReLU; doubled with the same; the image by tanh, not normalized.

    InfoGAN's has a hidden layer before, which is treated the same.
    """
    side, factors = STAGES[size]
    bias = normalization == "none"

    def activated(x):
        return relu(x if bias else normalized(r, x, label, CLASSES, conditioning))

    x = with_class(r, latent, label, CLASSES, conditioning)
    if hidden:
        x = activated(r.dense(x, hidden, bias=bias))
    x = r.dense(x, side * side * factors[-1] * width, bias=bias)
    x = activated(x.reshape(-1, side, side, factors[-1] * width))
    for factor in factors[-2::-1]:
        x = activated(r.upsampled(upsampling, x, factor * width, bias=bias))
    return np.tanh(r.upsampled(upsampling, x, channels, bias=True))


def described_discriminator(
    r, image, size, width, conditioning, normalization, spectral_norm, hidden=0, label=None, heads=None, code_units=0
):
    """Convolutions of 4 pixels and stride 2, leaky ReLU, normalized but the first; a linear map to the logit.

    InfoGAN's has a hidden layer before the logit, and another one between that and the codes.
    """
    bias = normalization == "none"
    x = with_class_maps(r, image, label, CLASSES, conditioning)
    for stage, factor in enumerate(STAGES[size][1]):
        x = r.convolution(x, factor * width, 4, strides=2, bias=not stage or bias, spectral_norm=spectral_norm)
        x = leaky_relu(r.normalization(normalization, x) if stage else x)
    pooled, x = x.sum((1, 2)), x.reshape(len(x), -1)
    if hidden:
        x = leaky_relu(r.normalization(normalization, r.dense(x, hidden, bias, spectral_norm)))
    y = logits(r, x, pooled, label, CLASSES, conditioning, spectral_norm)
    if not heads:
        return y
    if code_units:
        x = leaky_relu(r.normalization(normalization, r.dense(x, code_units, bias)))
    return {"logits": y, **{name: r.dense(x, units) for name, units in heads.items()}}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("size", "upsampling", "conditioning", "normalization", "hidden"),
    [
        (64, "transposed", "none", "batch", 0),
        (28, "resize", "none", "batch", 9),
        (16, "transposed", "concatenation", "batch", 0),
        (28, "transposed", "projection", "batch", 9),
        (16, "resize", "concatenation", "none", 9),
    ],
)
def test_the_generator_computes_what_the_paper_describes(
    size, upsampling, conditioning, normalization, hidden, training
):
    settings = {"upsampling": upsampling, "conditioning": conditioning}
    config = tiny(
        "dcgan",
        image_size=size,
        generator_width=3,
        channels=1 if size == 28 else 3,
        classes=CLASSES,
        generator_normalization=normalization,
        hidden_units=hidden,
        **settings,
    )
    assert_computes(
        dcgan.generator(config),
        lambda r, **inputs: described_generator(
            r,
            size=size,
            width=3,
            channels=config.channels,
            normalization=normalization,
            hidden=hidden,
            **settings,
            **inputs,
        ),
        {"latent": vectors(4, 5)} | ({"label": LABELS} if conditioning != "none" else {}),
        training,
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("size", "conditioning", "normalization", "spectral_norm", "hidden"),
    [
        (64, "none", "batch", False, 0),
        (28, "concatenation", "batch", False, 9),
        (16, "none", "layer", False, 0),
        (28, "concatenation", "none", True, 0),
        (28, "projection", "none", True, 9),
        (16, "projection", "batch", False, 0),
    ],
)
def test_the_discriminator_computes_what_the_paper_describes(
    size, conditioning, normalization, spectral_norm, hidden, training
):
    config = tiny(
        "dcgan",
        image_size=size,
        discriminator_width=3,
        channels=1 if size == 28 else 3,
        classes=CLASSES,
        conditioning=conditioning,
        discriminator_normalization=normalization,
        spectral_normalization=spectral_norm,
        hidden_units=hidden,
    )
    assert_computes(
        dcgan.discriminator(config),
        lambda r, **inputs: described_discriminator(
            r,
            hidden=hidden,
            size=size,
            width=3,
            conditioning=conditioning,
            normalization=normalization,
            spectral_norm=spectral_norm,
            **inputs,
        ),
        {"image": images(4, size, channels=config.channels)} | ({"label": LABELS} if conditioning != "none" else {}),
        training,
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("spectral_norm", [False, True])
def test_acgans_classifier_is_linear_in_the_discriminators_features(spectral_norm, training):
    """Odena et al. 2017: one network, two outputs; the discriminator does not see the class."""
    config = tiny(
        "acgan",
        image_size=16,
        discriminator_width=3,
        channels=3,
        classes=CLASSES,
        spectral_normalization=spectral_norm,
    )
    assert_computes(
        dcgan.discriminator(config),
        lambda r, image: described_discriminator(
            r, image, 16, 3, "none", "batch", spectral_norm, heads={"class_logits": CLASSES}
        ),
        {"image": images(4, 16)},
        training,
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("normalization", ["batch", "none"])
@pytest.mark.parametrize(("categories", "codes"), [(4, 2), (0, 3)])
def test_infogans_codes_are_predicted_from_a_hidden_layer_of_their_own(categories, codes, normalization, training):
    """Chen et al. 2016, appendix C.1: the logit is linear in what that layer sees."""
    config = tiny(
        "infogan",
        image_size=16,
        discriminator_width=3,
        channels=3,
        categories=categories,
        continuous_codes=codes,
        code_units=7,
        hidden_units=9,
        discriminator_normalization=normalization,
    )
    heads = {"category_logits": categories, "continuous_means": codes}
    assert_computes(
        dcgan.discriminator(config),
        lambda r, image: described_discriminator(
            r,
            image,
            16,
            3,
            "none",
            normalization,
            False,
            heads={name: size for name, size in heads.items() if size},
            code_units=7,
            hidden=9,
        ),
        {"image": images(4, 16)},
        training,
    )
