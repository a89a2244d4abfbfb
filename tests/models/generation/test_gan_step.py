"""The step of the GAN by hand: both players' losses and gradients from Goodfellow et al. 2014 and its successors."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.reference import OBJECTIVES, RATE, Step, batch_of, descend, hinge, penalty, plain, smoothed

PENALIZED = ("gradient", "one_sided_gradient", "r1", "r2")


class Players:
    """Networks with what the step gave them beside images: latents, dropout's seeds and the turn's classes."""

    def __init__(self, model, step, batch):
        self.model, self.step, self.batch = model, step, batch
        self.last = model.config.discriminator_steps - 1

    def conditions(self, network, turn):
        named = {"label": self.batch["label"][:, min(turn, self.last)], "seed": self.seed(turn)}
        return {name: value for name, value in named.items() if name in network.input}

    def seed(self, turn):
        seeds = [given["seed"] for given in self.step.given["discriminator"] if "seed" in given]
        return tf.constant(seeds[2 * turn]) if seeds else None

    def generate(self, turn):
        latent = tf.constant(self.step.given["generator"][turn]["latent"])
        generator = self.model.generator
        return generator({"latent": latent, **self.conditions(generator, turn)}, training=True)

    def score(self, image, turn):
        discriminator = self.model.discriminator
        return discriminator({"image": image, **self.conditions(discriminator, turn)}, training=True)


def repeat(model, batch, objective, rate=RATE, bound=np.inf, penalized="none"):
    """Algorithm 1 by hand, and its comparison with the model's own step."""
    step, config = Step(model, batch), model.config
    players, turns = Players(model, step, batch), config.discriminator_steps
    passes = 3 if penalized != "none" else 2
    for turn in range(turns):
        real, fake = batch["real"][:, turn], players.generate(turn)
        with tf.GradientTape() as tape:
            real_logits, fake_logits = players.score(real, turn), players.score(fake, turn)
            discriminator_loss = objective.discriminator(real_logits, fake_logits)
            if penalized != "none":
                scored = step.given["discriminator"][passes * turn + 2]["image"]
                gradient = penalty(penalized, lambda image, turn=turn: players.score(image, turn), real, fake, scored)
                discriminator_loss += config.penalty_weight * gradient
        descend(discriminator_loss, tape, model.discriminator, rate=rate)
        for variable in model.discriminator.trainable_variables:
            variable.assign(np.clip(variable, -bound, bound))
    with tf.GradientTape() as tape:
        # On the last turn's real images and classes.
        fake_now, real_now = players.score(players.generate(turns), turns), players.score(real, turns)
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
    step = repeat(model, batch_of(model), OBJECTIVES["non_saturating"])
    latents = [given["latent"].tobytes() for given in step.given["generator"]]
    assert len(set(latents)) == turns + 1
    if name == "cgan":
        # One dropout mask for the real and the generated images of a turn, another for each turn.
        seeds = [given["seed"][0].tobytes() for given in step.given["discriminator"]]
        assert len(set(seeds)) == turns + 1


@pytest.mark.parametrize("weight", [10.0, 3.0])
@pytest.mark.parametrize("kind", PENALIZED)
def test_each_penalty_with_its_weight(kind, weight):
    model = plain("gan_2d", adversarial="wasserstein", penalty=kind, penalty_weight=weight, discriminator_steps=2)
    repeat(model, batch_of(model), OBJECTIVES["wasserstein"], penalized=kind)


def test_a_penalty_on_images_of_a_class():
    model = plain("cgan", penalty="r1", penalty_weight=2.0, dropout=0.0)
    repeat(model, batch_of(model), OBJECTIVES["non_saturating"], penalized="r1")


@pytest.mark.parametrize("bound", [0.1, 0.25])
def test_weights_are_clipped_after_every_turn(bound):
    """WGAN, Algorithm 1, line 7: all weights of the discriminator, before its next turn."""
    model = plain("gan_2d", adversarial="wasserstein", weight_clip=bound, discriminator_steps=3)
    repeat(model, batch_of(model), OBJECTIVES["wasserstein"], bound=bound)


@pytest.mark.parametrize("rate", [0.02, 0.2])
def test_the_discriminators_own_rate(rate):
    model = plain("gan_2d", discriminator_learning_rate=rate)
    repeat(model, batch_of(model), OBJECTIVES["non_saturating"], rate=rate)


def test_the_latents_are_of_the_named_distribution():
    for name, deviation in (("uniform", 3**-0.5), ("normal", 1.0)):
        latent = plain("gan_2d", latent_distribution=name).sample_latent(4000).numpy()
        assert latent.std() == pytest.approx(deviation, rel=0.03)
        assert latent.mean() == pytest.approx(0.0, abs=0.03)
        assert (np.abs(latent).max() <= 1.0) == (name == "uniform")
