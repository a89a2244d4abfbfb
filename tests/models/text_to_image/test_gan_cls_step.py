"""The steps of GAN-CLS and the naive GAN by hand (Reed et al. 2016, section 4.2 and Algorithm 1)."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.steps import Step, batch_of, descend, entropy, penalty, plain, probability, square
from tests.models.text_to_image.players import Players


def matching_aware(players, image, text):
    """The mean of (|dD/dx| + |dD/dt|)^6 at real images and their own texts (Tao et al. 2022, section 3.3)."""
    with tf.GradientTape() as tape:
        tape.watch([image, text])
        total = tf.reduce_sum(players.score(image, text))
    squares = [tf.reshape(gradient**2, (len(gradient), -1)) for gradient in tape.gradient(total, [image, text])]
    by_image, by_text = (tf.sqrt(tf.reduce_sum(each, axis=1)) for each in squares)
    return tf.reduce_mean((by_image + by_text) ** 6)


def penalties(players, batch, generated, text, first):
    """The unweighted penalty of the configuration; `first` is the discriminator's first pass for it."""
    kind, image = players.model.config.penalty, batch["image"]
    if kind == "matching_aware":
        return matching_aware(players, image, text)
    kinds = ("r1", "r2") if kind == "r1_r2" else (kind,)
    passes = players.step.given["discriminator"][first : first + len(kinds)]
    return tf.add_n(
        [
            penalty(kind, lambda images: players.score(images, text), image, generated, scored["image"])
            for kind, scored in zip(kinds, passes, strict=True)
        ]
    )


def repeat(model, batch, weight, fake_loss=lambda logits: entropy(logits, 0), **losses):
    """A step by hand, compared with the model's own; `weight` is that of mismatched pairs among false ones.

    Losses are of single logits, or, as `pair`, of those that should be higher and those that should be lower.
    """
    step, config = Step(model, batch), model.config
    players = Players(step)
    real_loss = losses.get("real", lambda logits: entropy(logits, 1))
    wins = losses.get("generator", lambda logits: entropy(logits, 1))
    score, pair = losses.get("score", probability), losses.get("pair")
    with tf.GradientTape() as tape:
        text = players.embed(batch)
        generated = players.generate(text)
        real, fake = players.score(batch["image"], text), players.score(generated, text)
        wrong = players.score(batch["wrong_image"], text)
        if pair:
            discriminator_loss = (1 - weight) * pair(real, fake) + weight * pair(real, wrong)
        else:
            discriminator_loss = real_loss(real) + (1 - weight) * fake_loss(fake) + weight * fake_loss(wrong)
        if config.penalty != "none":
            discriminator_loss += config.penalty_weight * penalties(
                players, batch, generated, tf.stop_gradient(text), first=3 if weight else 2
            )
    text = tf.stop_gradient(text)
    descend(discriminator_loss, tape, *players.discriminators)
    with tf.GradientTape() as tape:
        # The same images, before the updated discriminator.
        logits = players.score(players.generate(text), text)
        generator_loss = pair(logits, players.score(batch["image"], text)) if pair else wins(logits)
    descend(generator_loss, tape, model.generator)
    wrong_score = {"wrong_score": score(wrong)} if weight else {}
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=score(real),
        fake_score=score(fake),
        **wrong_score,
    )


def test_the_naive_gan():
    model = plain("text_gan")
    repeat(model, batch_of(model), weight=0.0)


@pytest.mark.parametrize("weight", [0.5, 0.2, 1.0])
def test_gan_cls_weights_the_false_pairs(weight):
    model = plain("gan_cls", **({} if weight == 0.5 else {"mismatch_weight": weight}))
    repeat(model, batch_of(model), weight)


@pytest.mark.parametrize("name", ["text_gan", "gan_cls"])
def test_another_loss_with_a_smoothed_target(name):
    model = plain(name, adversarial="least_squares", label_smoothing=0.1)
    repeat(
        model,
        batch_of(model),
        weight=0.5 if name == "gan_cls" else 0.0,
        real=lambda logits: square(logits, 0.9),
        fake_loss=lambda logits: square(logits, 0),
        generator=lambda logits: square(logits, 1),
        score=tf.reduce_mean,
    )


@pytest.mark.parametrize(("name", "weight"), [("text_gan", 0.0), ("gan_cls", 0.5), ("gan_cls", 0.2)])
def test_a_relativistic_loss_compares_images_of_the_same_texts(name, weight):
    model = plain(name, adversarial="relativistic", **({"mismatch_weight": weight} if weight == 0.2 else {}))
    repeat(model, batch_of(model), weight, pair=lambda high, low: entropy(high - low, 1), score=tf.reduce_mean)


@pytest.mark.parametrize("name", ["text_gan", "gan_cls"])
@pytest.mark.parametrize("kind", ["gradient", "r1", "r2", "r1_r2", "matching_aware"])
def test_a_penalty_at_images_of_the_same_texts(name, kind):
    model = plain(name, penalty=kind, penalty_weight=3.0, discriminator_normalization="none")
    repeat(model, batch_of(model), weight=0.5 if name == "gan_cls" else 0.0)


@pytest.mark.parametrize("name", ["text_gan", "gan_cls"])
def test_end_to_end_the_encoder_learns_from_the_discriminators_loss(name):
    # Without batch statistics, which amplify rounding errors of texts that are nearly the same.
    changes = {"text_encoder": "end_to_end", "captions_per_image": 2, "discriminator_normalization": "none"}
    model = plain(name, read_characters=66, **changes)
    characters = tf.constant(np.random.default_rng(2).integers(1, 71, (4, 2, 201)), tf.int32)
    batch = batch_of(model) | {"characters": characters}
    del batch["text"]
    repeat(model, batch, weight=0.5 if name == "gan_cls" else 0.0)


def test_the_inner_product_of_image_and_text_learns_too():
    model = plain("gan_cls", inner_product_dim=2)
    repeat(model, batch_of(model), weight=0.5)
