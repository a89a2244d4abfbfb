"""The step of the characters with attributes by hand: ACGAN's, and the squared error of the attributes, which the
discriminator learns from real images alone and the generator from what is asked.
"""

import numpy as np
import pytest
import tensorflow as tf

from models.core.config import ConfigError
from models.generation.latent import latents
from tests.models.steps import OBJECTIVES, Step, batch_of, class_entropy, descend, penalty, plain, square
from tests.worlds import tiny


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"attribute_weight": 0.7, "class_weight": 0.3},
        {"attribute_weight": 0.0},
        {"class_weight": 0.0},
        {"conditioning": "projection"},
        {"adversarial": "relativistic"},
        {"penalty": "r1", "penalty_weight": 2.0, "discriminator_normalization": "none"},
    ],
    ids=str,
)
def test_real_images_teach_the_attributes_and_the_generator_is_asked_for_others(changes):
    model = plain("attribute_font", **({"discriminator_steps": 2} | changes))
    objective = OBJECTIVES[model.config.adversarial]
    weights = changes.get("class_weight", 1.0), changes.get("attribute_weight", 10.0)
    batch = batch_of(model)
    step = Step(model, batch)

    def generate(turn, label):
        latent = tf.constant(step.given["generator"][turn]["latent"])
        # The last three are the attributes.
        return model.generator({"latent": latent, "label": label}, training=True), latent[:, -3:]

    def outputs(image):
        found = model.discriminator({"image": image}, training=True)
        return found["logits"], found["class_logits"], found["attributes"]

    passes = len(step.given["discriminator"]) // 2
    for turn in range(2):
        real, label, attributes = (batch[name][:, turn] for name in ("real", "label", "attributes"))
        fake, _ = generate(turn, label)
        with tf.GradientTape() as tape:
            (real_logits, real_classes, predicted), (fake_logits, fake_classes, _) = outputs(real), outputs(fake)
            class_losses = class_entropy(real_classes, label), class_entropy(fake_classes, label)
            real_attribute_loss = square(predicted, attributes)
            discriminator_loss = objective.discriminator(real_logits, fake_logits)
            discriminator_loss += weights[0] * sum(class_losses) + weights[1] * real_attribute_loss
            if model.config.penalty != "none":
                scored = step.given["discriminator"][passes * turn + 2]["image"]
                discriminator_loss += 2.0 * penalty("r1", lambda image: outputs(image)[0], real, fake, scored)
        descend(discriminator_loss, tape, model.discriminator)
    with tf.GradientTape() as tape:
        generated, asked = generate(2, label)
        generated_logits, generated_classes, predicted = outputs(generated)
        fake_attribute_loss = square(predicted, asked)
        generator_loss = objective.generator(generated_logits, outputs(real)[0])
        generator_loss += weights[0] * class_entropy(generated_classes, label) + weights[1] * fake_attribute_loss
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_class_loss=class_losses[0],
        fake_class_loss=class_losses[1],
        real_attribute_loss=real_attribute_loss,
        fake_attribute_loss=fake_attribute_loss,
        real_score=objective.score(real_logits),
        fake_score=objective.score(fake_logits),
    )


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_attributes_are_uniform_whatever_the_noise_is(distribution):
    drawn = latents(tiny("attribute_font", latent_distribution=distribution))(4000, [0, 1]).numpy()
    assert drawn.shape == (4000, 5 + 3)
    attributes = drawn[:, 5:]
    assert -1.0 <= attributes.min() < -0.99
    assert 0.99 < attributes.max() <= 1.0
    np.testing.assert_allclose(attributes.mean(axis=0), 0.0, atol=0.04)
    np.testing.assert_allclose(attributes.var(axis=0), 1 / 3, atol=0.02)
    # Not those of each other, nor of the noise.
    assert np.abs(np.corrcoef(drawn.T) - np.eye(8)).max() < 0.06


def test_each_attribute_and_the_class_reach_the_image():
    model = plain("attribute_font")
    latent, label = np.zeros((6, 8), np.float32), np.array([0, 0, 0, 0, 1, 2])
    latent[1:4, 5:] = np.eye(3)
    images = model.generator({"latent": latent, "label": label}, training=False).numpy()
    assert len({image.tobytes() for image in images}) == 6


def test_a_mirrored_character_leans_the_other_way():
    with pytest.raises(ConfigError, match=r"flip must be false: .*leans the other way\. Received: True"):
        tiny("attribute_font", flip=True)
