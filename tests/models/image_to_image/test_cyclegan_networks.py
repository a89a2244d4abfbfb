"""CycleGAN's generators recomputed in NumPy (Zhu et al. 2017, appendix 7.2, after Johnson et al. 2016)."""

import numpy as np
import pytest

from models.image_to_image.cyclegan import CycleGAN
from tests.models.operations import instance_normalization, reflect_pad, relu
from tests.models.reference import assert_computes, images
from tests.worlds import tiny


def described(r, image, width: int, blocks: int, upsampling: str):
    """c7s1-w, d2w, d4w, residual blocks of 4w, u2w, uw, c7s1-3; instance normalization, ReLU, reflection padding."""
    x = r.convolution(reflect_pad(image, 3), width, 7, padding="valid", bias=True)
    x = relu(instance_normalization(x))
    for channels in (2 * width, 4 * width):
        x = relu(instance_normalization(r.convolution(x, channels, 3, strides=2, bias=True)))
    for _ in range(blocks):
        y = r.convolution(reflect_pad(x, 1), 4 * width, 3, padding="valid", bias=True)
        y = relu(instance_normalization(y))
        y = r.convolution(reflect_pad(y, 1), 4 * width, 3, padding="valid", bias=True)
        x = x + instance_normalization(y)
    for channels in (2 * width, width):
        x = relu(instance_normalization(r.upsampled(upsampling, x, channels, 3, bias=True)))
    return np.tanh(r.convolution(reflect_pad(x, 3), 3, 7, padding="valid", bias=True))


@pytest.mark.parametrize("name", ["generator", "backward_generator"])
@pytest.mark.parametrize(
    ("batch", "upsampling", "blocks"), [(1, "transposed", 3), (3, "transposed", 0), (1, "resize", 0), (3, "resize", 2)]
)
def test_both_generators_compute_what_the_paper_describes(batch, upsampling, blocks, name):
    config = tiny("cyclegan", generator_width=3, blocks=blocks, upsampling=upsampling)
    assert_computes(
        getattr(CycleGAN(config), name),
        lambda r, image: described(r, image, 3, blocks, upsampling),
        {"image": images(batch, 16, 20)},
        training=batch > 1,
    )
