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


def described_generator(r, latent, size, width, channels, upsampling, conditioning, normalization, label=None):
    """Project and reshape, batch normalization, ReLU; doubled with the same; the image by tanh, not normalized."""
    side, factors = STAGES[size]
    bias = normalization == "none"

    def activated(x):
        return relu(x if bias else normalized(r, x, label, CLASSES, conditioning))

    x = r.dense(with_class(r, latent, label, CLASSES, conditioning), side * side * factors[-1] * width, bias=bias)
    x = activated(x.reshape(-1, side, side, factors[-1] * width))
    for factor in factors[-2::-1]:
        x = activated(r.upsampled(upsampling, x, factor * width, bias=bias))
    return np.tanh(r.upsampled(upsampling, x, channels, bias=True))


def described_discriminator(
    r, image, size, width, conditioning, normalization, spectral_norm, label=None, heads=None, code_units=0
):
    """Convolutions of 4 pixels and stride 2, leaky ReLU, normalized but the first; a linear map to the logit."""
    x = with_class_maps(r, image, label, CLASSES, conditioning)
    for stage, factor in enumerate(STAGES[size][1]):
        bias = not stage or normalization == "none"
        x = r.convolution(x, factor * width, 4, strides=2, bias=bias, spectral_norm=spectral_norm)
        x = leaky_relu(r.normalization(normalization, x) if stage else x)
    y = logits(r, x, x.sum((1, 2)), label, CLASSES, conditioning, spectral_norm)
    if not heads:
        return y
    hidden = x.reshape(len(x), -1)
    if code_units:
        hidden = leaky_relu(r.normalization(normalization, r.dense(hidden, code_units, bias=normalization == "none")))
    return {"logits": y, **{name: r.dense(hidden, units) for name, units in heads.items()}}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("size", "upsampling", "conditioning", "normalization"),
    [
        (64, "transposed", "none", "batch"),
        (28, "resize", "none", "batch"),
        (16, "transposed", "concatenation", "batch"),
        (28, "transposed", "projection", "batch"),
        (16, "resize", "concatenation", "none"),
    ],
)
def test_the_generator_computes_what_the_paper_describes(size, upsampling, conditioning, normalization, training):
    settings = {"upsampling": upsampling, "conditioning": conditioning}
    config = tiny(
        "dcgan",
        image_size=size,
        generator_width=3,
        channels=1 if size == 28 else 3,
        classes=CLASSES,
        generator_normalization=normalization,
        **settings,
    )
    assert_computes(
        dcgan.generator(config),
        lambda r, **inputs: described_generator(
            r, size=size, width=3, channels=config.channels, normalization=normalization, **settings, **inputs
        ),
        {"latent": vectors(4, 5)} | ({"label": LABELS} if conditioning != "none" else {}),
        training,
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("size", "conditioning", "normalization", "spectral_norm"),
    [
        (64, "none", "batch", False),
        (28, "concatenation", "batch", False),
        (16, "none", "layer", False),
        (28, "concatenation", "none", True),
        (28, "projection", "none", True),
        (16, "projection", "batch", False),
    ],
)
def test_the_discriminator_computes_what_the_paper_describes(
    size, conditioning, normalization, spectral_norm, training
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
    )
    assert_computes(
        dcgan.discriminator(config),
        lambda r, **inputs: described_discriminator(
            r,
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
def test_infogans_codes_are_predicted_from_a_hidden_layer_of_the_discriminators_features(
    categories, codes, normalization, training
):
    """Chen et al. 2016, appendix C.1: the logits see the features themselves."""
    config = tiny(
        "infogan",
        image_size=16,
        discriminator_width=3,
        channels=3,
        categories=categories,
        continuous_codes=codes,
        code_units=7,
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
        ),
        {"image": images(4, 16)},
        training,
    )
