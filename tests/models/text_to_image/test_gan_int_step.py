"""The steps of GAN-INT and GAN-INT-CLS by hand (Reed et al. 2016, section 4.3, equation 5; main_cls_int.lua)."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.steps import Step, batch_of, descend, entropy, penalty, plain, probability
from tests.models.text_to_image.players import Players


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("gan_int", {}),
        ("gan_int", {"interpolation_weight": 0.3}),
        ("gan_int", {"interpolation_weight": 0.0}),
        ("gan_int", {"interpolation_beta": 0.8, "interpolation_weight": 3.0}),
        ("gan_int_cls", {}),
        ("gan_int_cls", {"mismatch_weight": 0.2}),
        ("gan_int_cls", {"penalty": "gradient", "penalty_weight": 3.0, "discriminator_normalization": "none"}),
        ("gan_int_cls", {"text_encoder": "end_to_end", "captions_per_image": 2, "discriminator_normalization": "none"}),
    ],
    ids=str,
)
def test_the_step(name, changes):
    model = plain(name, **changes, read_characters=66)
    weight = changes.get("mismatch_weight", 0.5 if name == "gan_int_cls" else 0.0)
    beta, strength = changes.get("interpolation_beta", 0.5), changes.get("interpolation_weight", 1.0)
    batch, config = batch_of(model), model.config
    if config.text_encoder == "end_to_end":
        batch["characters"] = tf.constant(np.random.default_rng(2).integers(1, 71, (4, 2, 201)), tf.int32)
        del batch["text"]
    step = Step(model, batch)
    players = Players(step)
    with tf.GradientTape() as tape:
        text = players.embed(batch)
        generated = tf.stop_gradient(players.generate(text, call=0))
        real, fake = players.score(batch["image"], text), players.score(generated, text)
        wrong = players.score(batch["wrong_image"], text)
        discriminator_loss = entropy(real, 1) + (1 - weight) * entropy(fake, 0) + weight * entropy(wrong, 0)
        if config.penalty != "none":
            (scored,) = [
                given["image"]
                for given in step.given["discriminator"][:-1]
                if not any(np.allclose(given["image"], image, atol=1e-5) for image in (batch["image"], generated))
                and not np.allclose(given["image"], batch["wrong_image"])
            ]
            discriminator_loss += config.penalty_weight * penalty(
                config.penalty, lambda image: players.score(image, text), batch["image"], generated, scored
            )
    descend(discriminator_loss, tape, *players.discriminators)
    # The generator's are others, with new noise: of the batch's texts, and of B / 2 interpolations of pairs of them.
    text = tf.stop_gradient(text)
    texts = tf.concat([text, beta * text[:2] + (1 - beta) * text[2:]], axis=0)
    with tf.GradientTape() as tape:
        logits = players.score(players.generate(texts, call=1), texts)
        # A mean over 1.5 B images, in which those of interpolated texts have a weight.
        each = -tf.math.log_sigmoid(logits)[:, 0]
        generator_loss = (tf.reduce_sum(each[:4]) + strength * tf.reduce_sum(each[4:])) / 6
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        interpolated_loss=tf.reduce_mean(each[4:]),
        discriminator_loss=discriminator_loss,
        real_score=probability(real),
        fake_score=probability(fake),
        **({"wrong_score": probability(wrong)} if weight else {}),
    )
    first, second = (given["latent"] for given in step.given["generator"])
    assert (first.shape, second.shape) == ((4, 5), (6, 5))
    assert np.abs(first - second[:4]).min() > 0
