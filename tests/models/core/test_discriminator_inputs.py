"""What the discriminators of every adversarial model are shown: with instance noise, or augmented, drawn for each pass.

Nothing moves, so that two steps differ only by what is done to the images.
"""

import functools
import itertools

import numpy as np
import pytest
import tensorflow as tf

from models.core.adversarial import REAL
from models.core.preset import import_name
from models.registry import PRESETS
from tests.models.steps import Step, batch_of, plain, shift_of
from tests.worlds import tiny

SMALL = {
    "pix2pix": {"receptive_field": 16},
    "cyclegan": {"receptive_field": 16},
    "gan_2d": {"batch_size": 300},
}
IMAGES = ("dcgan", "acgan", "infogan", "text_gan", "gan_cls", "gan_int_cls", "pix2pix", "cyclegan", "pixel_dt")


@functools.cache
def shown(name, **changes):
    """What each network is given in a step without learning, pass by pass."""
    model = plain(name, learning_rate=0.0, **({"image_size": 16} | SMALL.get(name, {}) | changes))
    return Step(model, batch_of(model)).given


def pairs(name, **changes):
    """For each network its passes: what it is given without changes and with them, by input."""
    with_changes = shown(name, **changes)
    for network, clean in shown(name).items():
        yield network, list(zip(clean, with_changes[network], strict=True))


@pytest.mark.parametrize("name", ["gan_2d", *IMAGES])
def test_noise_of_the_named_deviation_is_drawn_for_every_pass_and_image(name):
    noises = []
    for network, passes in pairs(name, instance_noise=0.5):
        for clean, noisy in passes:
            keys = {"image", "input"} & clean.keys() if "discriminator" in network else set()
            # Latents, texts and the generator's own images have none.
            for key in clean.keys() - keys:
                np.testing.assert_array_equal(clean[key], noisy[key])
            # Within a step two discriminators may share the noise, but not two passes of one.
            noises += [(network, (noisy[key] - clean[key]).ravel()) for key in keys]
    assert len(noises) >= 3
    for _, noise in noises:
        assert noise.std() == pytest.approx(0.5, rel=0.1)
        assert noise.mean() == pytest.approx(0.0, abs=0.08)
    for (network, one), (other_network, other) in itertools.combinations(noises, 2):
        size = min(len(one), len(other))
        assert network != other_network or abs(np.corrcoef(one[:size], other[:size])[0, 1]) < 0.25


@pytest.mark.parametrize("name", IMAGES)
def test_every_pass_is_augmented_in_its_own_way_and_the_two_of_a_pair_in_the_same(name):
    found = []
    for network, passes in pairs(name, augmentation="translation"):
        for clean, changed in passes:
            if "discriminator" not in network:
                continue
            shifts = [shift_of(*rows) for rows in zip(clean["image"], changed["image"], strict=True)]
            found.append((network, tuple(shifts)))
            # Not all rows of a batch in the same way.
            assert len(set(shifts)) > 1
            if "input" in clean:
                assert [shift_of(*rows) for rows in zip(clean["input"], changed["input"], strict=True)] == shifts
    assert len(set(found)) == len(found) >= 3


@pytest.mark.parametrize(("step", "share"), [(0, 1.0), (1, 0.75), (3, 0.25), (4, 0.0), (9, 0.0)])
def test_the_noise_falls_linearly_to_nothing(step, share):
    noises = []
    for changes in ({}, {"instance_noise": 2.0}, {"instance_noise": 2.0, "instance_noise_steps": 4}):
        model = plain("gan_2d", learning_rate=0.0, **changes)
        model.steps_done.assign(step)
        noises.append([given["image"] for given in Step(model, batch_of(model)).given["discriminator"]])
    clean, constant, falling = noises
    for without, whole, part in zip(clean, constant, falling, strict=True):
        np.testing.assert_allclose(part - without, share * (whole - without), atol=1e-5)


@pytest.mark.parametrize("name", ["cyclegan", "pixel_dt"])
def test_the_second_discriminator_is_shown_other_noise_than_the_first(name):
    model = import_name(PRESETS[name].model)(tiny(name, instance_noise=1.0))
    images = tf.zeros((2, 32, 32, 3))
    for network in ("discriminator", "backward_discriminator", "domain_discriminator"):
        # What it would be shown is taken for its logits.
        object.__setattr__(model, network, lambda inputs, training: inputs["image"])
    if name == "cyclegan":
        first, second = model.score_b(images, REAL), model.score_a(images, REAL)
    else:
        first, second = model.score(images, REAL), model.score_pair(images, images, REAL)
    assert 0.9 < float(tf.math.reduce_std(first)) < 1.1
    assert abs(np.corrcoef(np.ravel(first), np.ravel(second))[0, 1]) < 0.1
