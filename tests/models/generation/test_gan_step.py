"""The step of the GAN by hand: both players' losses and gradients from Goodfellow et al. 2014 and its successors."""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf

from models.core import spectral
from tests.models.steps import (
    OBJECTIVES,
    RATE,
    Step,
    batch_of,
    descend,
    hinge,
    moved,
    penalty,
    plain,
    shift_of,
    smoothed,
)

PENALIZED = ("gradient", "one_sided_gradient", "r1", "r2")


class Players:
    """Networks with what the step gave them beside images: latents, dropout's seeds and the turn's classes."""

    def __init__(self, model, step, batch):
        self.model, self.step, self.batch = model, step, batch
        self.last = model.config.discriminator_steps - 1

    def conditions(self, network, turn):
        return {"label": self.batch["label"][:, min(turn, self.last)]} if "label" in network.input else {}

    def generate(self, turn):
        latent = tf.constant(self.step.given["generator"][turn]["latent"])
        generator = self.model.generator
        return generator({"latent": latent, **self.conditions(generator, turn)}, training=True)

    def present(self, image, given):
        """The discriminator's input from a clean image, and what the step gave it: the image itself."""
        np.testing.assert_allclose(given, image, atol=1e-5)
        return image

    def score(self, image, turn, call):
        """Logits; `call` counts the discriminator's passes within the step."""
        given, discriminator = self.step.given["discriminator"][call], self.model.discriminator
        seed = {"seed": tf.constant(given["seed"])} if "seed" in given else {}
        inputs = {"image": self.present(image, given["image"]), **self.conditions(discriminator, turn), **seed}
        return discriminator(inputs, training=True)


def repeat(model, batch, objective, rate=RATE, bound=np.inf, factor=1.0, players=Players):
    """Algorithm 1 by hand, and its comparison with the model's own step."""
    step, config = Step(model, batch), model.config
    players, turns, call = players(model, step, batch), config.discriminator_steps, 0
    for turn in range(turns):
        real, fake = batch["real"][:, turn], players.generate(turn)
        with tf.GradientTape() as tape:
            real_logits, fake_logits = players.score(real, turn, call), players.score(fake, turn, call + 1)
            discriminator_loss, call = factor * objective.discriminator(real_logits, fake_logits), call + 2
            if config.penalty != "none":
                scored = step.given["discriminator"][call]["image"]
                score = partial(players.score, turn=turn, call=call)
                # In full, whatever the factor.
                discriminator_loss += config.penalty_weight * penalty(config.penalty, score, real, fake, scored)
                call += 1
        descend(discriminator_loss, tape, model.discriminator, rate=rate)
        for variable in model.discriminator.trainable_variables:
            variable.assign(np.clip(variable, -bound, bound))
        # Miyato et al. 2018, Algorithm 1: one power iteration a turn.
        spectral.iterate(model.discriminator)
    with tf.GradientTape() as tape:
        fake_now = players.score(players.generate(turns), turns, call)
        # A paired loss compares with the last turn's real images.
        real_now = players.score(real, turns, call + 1) if call + 1 < len(step.given["discriminator"]) else None
        generator_loss = objective.generator(fake_now, real_now)
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=objective.score(real_logits),
        fake_score=objective.score(fake_logits),
    )
    return step


@pytest.mark.parametrize("adversarial", OBJECTIVES)
def test_each_loss_for_both_players_over_two_turns(adversarial):
    model = plain("gan_2d", adversarial=adversarial, discriminator_steps=2)
    repeat(model, batch_of(model), OBJECTIVES[adversarial])


@pytest.mark.parametrize(
    ("changes", "objective"),
    [
        ({"adversarial": "non_saturating", "label_smoothing": 0.1}, smoothed(0.9)),
        (
            {"adversarial": "least_squares", "label_smoothing": 0.25},
            OBJECTIVES["least_squares"]._replace(
                discriminator=lambda real, fake: tf.reduce_mean((real - 0.75) ** 2) + tf.reduce_mean(fake**2)
            ),
        ),
        ({"adversarial": "hinge", "margin": 0.3}, hinge(0.3)),
    ],
)
def test_the_parameters_of_the_losses(changes, objective):
    model = plain("gan_2d", **changes)
    repeat(model, batch_of(model), objective)


@pytest.mark.parametrize("turns", [1, 3])
@pytest.mark.parametrize("name", ["cgan", "dcgan", "projection"])
def test_images_with_classes_and_dropout(name, turns):
    changes = {"spectral_normalization": False, "decay_steps": 0} if name == "projection" else {}
    model = plain(name, discriminator_steps=turns, adversarial="non_saturating", **changes)
    step = repeat(model, batch_of(model), OBJECTIVES["non_saturating"], factor=0.5 if name == "cgan" else 1.0)
    latents = [given["latent"].tobytes() for given in step.given["generator"]]
    assert len(set(latents)) == turns + 1
    if name == "cgan":
        # A dropout mask of its own for each pass: of real images, of generated ones, in each turn.
        seeds = [given["seed"][0].tobytes() for given in step.given["discriminator"]]
        assert len(set(seeds)) == 2 * turns + 1


@pytest.mark.parametrize("weight", [10.0, 3.0])
@pytest.mark.parametrize("kind", PENALIZED)
def test_each_penalty_with_its_weight(kind, weight):
    changes = {} if weight == 10.0 else {"penalty_weight": weight}
    model = plain("gan_2d", adversarial="wasserstein", penalty=kind, discriminator_steps=2, **changes)
    assert model.config.penalty_weight == weight
    repeat(model, batch_of(model), OBJECTIVES["wasserstein"])


def test_a_penalty_on_images_of_a_class():
    model = plain("cgan", penalty="r1", penalty_weight=2.0)
    repeat(model, batch_of(model), OBJECTIVES["non_saturating"], factor=0.5)


@pytest.mark.parametrize(
    "changes", [{}, {"adversarial": "hinge"}, {"adversarial": "relativistic"}, {"penalty": "r1"}], ids=str
)
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_discriminators_loss_has_a_factor_and_its_penalty_and_the_generators_loss_have_not(factor, changes):
    """goodfeli/adversarial halves it (AdversaryCost2), and not the generator's."""
    model = plain("gan_2d", discriminator_loss_factor=factor, **changes)
    repeat(model, batch_of(model), OBJECTIVES[model.config.adversarial], factor=factor)


@pytest.mark.parametrize("name", ["gan", "gan_minimax", "cgan"])
def test_the_2014_gans_halve_the_discriminators_loss(name):
    model = plain(name)
    repeat(model, batch_of(model), OBJECTIVES[model.config.adversarial], factor=0.5)


@pytest.mark.parametrize("name", ["sngan", "projection"])
def test_singular_vectors_follow_the_weights_turn_by_turn(name):
    model = plain(name, discriminator_steps=3, decay_steps=0)
    assert spectral.spectral_layers(model.discriminator)
    repeat(model, batch_of(model), OBJECTIVES["hinge"])


class NoisyPlayers(Players):
    def present(self, image, given):
        """With the step's own noise, a constant."""
        return image + tf.stop_gradient(given - image)


class MovedPlayers(Players):
    def present(self, image, given):
        """Each image moved as far as the step moved it, padded with 0."""
        return tf.stack([moved(row, shift_of(row, seen)) for row, seen in zip(image, given, strict=True)])


def test_both_players_learn_through_instance_noise():
    model = plain("gan_2d", instance_noise=0.5, discriminator_steps=2)
    repeat(model, batch_of(model), OBJECTIVES["non_saturating"], players=NoisyPlayers)


def test_both_players_learn_through_augmentation():
    model = plain("dcgan", augmentation="translation", discriminator_steps=2, image_size=16)
    repeat(model, batch_of(model), OBJECTIVES["non_saturating"], players=MovedPlayers)


@pytest.mark.parametrize("bound", [0.1, 0.25])
def test_weights_are_clipped_after_every_turn(bound):
    """WGAN, Algorithm 1, line 7: all weights of the discriminator, before its next turn."""
    model = plain("gan_2d", adversarial="wasserstein", weight_clip=bound, discriminator_steps=3)
    repeat(model, batch_of(model), OBJECTIVES["wasserstein"], bound=bound)


@pytest.mark.parametrize("rate", [0.02, 0.2])
def test_the_discriminators_own_rate(rate):
    model = plain("gan_2d", discriminator_learning_rate=rate)
    repeat(model, batch_of(model), OBJECTIVES["non_saturating"], rate=rate)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("uniform", -1, 1), ("uniform_unit_cube", 0, 1), ("uniform_unit_variance", -(3**0.5), 3**0.5), ("normal", 0, 0)],
)
def test_the_latents_are_of_the_named_distribution(name, low, high):
    latent = plain("gan_2d", latent_distribution=name).sample_latent(4000).numpy()
    mean, deviation = ((low + high) / 2, (high - low) / 12**0.5) if high else (0.0, 1.0)
    assert (latent.mean(), latent.std()) == pytest.approx((mean, deviation), abs=0.03)
    if high:
        assert (latent.min(), latent.max()) == pytest.approx((low, high), abs=0.01)
    else:
        # A normal distribution's kurtosis; a uniform one's is 1.8.
        assert (latent**4).mean() == pytest.approx(3.0, abs=0.3)
