"""StackGAN's steps by hand (Zhang et al. 2017, equations 2 to 6), and what its settings refuse."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from models.core.config import ConfigError
from models.text_to_image.stackgan_configs import FirstStageConfig, SecondStageConfig
from tests.models.steps import Step, batch_of, descend, entropy, plain, probability
from tests.models.text_to_image.players import Players
from tests.worlds import of_earlier_run, tiny

SIDES = {"stackgan_stage1": 8, "stackgan": 16}


def make(name, **changes):
    of = {key: changes[key] for key in changes.keys() & {"conditioning_augmentation"}}
    return plain(name, image_size=SIDES[name], **of_earlier_run(name, SIDES[name], text_dim=3, **of), **changes)


def divergence(text, kernel, offset):
    """0.5 (s^2 + m^2 - 1) - log s, the mean over all numbers."""
    numbers = tf.nn.leaky_relu(text @ kernel + offset, 0.2)
    mean, log_deviation = numbers[:, :3], numbers[:, 3:]
    return tf.reduce_mean((tf.exp(log_deviation) ** 2 + mean**2 - 1) / 2 - log_deviation)


@pytest.mark.parametrize("name", SIDES)
@pytest.mark.parametrize("changes", [{}, {"divergence_weight": 0.7}, {"conditioning_augmentation": False}])
def test_the_step(name, changes):
    """GAN-CLS, and the divergence of the conditions that are drawn for the captions."""
    model = make(name, **changes)
    batch = batch_of(model)
    step, text = Step(model, batch), batch["text"]
    players = Players(step)
    with tf.GradientTape() as tape:
        generated = players.generate(text)
        real, fake = players.score(batch["image"], text), players.score(generated, text)
        wrong = players.score(batch["wrong_image"], text)
        discriminator_loss = entropy(real, 1) + (entropy(wrong, 0) + entropy(fake, 0)) / 2
    descend(discriminator_loss, tape, model.discriminator)
    learned = model.generator if name == "stackgan_stage1" else model.generator.get_layer("second_stage")
    with tf.GradientTape() as tape:
        generator_loss = entropy(players.score(players.generate(text), text), 1)
        if changes.get("conditioning_augmentation", True):
            kernel, offset = learned.get_layer("conditioning").trainable_variables
            weight = changes.get("divergence_weight", 2.0)
            generator_loss += weight * divergence(text, tf.convert_to_tensor(kernel), tf.convert_to_tensor(offset))
    descend(generator_loss, tape, learned)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=probability(real),
        wrong_score=probability(wrong),
        fake_score=probability(fake),
    )


def first_of(generator):
    return [value.copy() for value in generator.get_layer("first_stage").get_weights()]


def test_the_first_stage_is_frozen_in_the_generator_and_in_its_average():
    model = make("stackgan", average_decay=0.5)
    weights = [np.full(value.shape, 0.1 * place, np.float32) for place, value in enumerate(first_of(model.generator))]
    model.take_first_stage(weights)
    for seed in range(2):
        model.train_step(batch_of(model, seed))
    second = [generator.get_layer("second_stage") for generator in (model.generator, model.averaged_generator)]
    for generator in (model.generator, model.averaged_generator):
        for one, other in zip(first_of(generator), weights, strict=True):
            np.testing.assert_array_equal(one, other)
    assert any((one != other).any() for one, other in zip(*(each.get_weights() for each in second), strict=True))


def test_conditions_are_drawn_anew_at_every_step_and_are_off_by_a_setting():
    for name, size in (("stackgan_stage1", 5 + 3), ("stackgan", 5 + 3 + 3)):
        model = make(name)
        first = model.sample_latent(4).numpy()
        assert first.shape == (4, size)
        model.train_step(batch_of(model))
        assert (model.sample_latent(4).numpy() != first).all()
        off = make(name, conditioning_augmentation=False)
        assert off.sample_latent(4).shape == (4, 5)
        assert float(off.divergence(batch_of(off)["text"])) == 0.0
        assert float(model.divergence(batch_of(model)["text"])) > 0.01


def test_another_draw_of_the_conditions_gives_another_image():
    for name, start in (("stackgan_stage1", 5), ("stackgan", 5 + 3)):
        model = make(name, generator_width=16)
        latent, text = model.sample_latent(2).numpy(), batch_of(model)["text"][:2].numpy()
        other = latent.copy()
        other[:, start:] += 1.0
        one, two = (model.generator({"latent": given, "text": text}) for given in (latent, other))
        assert np.abs(one - two).max() > 1e-3


@pytest.mark.parametrize(
    ("config", "changes", "message"),
    [
        (
            FirstStageConfig,
            {"word_attention": 4, "captions_per_image": 1},
            r"word_attention must be off: .* Received: 4",
        ),
        (FirstStageConfig, {"full_size_stage": True}, r"full_size_stage must be off: .* Received: True"),
        (SecondStageConfig, {"text_affine": True}, r"text_affine must be off: .* Received: True"),
        (FirstStageConfig, {"discriminator_network": "main_cls"}, r"must be one of stackgan\. Received: main_cls"),
        (SecondStageConfig, {"text_encoder": "end_to_end"}, r"text_encoder must be one that .* Received: end_to_end"),
        (FirstStageConfig, {"conditioning_dim": 0}, r"conditioning_dim must be at least 1\. Received: 0"),
        (FirstStageConfig, {"divergence_weight": -1.0}, r"divergence_weight must be at least 0.0\. Received: -1.0"),
    ],
)
def test_what_stackgan_does_not_have_is_refused(config, changes, message):
    with pytest.raises(ConfigError, match=message):
        config(**changes)


@pytest.mark.parametrize("size", [64, 96, 192, 320])
def test_a_second_stage_is_larger_by_a_power_of_two(size):
    with pytest.raises(ConfigError, match=rf"image_size must be 2, 4, 8 .* times 64.*Received: {size}"):
        SecondStageConfig(image_size=size, **first_of_64())
    for accepted in (128, 256, 512):
        assert SecondStageConfig(image_size=accepted, **first_of_64()).first.image_size == 64


def first_of_64():
    return {"first_generator": json.dumps(dataclasses.asdict(FirstStageConfig(text_dim=3)))}


def test_a_record_of_an_earlier_version_takes_new_settings_of_both_stages():
    config = dataclasses.asdict(tiny("stackgan", text_dim=3, **of_earlier_run("stackgan", text_dim=3)))
    first = json.loads(config["first_generator"])
    del config["residual_blocks"], first["divergence_weight"]
    found = SecondStageConfig.with_newer_settings(config | {"first_generator": json.dumps(first)})
    assert found["residual_blocks"] == 4
    assert json.loads(found["first_generator"])["divergence_weight"] == 2.0
