"""PixelDT's converter and discriminators recomputed in NumPy (Yoo et al. 2016, section 4)."""

import numpy as np
import pytest

from models.image_to_image.pixel_dt import PixelDT
from tests.models.operations import leaky_relu, relu
from tests.models.reference import assert_computes, images
from tests.worlds import tiny

# Channels in units of the width, from the image to a map of 4x4; each stage halves the side.
STAGES = {16: [1, 2], 32: [1, 2, 4], 64: [1, 2, 4, 8]}


def encoded(r, x, stages, width, normalization):
    """Convolutions of 4 pixels and stride 2, leaky ReLU, normalized but the first."""
    for stage, factor in enumerate(stages):
        x = r.convolution(x, factor * width, 4, strides=2)
        x = leaky_relu(r.normalization(normalization, x) if stage else x)
    return x


def described_converter(r, image, stages, width, code, upsampling):
    """The encoder to a code of one pixel, and the decoder, its mirror, with ReLU and, at the end, tanh."""
    x = encoded(r, image, stages, width, "batch")
    if code:
        x = leaky_relu(r.batch_normalization(r.convolution(x, code, 4, padding="valid")))
        assert x.shape[1:3] == (1, 1)
        x = r.transposed_convolution(x, stages[-1] * width, 4, strides=1, padding="valid")
        x = relu(r.batch_normalization(x))
    for factor in stages[-2::-1]:
        x = relu(r.batch_normalization(r.upsampled(upsampling, x, factor * width)))
    return np.tanh(r.upsampled(upsampling, x, 3))


def described_discriminator(r, image, stages, width, normalization, input=None):
    """The encoder, of the image or of a pair as six channels, and a convolution of the 4x4 map to the logit."""
    x = image if input is None else r.concatenate(input, image)
    x = encoded(r, x, stages, width, normalization)
    return r.convolution(x, 1, 4, padding="valid").reshape(-1, 1)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("size", "code", "upsampling"), [(32, 5, "transposed"), (16, 0, "transposed"), (64, 5, "resize")]
)
def test_the_converter_computes_what_the_paper_describes(size, code, upsampling, training):
    config = tiny("pixel_dt", image_size=size, generator_width=3, code_dim=code, upsampling=upsampling)
    assert_computes(
        PixelDT(config).generator,
        lambda r, image: described_converter(r, image, STAGES[size], 3, code, upsampling),
        {"image": images(4, size)},
        training,
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("of_pairs", "normalization"), [(False, "batch"), (True, "batch"), (True, "layer")])
def test_the_discriminators_compute_what_the_paper_describes(of_pairs, normalization, training):
    config = tiny("pixel_dt", image_size=32, discriminator_width=3, discriminator_normalization=normalization)
    model = PixelDT(config)
    inputs = {"image": images(3, 32)} | ({"input": images(3, 32, seed=1)} if of_pairs else {})
    assert_computes(
        model.domain_discriminator if of_pairs else model.discriminator,
        lambda r, **given: described_discriminator(r, stages=STAGES[32], width=3, normalization=normalization, **given),
        inputs,
        training,
    )
