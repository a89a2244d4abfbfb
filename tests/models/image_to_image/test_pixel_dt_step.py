"""The step of pixel-level domain transfer by hand (Yoo et al. 2016, section 4.3, equations 3 to 5)."""

import pytest
import tensorflow as tf

from tests.models.steps import OBJECTIVES, RATE, Step, descend, entropy, images, penalty, plain


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"domain_weight": 0.4},
        {"domain_weight": 0.0},
        {"label_smoothing": 0.1},
        {"discriminator_learning_rate": 0.2},
        {"penalty": "gradient", "penalty_weight": 3.0, "discriminator_normalization": "none"},
        {"penalty": "r1", "penalty_weight": 3.0, "discriminator_normalization": "none"},
    ],
    ids=str,
)
def test_the_step(changes):
    small = {"image_size": 16, "generator_width": 2, "discriminator_width": 2}
    model = plain("pixel_dt", **small, **changes)
    config, objective = model.config, OBJECTIVES["non_saturating"]
    weight, target_of_real = changes.get("domain_weight", 1.0), 1 - changes.get("label_smoothing", 0.0)
    rate = config.discriminator_learning_rate or RATE
    source, target, other = (images(seed, side=16) for seed in range(3))
    step = Step(model, {"input": source, "target": target, "unassociated": other})

    def convert():
        return model.generator({"image": source}, training=True)

    def score(image):
        return model.discriminator({"image": image}, training=True)

    def score_pair(image):
        return model.domain_discriminator({"input": source, "image": image}, training=True)

    def weighted_penalty(name, scoring):
        if config.penalty == "none":
            return 0.0
        return config.penalty_weight * penalty(config.penalty, scoring, target, fixed, step.given[name][3]["image"])

    fixed, logs = convert(), {}
    with tf.GradientTape() as tape:
        # Both targets are real.
        real, also_real, fake = score(target), score(other), score(fixed)
        discriminator_loss = entropy(real, target_of_real) + entropy(also_real, target_of_real) + entropy(fake, 0)
        discriminator_loss = discriminator_loss / 3 + weighted_penalty("discriminator", score)
    descend(discriminator_loss, tape, model.discriminator, rate=rate)
    if weight:
        with tf.GradientTape() as tape:
            # Only one of them belongs to the input.
            associated, unassociated, converted = score_pair(target), score_pair(other), score_pair(fixed)
            domain_loss = entropy(associated, target_of_real) + entropy(unassociated, 0) + entropy(converted, 0)
            domain_loss = domain_loss / 3 + weighted_penalty("domain_discriminator", score_pair)
        descend(domain_loss, tape, model.domain_discriminator, rate=rate)
        logs = {
            "domain_loss": domain_loss,
            "associated_score": objective.score(associated),
            "unassociated_score": objective.score(unassociated),
        }
    with tf.GradientTape() as tape:
        generated = convert()
        generator_loss = entropy(score(generated), 1)
        if weight:
            # Half of it each at the paper's weight of 1.
            generator_loss = (generator_loss + weight * entropy(score_pair(generated), 1)) / (1 + weight)
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=objective.score(real),
        fake_score=objective.score(fake),
        **logs,
    )
