"""The step of CycleGAN by hand (Zhu et al. 2017, equations 1 to 3 and section 4), and what its pools show to D."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.steps import OBJECTIVES, RATE, Step, descend, images, l1, penalty, plain

SMALL = {"receptive_field": 16, "generator_width": 2, "discriminator_width": 2}


def batch_of(seed=0, count=2):
    return {"a": images(2 * seed, count), "b": images(2 * seed + 1, count)}


class Players:
    """The paper's G and F, D_Y and D_X."""

    def __init__(self, model):
        self.to_b, self.to_a = model.generator, model.backward_generator
        self.of_b, self.of_a = model.discriminator, model.backward_discriminator

    def translate(self, network, image):
        return network({"image": image}, training=True)

    def score(self, network, image):
        return network({"image": image}, training=True)


def repeat(step, batch, shown=None):
    """A step by hand, and its comparison with the model's own.

    Args:
        step: the model's own.
        batch: `a` and `b`.
        shown: the generated images of A and B that the discriminators see; by default those of this step.
    """
    model, config = step.model, step.model.config
    objective = OBJECTIVES[config.adversarial]
    players, a, b = Players(model), batch["a"], batch["b"]
    with tf.GradientTape() as tape:
        fake_b, fake_a = players.translate(players.to_b, a), players.translate(players.to_a, b)
        adversarial = objective.generator(players.score(players.of_b, fake_b), None)
        adversarial += objective.generator(players.score(players.of_a, fake_a), None)
        cycle = l1(players.translate(players.to_a, fake_b), a) + l1(players.translate(players.to_b, fake_a), b)
        identity = l1(players.translate(players.to_b, b), b) + l1(players.translate(players.to_a, a), a)
        generator_loss = adversarial + config.cycle_weight * cycle + config.identity_weight * identity
    descend(generator_loss, tape, players.to_b, players.to_a)
    # The discriminators see the images from before the translators' update.
    shown_a, shown_b = shown or (fake_a, fake_b)
    sides = {"backward_discriminator": (players.of_a, a, shown_a), "discriminator": (players.of_b, b, shown_b)}
    with tf.GradientTape() as tape:
        discriminator_loss, scores = 0.0, []
        for name, (network, real, fake) in sides.items():
            real_logits, fake_logits = players.score(network, real), players.score(network, fake)
            discriminator_loss += objective.discriminator(real_logits, fake_logits) / 2
            scores.append((objective.score(real_logits), objective.score(fake_logits)))
            if config.penalty != "none":
                # The last pass of the discriminator's.
                scored = step.given[name][-1]["image"]
                gradient = penalty(
                    config.penalty, lambda image, network=network: players.score(network, image), real, fake, scored
                )
                discriminator_loss += config.penalty_weight * gradient
    descend(discriminator_loss, tape, players.of_a, players.of_b, rate=config.discriminator_learning_rate or RATE)
    real_score, fake_score = np.mean(scores, axis=0)
    step.assert_repeated(
        generator_loss=generator_loss,
        cycle_loss=cycle,
        discriminator_loss=discriminator_loss,
        real_score=real_score,
        fake_score=fake_score,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cycle_weight": 3.0, "identity_weight": 2.0},
        {"cycle_weight": 0.0},
        {"adversarial": "non_saturating"},
        {"adversarial": "hinge", "cycle_weight": 1.0, "discriminator_learning_rate": 0.2},
        {"penalty": "gradient", "penalty_weight": 3.0, "discriminator_normalization": "none"},
        {"penalty": "r2", "penalty_weight": 3.0, "discriminator_normalization": "none"},
    ],
    ids=str,
)
def test_the_step(changes):
    model = plain("cyclegan", batch_size=2, **SMALL, **changes)
    # The paper's weights, where they are not changed.
    assert model.config.cycle_weight == changes.get("cycle_weight", 10.0)
    assert model.config.identity_weight == changes.get("identity_weight", 0.0)
    batch = batch_of()
    repeat(Step(model, batch), batch)


def test_the_discriminators_learn_from_the_images_that_the_pools_return():
    """Pools of one image: once they are full, D sees an image of an earlier step half of the time, and not its own."""
    model, count, old = plain("cyclegan", batch_size=1, pool_size=1, cycle_weight=1.0, **SMALL), 4, set()
    # Domain to the images that its translator has generated in each step so far.
    made, fakes = {"a": [], "b": []}, {}
    for number in range(count):
        batch, players = batch_of(number, count=1), Players(model)
        fakes["b"], fakes["a"] = (
            players.translate(players.to_b, batch["a"]),
            players.translate(players.to_a, batch["b"]),
        )
        for side, fake in fakes.items():
            made[side].append(fake.numpy())
        step, shown = Step(model, batch), {}
        for side, name in (("a", "backward_discriminator"), ("b", "discriminator")):
            # Passes of a step: for the translators' loss, on the real images, on the pool's.
            first, _, last = (given["image"] for given in step.given[name])
            np.testing.assert_allclose(first, made[side][-1], atol=1e-6)
            (place,) = [index for index, image in enumerate(made[side]) if np.allclose(image, last, atol=1e-6)]
            shown[side] = tf.constant(made[side][place])
            if place < number:
                old.add(side)
        repeat(step, batch, (shown["a"], shown["b"]))
        model.set_weights(step.end)
    assert old == {"a", "b"}
