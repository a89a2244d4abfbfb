"""Edited captions as mismatched pairs, and what frozen encoders say of generated images: GAN-CLS's step by hand."""

import numpy as np
import pytest
import tensorflow as tf

from losses import alignment_loss, contrastive_loss, edited_words_loss, mode_seeking_loss
from models.core.config import ConfigError
from models.text_to_image.configs import InterpolationConfig, MatchingAwareConfig
from tests.models.steps import Step, batch_of, descend, entropy, plain, probability
from tests.models.text_to_image.players import Players
from tests.worlds import frozen_encoders

WORDS, EDITS = 5, 2


def make(name="gan_cls", **changes):
    model = plain(name, captions_per_image=1, edited_captions=EDITS, **changes)
    model.attach(frozen_encoders(text_dim=3, side=8, read_words=WORDS))
    return model


def edited_batch(model, without=()):
    """A batch whose captions have edits, but for some rows."""
    rng, batch = np.random.default_rng(0), batch_of(model)
    words = rng.integers(1, 5, (4, WORDS))
    words[0, 3:] = 0
    # Of another class, but the same caption: no mistake.
    words[3] = words[1]
    edited = np.stack([words] * EDITS, axis=1)
    for row in set(range(4)) - set(without):
        edited[row, 0, 1], edited[row, 1, 2] = words[row, 1] % 4 + 1, words[row, 2] % 4 + 1
    texts = {"words": tf.constant(words, tf.int32), "edited": tf.constant(edited, tf.int32)}
    return batch | texts | {"label": tf.constant([0, 1, 0, 2])}


def read(model, ids):
    return model.alignment.words({"words": ids}, training=False)


@pytest.mark.parametrize(
    ("share", "whole", "by_words", "drawn", "apart"),
    [(0.0, 0.7, 0.0, 0.0, 0.0), (1.0, 0.0, 0.4, 0.5, 0.3), (1.0, 0.7, 0.4, 0.0, 0.0)],
)
def test_gan_cls_with_edited_captions_and_the_losses_of_frozen_encoders(share, whole, by_words, drawn, apart):
    """Row 1 has no edit: it keeps its wrong image, and has no hard negative. Rows 2 and 3 may be drawn for edits."""
    weights = {"contrastive_weight": whole, "alignment_weight": by_words, "mode_seeking_weight": apart}
    model = make(edited_share=share, generated_edits=drawn, **weights)
    batch = edited_batch(model, without=[1])
    frozen = [value.numpy() for value in model.alignment.words.weights + model.alignment.regions.weights]
    given = read(model, batch["words"])
    edits = [read(model, batch["edited"][:, turn]) for turn in range(EDITS)]
    edited = {name: tf.stack([edit[name] for edit in edits], axis=1) for name in given}
    step = Step(model, batch)
    players = Players(step)
    is_wrong = tf.constant([bool(share), False, bool(share), bool(share)])
    wrong_image = tf.where(is_wrong[:, None, None, None], batch["image"], batch["wrong_image"])
    wrong_text = tf.where(is_wrong[:, None], edits[0]["embedding"], given["embedding"])
    own = 2 if drawn else 4
    with tf.GradientTape() as tape:
        asked = {name: tf.concat([rows[:own], edited[name][own:, 0]], axis=0) for name, rows in given.items()}
        text, generated = given["embedding"], players.generate(asked["embedding"])
        real, wrong = players.score(batch["image"], text), players.score(wrong_image, wrong_text)
        fake = players.score(generated[:own], text[:own])
        discriminator_loss = entropy(real, 1) + 0.5 * entropy(wrong, 0) + 0.5 * entropy(fake, 0)
    descend(discriminator_loss, tape, model.discriminator)
    is_edited = tf.constant([[True] * EDITS, [False] * EDITS, [True] * EDITS, [True] * EDITS])
    with tf.GradientTape() as tape:
        images = players.generate(asked["embedding"])
        if drawn:
            # What the edit was of is wrong now.
            edited = {
                name: tf.concat([rows[:2], tf.stack([given[name][2:], rows[2:, 1]], axis=1)], axis=0)
                for name, rows in edited.items()
            }
        # Rows 1 and 3 have one caption, unless row 3 is drawn for an edit of it.
        same = tf.constant([0, 1, 2, 3 if drawn else 1])
        seen, label = model.alignment.regions({"image": images}, training=False), batch["label"]
        pair = seen["embedding"], asked["embedding"]
        generator_loss = entropy(players.score(images, asked["embedding"]), 1)
        generator_loss += whole * contrastive_loss(*pair, label, same, 10.0, edited["embedding"], is_edited)
        regions, words = seen["regions"], asked["words"]
        generator_loss += by_words * alignment_loss(regions, words, asked["weights"], label, same, 15.0)
        generator_loss += by_words * edited_words_loss(regions, words, edited["words"], is_edited, 8.0)
        if apart:
            # The first two are drawn again, with other noise.
            latent, other = (tf.constant(given["latent"][:2]) for given in step.given["generator"][:2])
            assert np.abs(latent - other).max() > 0.1
            again = model.generator({"latent": other, "text": asked["embedding"][:2]}, training=True)
            generator_loss += apart * mode_seeking_loss(images[:2], again, latent, other)
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=probability(real),
        wrong_score=probability(wrong),
        fake_score=probability(fake),
    )
    for before, after in zip(frozen, model.alignment.words.weights + model.alignment.regions.weights, strict=True):
        np.testing.assert_array_equal(before, after)


def test_frozen_encoders_are_no_weights_of_the_model():
    """A checkpoint of every run would hold them again."""
    assert len(make(alignment_weight=1.0).weights) == len(plain("gan_cls").weights)


@pytest.mark.parametrize("name", ["text_gan", "gan_int", "gan_int_cls"])
def test_every_generator_draws_for_edited_captions_of_which_the_discriminator_learns_nothing(name):
    model = make(name, generated_edits=0.5)
    batch = edited_batch(model)
    step = Step(model, batch)
    own, edited = (read(model, ids)["embedding"].numpy() for ids in (batch["words"], batch["edited"][:, 0]))
    asked = np.concatenate([own[:2], edited[2:]])
    assert np.abs(own[2:] - edited[2:]).max() > 1e-3
    # The last pass of the generator is its own turn; GAN-INT's has interpolations behind.
    np.testing.assert_allclose(step.given["generator"][-1]["text"][:4], asked, rtol=1e-5, atol=1e-6)
    *of_discriminator, of_generator = step.given["discriminator"]
    for given in of_discriminator:
        np.testing.assert_allclose(given["text"], own[: len(given["text"])], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(of_generator["text"][:4], asked, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["text_gan", "gan_int", "gan_int_cls"])
@pytest.mark.parametrize("setting", ["contrastive_weight", "alignment_weight"])
def test_every_generator_takes_the_losses(name, setting):
    moved = []
    for weight in (1e-6, 5.0):
        model = make(name, **{setting: weight})
        step = Step(model, edited_batch(model))
        moved.append((step.logs["generator_loss"], step.after[-1]))
    assert moved[1][0] > moved[0][0] + 0.1
    assert any(np.abs(one - other).max() > 1e-4 for one, other in zip(moved[0][1], moved[1][1], strict=True))


@pytest.mark.parametrize("name", ["text_gan", "gan_int", "gan_int_cls"])
def test_every_generator_keeps_its_images_apart(name, monkeypatch):
    losses, compared = [], []

    def recorded(*arguments):
        compared.append(arguments)
        return mode_seeking_loss(*arguments)

    monkeypatch.setattr("models.text_to_image.base.mode_seeking_loss", recorded)
    for weight in (0.0, 0.3):
        model = plain(name, captions_per_image=1, mode_seeking_weight=weight)
        step = Step(model, batch_of(model))
        losses.append(step.logs["generator_loss"])
    texts = [given["text"] for given in step.given["generator"]]
    latents = [given["latent"] for given in step.given["generator"]]
    half = len(texts[-1])
    np.testing.assert_array_equal(texts[-1], texts[-2][:half])
    assert half == (len(texts[-2]) + 1) // 2
    assert np.abs(latents[-1] - latents[-2][:half]).max() > 0.1
    # The noises are those of the images.
    _, _, *noises = compared[0]
    np.testing.assert_array_equal(noises[0], latents[-2][:half])
    np.testing.assert_array_equal(noises[1], latents[-1])
    assert losses[1] > losses[0] + 0.01


def test_gan_int_cls_takes_edited_captions_for_mismatched_pairs():
    model = make("gan_int_cls", edited_share=1.0)
    batch = edited_batch(model)
    wrong = Step(model, batch).given["discriminator"][2]
    np.testing.assert_array_equal(wrong["image"], batch["image"])
    np.testing.assert_allclose(wrong["text"], read(model, batch["edited"][:, 0])["embedding"], rtol=1e-5, atol=1e-6)


def test_edited_captions_are_a_share_of_the_mismatched_pairs():
    model = make(edited_share=0.25, batch_size=400)
    batch = {"image": tf.ones((400, 8, 8, 3)), "wrong_image": tf.zeros((400, 8, 8, 3))}
    text = tf.zeros((400, 3))
    texts = {"embedding": text, "edited": {"embedding": text[:, None] + 1.0}, "is_edited": tf.ones((400, 1), tf.bool)}
    images, wrong = model.mismatched(batch, texts)
    np.testing.assert_array_equal(images[:, 0, 0, 0], wrong[:, 0])
    assert 70 < float(tf.reduce_sum(wrong[:, 0])) < 130


@pytest.mark.parametrize("name", ["gan_cls", "text_gan", "gan_int_cls"])
def test_with_attention_generators_read_words_and_discriminators_the_whole(name):
    model = make(name, word_attention=2, read_words=WORDS, word_dim=3, mode_seeking_weight=0.1, generated_edits=0.5)
    batch = edited_batch(model)
    step = Step(model, batch)
    own, edited = (read(model, ids) for ids in (batch["words"], batch["edited"][:, 0]))
    for player, of_texts in (("generator", "words"), ("discriminator", "embedding")):
        asked = np.concatenate([own[of_texts][:2], edited[of_texts][2:]])
        given = step.given[player][-1 if player == "discriminator" else -2]["text"]
        np.testing.assert_allclose(given[:4], asked, rtol=1e-5, atol=1e-6)
        if name == "gan_int_cls":
            np.testing.assert_allclose(given[4:], 0.5 * (asked[:2] + asked[2:]), rtol=1e-5, atol=1e-6)
    # Images drawn again are of the same words.
    np.testing.assert_allclose(step.given["generator"][-1]["text"][:2], own["words"][:2], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "setting", ["word_attention", "contrastive_weight", "alignment_weight", "generated_edits", "edited_share"]
)
def test_what_has_no_words_is_refused(setting):
    given = {setting: 1 if setting == "word_attention" else 0.5}
    with pytest.raises(
        ConfigError, match=r"require word_region; gan_cls has none of them\. Received: text_encoder=end_to_end"
    ):
        MatchingAwareConfig(text_encoder="end_to_end", captions_per_image=1, **given)
    with pytest.raises(ConfigError, match=r"require captions_per_image=1\. Received: 4"):
        MatchingAwareConfig(**given)
    with pytest.raises(ConfigError, match=r"word_attention must divide 64, the features read\. Received: 5"):
        MatchingAwareConfig(word_attention=5, captions_per_image=1)


def test_a_paired_loss_is_refused_where_a_generated_image_has_no_real_one():
    with pytest.raises(ConfigError, match=r"generated_edits must be 0 with adversarial=relativistic.* Received: 0\.5"):
        MatchingAwareConfig(adversarial="relativistic", captions_per_image=1, generated_edits=0.5)
    with pytest.raises(ConfigError, match=r"this model's step does not pair .* Received: relativistic"):
        InterpolationConfig(adversarial="relativistic")
