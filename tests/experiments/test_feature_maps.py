import numpy as np
import pytest

from experiments.feature_maps import feature_maps
from tests.experiments import toys


@pytest.mark.parametrize("channels", [1, 3])
def test_the_images_that_activate_a_map_most_come_first(channels):
    network = toys.discriminator(channels)
    layer = network.get_layer("first_filters")
    kernel, bias = np.zeros_like(layer.get_weights()[0]), np.zeros(6, np.float32)
    # Map 2 responds to brightness, map 4 faintly to darkness, the others to nothing.
    kernel[1, 1, :, 2], kernel[1, 1, :, 4] = 1.0, -0.1
    layer.set_weights([kernel, bias])
    tones = np.random.default_rng(0).permutation(np.linspace(-1, 1, 20)).astype(np.float32)
    images = np.ones((20, toys.SIDE, toys.SIDE, channels), np.float32) * tones[:, None, None, None]
    finding = feature_maps(network, images, ["features_0"], maps=2, top=3)
    assert finding.figures == {"features_0": {"maps": 6, "constant": 4}}
    picture = finding.pictures["features_0"]
    assert picture.shape[0] == 20 + 2 * 50
    shown = np.rint((np.sort(tones) + 1) * 127.5)
    np.testing.assert_allclose(picture[30, [10, 60, 110], 0], shown[::-1][:3])
    np.testing.assert_allclose(picture[80, [10, 60, 110], 0], shown[:3])


def test_all_layers_are_shown_unless_named():
    images = np.random.default_rng(0).uniform(-1, 1, (4, toys.SIDE, toys.SIDE, 1)).astype(np.float32)
    finding = feature_maps(toys.discriminator(label="first"), images, labels=np.arange(4) % 3)
    assert set(finding.pictures) == set(finding.figures) == {"features_0", "features_1"}
    # Fewer maps and images than requested.
    assert finding.pictures["features_1"].shape[0] == 20 + 5 * 50
