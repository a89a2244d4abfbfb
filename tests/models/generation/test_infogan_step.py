"""The step of InfoGAN by hand (Chen et al. 2016, equations 5 and 6): both players minimize V - lambda L_I."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.steps import OBJECTIVES, Step, descend, penalty, plain


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"information_weight": 0.4, "continuous_weight": 1.7},
        {"continuous_codes": 0},
        {"categories": 0},
        {"penalty": "r2", "penalty_weight": 2.0, "discriminator_normalization": "none"},
    ],
    ids=str,
)
def test_both_players_raise_the_information_with_its_weights(changes):
    model = plain("infogan", **({"discriminator_steps": 2} | changes))
    config, objective = model.config, OBJECTIVES["non_saturating"]
    # Of the categorical code, and of the continuous ones.
    weights = (changes.get("information_weight", 1.0), changes.get("continuous_weight", 0.1))
    batch = {"real": tf.constant(np.random.default_rng(1).uniform(-1, 1, (4, 2, 8, 8, 1)), tf.float32)}
    step = Step(model, batch)

    def generate(turn):
        latent = tf.constant(step.given["generator"][turn]["latent"])
        return latent, model.generator({"latent": latent}, training=True)

    def outputs(image):
        return model.discriminator({"image": image}, training=True)

    def information(found, latent):
        """Of noise, category and codes side by side: log 3 + log q(c), and log 2 + log N(c; mean, 1) for each code."""
        parts, (category, codes) = [], tf.split(latent[:, config.latent_dim :], [config.categories, -1], axis=1)
        if config.categories:
            logs = tf.reduce_sum(category * tf.nn.log_softmax(found["category_logits"]), axis=1)
            parts.append(np.log(config.categories) + tf.reduce_mean(logs))
        else:
            parts.append(0.0)
        if config.continuous_codes:
            logs = -((found["continuous_means"] - codes) ** 2) / 2 - np.log(2 * np.pi) / 2 + np.log(2)
            parts.append(tf.reduce_mean(tf.reduce_sum(logs, axis=1)))
        return parts

    def weighted(parts):
        return sum(weight * part for weight, part in zip(weights, parts, strict=False))

    passes = len(step.given["discriminator"]) // 2
    for turn in range(2):
        real, (latent, fake) = batch["real"][:, turn], generate(turn)
        with tf.GradientTape() as tape:
            of_real, of_fake = outputs(real), outputs(fake)
            discriminator_loss = objective.discriminator(of_real["logits"], of_fake["logits"])
            discriminator_loss -= weighted(information(of_fake, latent))
            if config.penalty != "none":
                scored = step.given["discriminator"][passes * turn + 2]["image"]
                gradient = penalty(config.penalty, lambda image: outputs(image)["logits"], real, fake, scored)
                discriminator_loss += config.penalty_weight * gradient
        descend(discriminator_loss, tape, model.discriminator)
    with tf.GradientTape() as tape:
        latent, generated = generate(2)
        found = outputs(generated)
        parts = information(found, latent)
        generator_loss = objective.generator(found["logits"], None) - weighted(parts)
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=objective.score(of_real["logits"]),
        fake_score=objective.score(of_fake["logits"]),
        information=sum(parts),
    )
