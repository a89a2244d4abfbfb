"""The step of ACGAN by hand (Odena et al. 2017, section 3): D on L_S + L_C, G on L_C - L_S, L_C of real and fake."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.steps import OBJECTIVES, Step, class_entropy, descend, penalty, plain


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"class_weight": 0.3},
        {"class_weight": 0.0},
        {"adversarial": "hinge"},
        {"adversarial": "relativistic"},
        {"penalty": "r1", "penalty_weight": 2.0, "discriminator_normalization": "none"},
    ],
    ids=str,
)
def test_both_players_learn_the_classes_with_their_weight(changes):
    model = plain("acgan", **({"discriminator_steps": 2} | changes))
    config, objective = model.config, OBJECTIVES[model.config.adversarial]
    rng, weight = np.random.default_rng(1), changes.get("class_weight", 1.0)
    batch = {
        "real": tf.constant(rng.uniform(-1, 1, (4, 2, 8, 8, 1)), tf.float32),
        # Not the same classes in both turns.
        "label": tf.constant([[0, 1], [1, 2], [2, 0], [0, 2]], tf.int32),
    }
    step = Step(model, batch)

    def generate(turn, label):
        latent = tf.constant(step.given["generator"][turn]["latent"])
        return model.generator({"latent": latent, "label": label}, training=True)

    def outputs(image):
        found = model.discriminator({"image": image}, training=True)
        return found["logits"], found["class_logits"]

    passes = len(step.given["discriminator"]) // 2
    for turn in range(2):
        real, label = batch["real"][:, turn], batch["label"][:, turn]
        fake = generate(turn, label)
        with tf.GradientTape() as tape:
            (real_logits, real_classes), (fake_logits, fake_classes) = outputs(real), outputs(fake)
            real_class_loss, fake_class_loss = class_entropy(real_classes, label), class_entropy(fake_classes, label)
            discriminator_loss = objective.discriminator(real_logits, fake_logits)
            discriminator_loss += weight * (real_class_loss + fake_class_loss)
            if config.penalty != "none":
                scored = step.given["discriminator"][passes * turn + 2]["image"]
                gradient = penalty(config.penalty, lambda image: outputs(image)[0], real, fake, scored)
                discriminator_loss += config.penalty_weight * gradient
        descend(discriminator_loss, tape, model.discriminator)
    with tf.GradientTape() as tape:
        generated_logits, generated_classes = outputs(generate(2, label))
        generator_loss = objective.generator(generated_logits, outputs(real)[0])
        generator_loss += weight * class_entropy(generated_classes, label)
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_class_loss=real_class_loss,
        fake_class_loss=fake_class_loss,
        real_score=objective.score(real_logits),
        fake_score=objective.score(fake_logits),
    )
