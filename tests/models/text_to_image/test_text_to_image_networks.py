"""Reed et al.'s networks recomputed in NumPy (ICML 2016, section 4.1, and the authors' Torch code)."""

import numpy as np
import pytest

from models.text_to_image import networks
from tests.models.operations import leaky_relu, relu
from tests.models.reference import assert_computes, vectors
from tests.worlds import tiny

# Side of the smallest map, and the channels from there on in units of ngf; the authors' own at 64 pixels.
STAGES = {16: (4, [8, 4]), 24: (6, [8, 4]), 64: (4, [8, 4, 2, 1]), 128: (4, [8, 4, 2, 1, 1])}


def residual(r, x, normalize, activate):
    """1x1 to a quarter of the channels, 3x3, 3x3 back to all; the sum with the input is activated."""
    channels = x.shape[-1]
    y = activate(normalize(r.convolution(x, channels // 4, 1)))
    y = activate(normalize(r.convolution(y, channels // 4, 3)))
    return activate(x + normalize(r.convolution(y, channels, 3)))


def described_generator(r, latent, text, size, width, projection):
    """Noise and projected text to a map; batch normalization and ReLU; residual blocks after the first two stages."""
    side, (first, *others) = STAGES[size]
    x = r.concatenate(latent, leaky_relu(r.dense(text, projection)))
    x = r.dense(x, side * side * first * width, bias=False).reshape(-1, side, side, first * width)
    x = residual(r, r.batch_normalization(x), r.batch_normalization, relu)
    for stage, factor in enumerate(others):
        x = r.batch_normalization(r.transposed_convolution(x, factor * width))
        x = relu(x) if stage else residual(r, x, r.batch_normalization, relu)
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
