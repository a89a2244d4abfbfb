"""Sides of gray images beside sides of colors: each network takes and makes the channels of its sides."""

import numpy as np
import pytest

from models.core.preset import import_name
from models.registry import PRESETS
from tests.worlds import tiny

# Of each network the channels of its inputs, and of what it makes, where A is gray and B is not.
WANTED = {
    "pix2pix": {"generator": ({"image": 1}, 3), "discriminator": ({"image": 3, "input": 1}, 1)},
    "pixel_dt": {
        "generator": ({"image": 1}, 3),
        "discriminator": ({"image": 3}, 1),
        "domain_discriminator": ({"image": 3, "input": 1}, 1),
    },
    "cyclegan": {
        "generator": ({"image": 1}, 3),
        "backward_generator": ({"image": 3}, 1),
        "discriminator": ({"image": 3}, 1),
        "backward_discriminator": ({"image": 1}, 1),
    },
}


def channels_of(network):
    """Of the inputs by name but for the seed, and of the output."""
    given = {name: tensor.shape[-1] for name, tensor in network.input.items() if name != "seed"}
    return given, network.output.shape[-1]


def built(model, **changes):
    return import_name(PRESETS[model].model)(tiny(model, **changes))


@pytest.mark.parametrize("model", WANTED)
def test_networks_have_the_channels_of_their_sides(model):
    made = built(model, channels_a=1, channels_b=3)
    assert {name: channels_of(getattr(made, name)) for name in WANTED[model]} == WANTED[model]


@pytest.mark.parametrize("model", ["pix2pix", "pixel_dt"])
def test_the_direction_says_which_side_is_the_input(model):
    made = built(model, channels_a=3, channels_b=1, direction="BtoA")
    assert {name: channels_of(getattr(made, name)) for name in WANTED[model]} == WANTED[model]


@pytest.mark.parametrize("model", WANTED)
def test_colors_are_the_default(model):
    made = built(model)
    assert all({*channels_of(getattr(made, name))[0].values()} == {3} for name in WANTED[model])


def test_the_pools_of_cyclegan_hold_images_of_their_sides():
    made = built("cyclegan", channels_a=1)
    assert [np.shape(pool.images)[-1] for pool in (made.pool_a, made.pool_b)] == [1, 3]
