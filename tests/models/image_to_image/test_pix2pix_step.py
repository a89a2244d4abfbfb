"""The step of pix2pix by hand (Isola et al. 2017, sections 3.1 to 3.3): D's loss halved, G on the GAN loss and L1."""

import pytest
import tensorflow as tf

from tests.models.steps import OBJECTIVES, Step, descend, images, l1, penalty, plain


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"l1_weight": 7.0},
        {"l1_weight": 0.0},
        {"l1_weight": 2.0, "adversarial_weight": 0.3},
        {"adversarial_weight": 0.0},
        {"conditional": False, "l1_weight": 2.0},
        {"adversarial": "least_squares", "l1_weight": 2.0},
        {"penalty": "gradient", "penalty_weight": 3.0, "discriminator_normalization": "none"},
        {"penalty": "r1", "penalty_weight": 3.0, "discriminator_normalization": "none", "conditional": False},
    ],
    ids=str,
)
def test_the_step(changes):
    model = plain("pix2pix", receptive_field=16, batch_size=2, **changes)
    config, objective = model.config, OBJECTIVES[model.config.adversarial]
    weights = {"l1": changes.get("l1_weight", 100.0), "adversarial": changes.get("adversarial_weight", 1.0)}
    source, target = images(0, count=2), images(1, count=2)
    step = Step(model, {"input": source, "target": target})

    def translate():
        seed = tf.constant(step.given["generator"][0]["seed"])
        return model.generator({"image": source, "seed": seed}, training=True)

    def score(image):
        beside = {"input": source} if changes.get("conditional", True) else {}
        return model.discriminator({"image": image, **beside}, training=True)

    logs = {}
    if weights["adversarial"]:
        fake = translate()
        with tf.GradientTape() as tape:
            real_logits, fake_logits = score(target), score(fake)
            discriminator_loss = objective.discriminator(real_logits, fake_logits) / 2
            if config.penalty != "none":
                # In full: only the adversarial loss is halved.
                scored = step.given["discriminator"][2]["image"]
                discriminator_loss += config.penalty_weight * penalty(config.penalty, score, target, fake, scored)
        descend(discriminator_loss, tape, model.discriminator)
        logs = {
            "discriminator_loss": discriminator_loss,
            "real_score": objective.score(real_logits),
            "fake_score": objective.score(fake_logits),
        }
    with tf.GradientTape() as tape:
        generated = translate()
        distance = l1(generated, target)
        generator_loss = weights["l1"] * distance
        if weights["adversarial"]:
            # Against the updated discriminator.
            generator_loss += weights["adversarial"] * objective.generator(score(generated), None)
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(generator_loss=generator_loss, l1_loss=distance, **logs)
    assert len(step.given["generator"]) == 1
