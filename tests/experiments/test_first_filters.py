import numpy as np
import pytest

from experiments.first_filters import first_filters, roughness
from tests.experiments import toys


@pytest.mark.parametrize(("channels", "label"), [(1, None), (3, None), (3, "first")])
def test_smooth_filters_are_smoother_than_random_ones(channels, label):
    trained, untrained = toys.discriminator(channels, label=label), toys.discriminator(channels, label=label)
    layer = trained.get_layer("first_filters")
    kernel, bias = layer.get_weights()
    slope = np.linspace(-1, 1, 3)[:, None] + np.linspace(-1, 1, 3)
    layer.set_weights([kernel * 0.01 + slope[:, :, None, None], bias])
    finding = first_filters(trained, untrained)
    assert finding.figures["trained"] < finding.figures["untrained"]
    assert finding.pictures["filters"].shape == (2 * 70, 6 * 50, 3)
    # From black in one corner over gray to white in the other.
    tones = finding.pictures["filters"][[20, 44, 67], [0, 24, 47]].mean(axis=1)
    np.testing.assert_allclose(tones, [0, 128, 255], atol=4)


def test_the_roughness_of_noise_is_known():
    noise = np.random.default_rng(0).normal(size=(50, 50, 3, 4))
    assert roughness(noise) == pytest.approx(2 / np.sqrt(np.pi), rel=0.02)
    assert roughness(np.zeros((3, 3, 1, 2))) is None
