"""Edited captions as mismatched pairs, and the contrastive loss of generated images: GAN-CLS's step by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from models.core.config import ConfigError
from models.text_to_image.configs import MatchingAwareConfig
from models.text_to_image.networks import frozen_image_encoder
from tests.models.steps import Step, batch_of, descend, entropy, plain, probability
from tests.models.text_to_image.players import Players

SCALE, WEIGHT = 3.0, 0.7


def encoder_of(side: int) -> str:
    """The layers of an image encoder of images of a side, in JSON."""
    image = keras.Input((side, side, 3), name="image")
    return keras.Model({"image": image}, layers.Dense(3)(layers.Flatten()(image)), name="image_encoder").to_json()


def make(name="gan_cls", **changes):
    return plain(name, contrastive_scale=SCALE, image_encoder=encoder_of(8), **changes)


def edited_batch(model, without=()):
    """A batch whose captions have edits, but for some rows."""
    batch = batch_of(model)
    kept = np.isin(np.arange(len(batch["text"])), without)[:, np.newaxis]
    edited = tf.where(kept, batch["text"], batch["text"][:, ::-1] + 1.0)
    return batch | {"edited_text": edited, "label": tf.constant([0, 1, 0, 2])}


def disagreement(images, texts, edited, labels, without=()):
    """The mean of both directions' cross-entropies, row by row."""
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (images, texts, edited)]
    total = 0.0
    for row, label in enumerate(labels):
        others = [other for other in range(len(labels)) if other == row or labels[other] != label]
        to_texts = [SCALE * unit[0][row] @ unit[1][other] for other in others]
        right = SCALE * unit[0][row] @ unit[1][row]
        hard = [] if row in without else [SCALE * unit[0][row] @ unit[2][row]]
        to_images = [SCALE * unit[0][other] @ unit[1][row] for other in others]
        total += np.log(np.sum(np.exp(to_texts + hard))) - right + np.log(np.sum(np.exp(to_images))) - right
    return total / (2 * len(labels))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_gan_cls_with_edited_captions_and_the_contrastive_loss(share):
    """Row 1 has no edit: it keeps its wrong image, and has no hard negative."""
    model = make(edited_share=share, contrastive_weight=WEIGHT)
    batch = edited_batch(model, without=[1])
    frozen = [value.copy() for value in model.image_encoder.get_weights()]
    step = Step(model, batch)
    players = Players(step)
    rows = tf.constant([bool(share), False, bool(share), bool(share)])
    wrong_image = tf.where(rows[:, None, None, None], batch["image"], batch["wrong_image"])
    wrong_text = tf.where(rows[:, None], batch["edited_text"], batch["text"])
    with tf.GradientTape() as tape:
        text, generated = batch["text"], players.generate(batch["text"])
        real, wrong = players.score(batch["image"], text), players.score(wrong_image, wrong_text)
        fake = players.score(generated, text)
        discriminator_loss = entropy(real, 1) + 0.5 * entropy(wrong, 0) + 0.5 * entropy(fake, 0)
    descend(discriminator_loss, tape, model.discriminator)
    with tf.GradientTape() as tape:
        images = players.generate(text)
        embedded = model.image_encoder({"image": images})
        by_rows = disagreement_in_tensors(embedded, text, batch["edited_text"], batch["label"].numpy(), [1])
        generator_loss = entropy(players.score(images, text), 1) + WEIGHT * by_rows
    arrays = [value.numpy().astype(float) for value in (embedded, text, batch["edited_text"])]
    assert float(by_rows) == pytest.approx(disagreement(*arrays, batch["label"].numpy(), [1]), rel=1e-4)
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=probability(real),
        wrong_score=probability(wrong),
        fake_score=probability(fake),
    )
    model.set_weights(step.end)
    for before, after in zip(frozen, model.image_encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def disagreement_in_tensors(images, texts, edited, labels, without):
    """`disagreement`, for a tape."""
    images, texts, edited = (tf.math.l2_normalize(rows, axis=1) for rows in (images, texts, edited))
    logits, hard = SCALE * images @ tf.transpose(texts), SCALE * tf.reduce_sum(images * edited, axis=1)
    losses = []
    for row, label in enumerate(labels):
        others = [other for other in range(len(labels)) if other == row or labels[other] != label]
        offered = [logits[row, other] for other in others] + ([] if row in without else [hard[row]])
        losses.append(tf.reduce_logsumexp(tf.stack(offered)) - logits[row, row])
        losses.append(tf.reduce_logsumexp(tf.stack([logits[other, row] for other in others])) - logits[row, row])
    return tf.add_n(losses) / (2 * len(labels))


@pytest.mark.parametrize("name", ["text_gan", "gan_int", "gan_int_cls"])
def test_every_generator_takes_the_contrastive_loss(name):
    moved = []
    for weight in (0.0, 5.0):
        model = make(name, contrastive_weight=weight)
        batch = edited_batch(model)
        step = Step(model, batch)
        moved.append((step.logs["generator_loss"], step.after[-1]))
    assert moved[1][0] > moved[0][0] + 0.1
    assert any(np.abs(one - other).max() > 1e-4 for one, other in zip(moved[0][1], moved[1][1], strict=True))


def test_gan_int_cls_takes_edited_captions_for_mismatched_pairs():
    model = make("gan_int_cls", edited_share=1.0)
    batch = edited_batch(model)
    wrong = Step(model, batch).given["discriminator"][2]
    np.testing.assert_array_equal(wrong["image"], batch["image"])
    np.testing.assert_array_equal(wrong["text"], batch["edited_text"])


def test_edited_captions_are_a_share_of_the_mismatched_pairs():
    model = make(edited_share=0.25, batch_size=400, contrastive_weight=0.0)
    text = tf.zeros((400, 3))
    batch = {"image": tf.ones((400, 8, 8, 3)), "wrong_image": tf.zeros((400, 8, 8, 3)), "edited_text": text + 1.0}
    images, texts = model.mismatched(batch, text)
    np.testing.assert_array_equal(images[:, 0, 0, 0], texts[:, 0])
    assert 70 < float(tf.reduce_sum(texts[:, 0])) < 130


def test_images_of_another_size_are_resized_for_the_encoder():
    config = MatchingAwareConfig(image_size=16, text_dim=3, image_encoder=encoder_of(8), contrastive_weight=1.0)
    encoder = frozen_image_encoder(config)
    image = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
    plainly = keras.models.model_from_json(encoder_of(8))
    plainly.set_weights(encoder.get_weights())
    expected = plainly({"image": tf.image.resize(image, (8, 8), antialias=True)})
    np.testing.assert_allclose(encoder({"image": image}), expected, rtol=1e-5, atol=1e-5)
    assert encoder.trainable_variables == []


@pytest.mark.parametrize("changes", [{"contrastive_weight": 1.0}, {"edited_share": 0.5}])
def test_a_text_encoder_that_learns_with_the_gan_is_refused(changes):
    with pytest.raises(ConfigError, match=r"trained first\. Received: text_encoder=end_to_end"):
        MatchingAwareConfig(text_encoder="end_to_end", **changes)
