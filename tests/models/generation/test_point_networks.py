"""The networks of points recomputed in NumPy: two hidden layers, rectified in the generator, leaky in the other."""

import pytest

from models.generation.mlp import point_discriminator, point_generator
from tests.models.operations import leaky_relu, relu
from tests.models.reference import assert_computes, vectors
from tests.worlds import tiny


@pytest.mark.parametrize("dimensions", [1, 2])
def test_the_generator_is_rectified_and_unbounded(dimensions):
    config = tiny("gan_2d", dimensions=dimensions, generator_width=6)
    assert_computes(
        point_generator(config),
        lambda r, latent: r.dense(relu(r.dense(relu(r.dense(latent, 6)), 6)), dimensions),
        {"latent": vectors(5, 5)},
    )


@pytest.mark.parametrize("normalization", ["none", "layer"])
def test_the_discriminator_is_leaky(normalization):
    def described(r, image):
        for _ in range(2):
            image = leaky_relu(r.normalization(normalization, r.dense(image, 6)))
        return r.dense(image, 1)

    config = tiny("gan_2d", dimensions=2, discriminator_width=6, discriminator_normalization=normalization)
    assert_computes(point_discriminator(config), described, {"image": vectors(5, 2)})
