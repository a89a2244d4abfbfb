"""LAPGAN: its networks and their counts, the pyramid, the chain, its step by hand."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from engine.command import Train
from models.core.config import ConfigError
from models.core.trained import parameter_count
from models.generation import pyramid
from models.generation.pyramid_configs import LAPGANConfig
from models.registry import PRESETS
from tests.models.steps import Step, batch_of, descend, entropy, plain, probability
from tests.worlds import examples_of, tiny, tiny_run

NOISE = 5  # of the coarsest level


def halved(image):
    """(B, s, s, c) to half the side: means of squares of four."""
    count, side, _, channels = image.shape
    return np.reshape(image, (count, side // 2, 2, side // 2, 2, channels)).mean(axis=(2, 4))


def doubled(image):
    """(B, s, s, c) to twice the side: three parts of the nearest pixel and one of the next, along each axis."""
    for axis in (1, 2):
        first, last = (np.take(image, [place], axis) for place in (0, -1))
        before = np.concatenate([first, np.delete(image, -1, axis)], axis)
        after = np.concatenate([np.delete(image, 0, axis), last], axis)
        pairs = np.stack([0.75 * image + 0.25 * before, 0.75 * image + 0.25 * after], axis + 1)
        shape = list(image.shape)
        shape[axis] *= 2
        image = pairs.reshape(shape)
    return image


def test_the_networks_have_the_published_counts_of_parameters():
    # facebook/eyescream, counted layer by layer: ../shared/design/advances.md, section 1.
    config = dataclasses.replace(PRESETS["lapgan"].config, channels=3, image_size=32, classes=10)
    counts = {
        size: (parameter_count(pyramid.generators(config)[size]), parameter_count(pyramid.discriminators(config)[size]))
        for size in (8, 32)
    }
    assert counts == {8: (1_792_992, 477_001), 32: (218_179, 116_545)}
    conditional = dataclasses.replace(config, conditioning="concatenation")
    of_class = 32 * 32 * 10 + 32 * 32
    assert parameter_count(pyramid.generators(conditional)[32]) == 218_179 + of_class + 49 * 64
    assert parameter_count(pyramid.discriminators(conditional)[32]) == 116_545 + of_class + 25 * 64
    assert parameter_count(pyramid.generators(conditional)[8]) == 1_792_992 + 10 * 1200
    assert parameter_count(pyramid.discriminators(conditional)[8]) == 477_001 + 10 * 600


@pytest.mark.parametrize(
    ("side", "sizes"),
    [
        (64, (8, 16, 32, 64)),
        (28, (7, 14, 28)),
        (16, (8, 16)),
        (8, (8,)),
        (96, (6, 12, 24, 48, 96)),
        (40, (5, 10, 20, 40)),
    ],
)
def test_the_sides_of_the_levels(side, sizes):
    assert LAPGANConfig(image_size=side).sizes == sizes


def test_a_level_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match=r"level must be one of 0, 8, 16, 32\. Received: 12"):
        LAPGANConfig(image_size=32, level=12)
    with pytest.raises(ConfigError, match=r"kernel_size must be odd\. Received: 4"):
        LAPGANConfig(kernel_size=4)
    with pytest.raises(ConfigError, match=r"a pyramid has .*Received: minibatch_kernels=3"):
        tiny("lapgan", minibatch_kernels=3)
    with pytest.raises(ConfigError, match=r"a pyramid has .*Received: upsampling=resize"):
        tiny("lapgan", upsampling="resize")


def test_the_pyramid_is_that_of_numpy():
    image = np.random.default_rng(0).uniform(-1, 1, (2, 12, 12, 3)).astype(np.float32)
    np.testing.assert_allclose(pyramid.coarser(tf.constant(image)), halved(image), atol=1e-6)
    np.testing.assert_allclose(pyramid.upsampled(tf.constant(image)), doubled(image), atol=1e-6)


def latents_of(model, count=3):
    sizes = model.config.latent_parts.values()
    return [
        np.random.default_rng(place).uniform(-1, 1, (count, size)).astype(np.float32)
        for place, size in enumerate(sizes)
    ]


def test_the_chain_gives_each_level_its_noise_and_what_the_one_before_has_made():
    model = plain("lapgan", image_size=32, conditioning="concatenation", classes=3)
    noise, label = latents_of(model), np.array([0, 1, 2])
    image = model.generator_8({"latent": noise[0], "label": label})
    for size, plane in zip((16, 32), noise[1:], strict=True):
        coarse, level = np.asarray(image), getattr(model, f"generator_{size}")
        image = level({"latent": plane, "coarse": coarse, "label": label})
        # What a level adds is not what it upsamples, and depends on noise, class and coarse image.
        assert np.abs(image - doubled(coarse)).max() > 0.05
        for other in (
            {"latent": -plane, "coarse": coarse, "label": label},
            {"latent": plane, "coarse": coarse, "label": (label + 1) % 3},
        ):
            assert np.abs(level(other) - image).max() > 1e-3
    made = model.generator({"latent": np.concatenate(noise, axis=1), "label": label})
    np.testing.assert_allclose(made, np.clip(image, -1, 1), atol=1e-6)


def test_a_level_adds_its_residual_to_the_upsampled_image():
    model = plain("lapgan", image_size=16)
    level = model.generator_16
    last = level.layers[-2]
    for variable in last.trainable_variables:
        variable.assign(tf.zeros_like(variable))
    coarse = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 1)).astype(np.float32)
    made = level({"latent": np.ones((2, 256), np.float32), "coarse": coarse})
    np.testing.assert_allclose(made, doubled(coarse), atol=1e-6)


@pytest.mark.parametrize(("turns", "conditioning"), [(1, "none"), (2, "concatenation")])
def test_the_step(turns, conditioning):
    """At each level the game of Algorithm 1, on real images beside the real coarse ones, whatever the others do."""
    model = plain("lapgan", image_size=16, dropout=0.0, discriminator_steps=turns, conditioning=conditioning)
    batch = batch_of(model)
    step = Step(model, batch)
    logs = {name: [] for name in ("generator_loss", "discriminator_loss", "real_score", "fake_score")}
    for size in (8, 16):
        generator, discriminator = (getattr(model, f"{role}_{size}") for role in ("generator", "discriminator"))
        for turn in range(turns + 1):
            drawn = min(turn, turns - 1)
            image = batch["real"][:, drawn].numpy()
            of_class = {"label": batch["label"][:, drawn]} if conditioning != "none" else {}
            given = {"latent": tf.constant(step.given[generator.name][turn]["latent"]), **of_class}
            if size == 16:
                given["coarse"] = tf.constant(halved(image), tf.float32)
                np.testing.assert_allclose(step.given[generator.name][turn]["coarse"], halved(image), atol=1e-6)
            real = tf.constant(image if size == 16 else halved(image), tf.float32)
            if turn < turns:
                fake = generator(given)
                with tf.GradientTape() as tape:
                    scores = [discriminator({"image": each, **of_class}) for each in (real, fake)]
                    loss = (entropy(scores[0], 1) + entropy(scores[1], 0)) / 2
                descend(loss, tape, discriminator)
            else:
                with tf.GradientTape() as tape:
                    generator_loss = entropy(discriminator({"image": generator(given), **of_class}), 1)
                descend(generator_loss, tape, generator)
        values = (generator_loss, loss, probability(scores[0]), probability(scores[1]))
        for name, value in zip(logs, values, strict=True):
            logs[name].append(float(value))
        assert step.logs[f"fake_score_{size}"] == pytest.approx(float(values[3]), rel=1e-4)
    step.assert_repeated(**{name: np.mean(values) for name, values in logs.items()})
    noises = [call["latent"].tobytes() for size in (8, 16) for call in step.given[f"generator_{size}"]]
    assert len(set(noises)) == len(noises)
    # And of each image another.
    for call in step.given["generator_16"]:
        assert len(np.unique(call["latent"], axis=0)) == len(call["latent"])


def test_one_level_can_be_trained_alone():
    """The others stay as they were, and it moves as it does beside them."""
    both, alone = (plain("lapgan", image_size=16, dropout=0.0, level=level) for level in (0, 16))
    batch = batch_of(both)
    before = [value.copy() for value in alone.generator_8.get_weights()]
    both.train_step(batch)
    logs = alone.train_step(batch)
    assert float(logs["fake_score_8"]) == 0
    assert float(logs["fake_score_16"]) == pytest.approx(float(logs["fake_score"]))
    for old, new in zip(before, alone.generator_8.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    for one, other in zip(both.generator_16.get_weights(), alone.generator_16.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert any(np.abs(old - new).max() > 1e-4 for old, new in zip(before, both.generator_8.get_weights(), strict=True))


def test_levels_trained_one_after_the_other_in_one_run_are_as_trained_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    run = {"image_size": 16, "batch_size": 4, "dropout": 0.5, "average_decay": 0.9}
    tiny_run("lapgan", tmp_path / "run", **run, level=8, steps=2).train(Train())
    weights = tiny_run("lapgan", tmp_path / "run", **run, level=8).trained_model()
    kept = weights.generator_8.get_weights()
    tiny_run("lapgan", tmp_path / "run", **run, level=16, steps=4).train(Train())
    model = tiny_run("lapgan", tmp_path / "run", **run, level=16).trained_model()
    for old, new in zip(kept, model.generator_8.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert model.step == 4
    assert list((tmp_path / "run" / "pictures").glob("levels-*.png"))


def test_what_is_dropped_of_the_discriminators_differs_from_step_to_step():
    model = plain("lapgan", image_size=16, dropout=0.5)
    image = {"image": tf.ones((2, 16, 16, 1)), "seed": tf.constant([[1, 2], [1, 2]])}
    other = image | {"seed": tf.constant([[1, 3], [1, 3]])}
    first, again, second = (model.discriminator(each, training=True) for each in (image, image, other))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - second).max() > 1e-4
    assert model.discriminator is model.discriminator_16


def test_of_8_pixels_there_is_the_coarsest_level_alone():
    model = plain("lapgan", image_size=8)
    assert model.players == ("generator_8", "discriminator_8")
    latent = np.ones((2, NOISE), np.float32)
    expected = np.clip(model.generator_8({"latent": latent}), -1, 1)
    np.testing.assert_allclose(model.generator({"latent": latent}), expected, atol=1e-6)
    model.train_step(batch_of(model))
