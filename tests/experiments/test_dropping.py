import numpy as np
import pytest

from experiments.dropping import dropping
from experiments.networks import compiled, images_of
from experiments.switches import with_switches
from tests.experiments import toys


@pytest.mark.parametrize("classes", [None, 2])
def test_the_map_that_paints_the_square_is_found_and_dropped(classes):
    generator = toys.squares(classes=classes)
    labels = np.arange(200) % 2 if classes else None
    latents, images = toys.samples(generator, 200, labels=labels)
    before = generator.get_weights()
    finding = dropping(generator, latents, toys.bright, "maps_0", labels)
    figures = finding.figures
    assert (figures["maps"], figures["dropped"]) == (8, 1)
    assert figures["auc"] > 0.99
    assert figures["before"] == pytest.approx(toys.bright(images).mean())
    assert figures["before"] > 0.05
    assert figures["left"] == figures["after"] == 0.0
    # One random map of eight is seldom the one.
    assert figures["left_after_random"] > 0.5
    assert figures["change_elsewhere"] < 1e-2 < figures["change_elsewhere_after_random"]
    picture = finding.pictures["dropping"]
    assert picture.shape == (3 * 70, 8 * 50, 3)
    assert picture[25, 5, 0] > 200
    assert picture[95, 5, 0] == 128
    # The generator itself is left as it was.
    assert all((old == new).all() for old, new in zip(before, generator.get_weights(), strict=True))
    np.testing.assert_array_equal(images_of(generator, latents, labels), images)


def test_the_regression_is_tested_on_samples_that_it_was_not_fitted_to():
    # An object that has nothing to do with the maps: the positions that are fitted are learned by heart, no others.
    generator = toys.squares(maps=64)
    latents, images = toys.samples(generator, 24)
    anywhere = np.random.default_rng(1).random(images.shape[:3]) > 0.5
    figures = dropping(generator, latents, lambda images: anywhere, "maps_0").figures
    assert figures["auc"] == pytest.approx(0.5, abs=0.15)


def test_switches_begin_on():
    generator = toys.squares()
    latents, images = toys.samples(generator, 5)
    switchable, switches = with_switches(generator, "maps_0")
    run = compiled(switchable)
    np.testing.assert_allclose(run({"latent": latents}), images, atol=1e-6)
    switches.on.assign(np.zeros(8))
    np.testing.assert_array_equal(run({"latent": latents}), np.zeros_like(images))


@pytest.mark.parametrize("everywhere", [True, False])
def test_an_object_must_be_somewhere_and_not_everywhere(everywhere):
    generator = toys.squares()
    latents, _ = toys.samples(generator, 20)
    with pytest.raises(ValueError, match="the object must be"):
        dropping(generator, latents, lambda images: np.full(images.shape[:3], everywhere), "maps_0")
