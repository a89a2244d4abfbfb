"""The steps of the text encoders by hand, pair by pair: the hinge (Reed et al., CVPR 2016) and InfoNCE."""

import numpy as np
import pytest
import tensorflow as tf

from losses import alignment_loss, contrastive_loss, edited_words_loss
from models.core.config import ConfigError
from tests.models.steps import Step, descend, images, plain


def pair_by_pair(image, text, labels, margin):
    """Both directions, each a mean over all pairs; pairs of one class are no mistakes."""
    total, count = 0.0, len(labels)
    for right in range(count):
        for wrong in range(count):
            if labels[wrong] != labels[right]:
                matching = tf.tensordot(image[right], text[right], 1)
                total += tf.maximum(margin + tf.tensordot(image[right], text[wrong], 1) - matching, 0)
                total += tf.maximum(margin + tf.tensordot(image[wrong], text[right], 1) - matching, 0)
    return total / count**2


@pytest.mark.parametrize("margin", [1.0, 0.3])
@pytest.mark.parametrize("features", [0, 5])
def test_both_encoders_learn_from_one_loss(features, margin):
    changes = {} if margin == 1.0 else {"margin": margin}
    # So many that the recurrent layer has three steps.
    model = plain("char_cnn_rnn", image_features_dim=features, read_characters=66, **changes)
    rng, labels = np.random.default_rng(0), [0, 1, 1, 2]
    batch = {
        "characters": tf.constant(rng.integers(1, 71, (4, 201)), tf.int32),
        "label": tf.constant(labels),
        "image": images(0),
        "image_features": tf.constant(rng.normal(size=(4, features)), tf.float32),
    }
    key = "image_features" if features else "image"
    step = Step(model, batch)
    with tf.GradientTape() as tape:
        text = model.text_encoder({"characters": batch["characters"]}, training=True)
        image = model.image_encoder({key: batch[key]}, training=True)
        loss = pair_by_pair(image, text, labels, margin)
    # From one loss: neither sees the other's update.
    descend(loss, tape, model.text_encoder, model.image_encoder)
    found = np.array(labels)[np.argmax(image.numpy() @ text.numpy().T, axis=1)]
    step.assert_repeated(joint_embedding_loss=loss, accuracy=np.mean(found == labels))


@pytest.mark.parametrize("scale", [10.0, 2.0])
@pytest.mark.parametrize("name", ["word_cnn", "char_cnn_rnn"])
def test_the_contrastive_step_leaves_out_pairs_of_one_class_or_caption(name, scale):
    own = {"word_cnn": {"vocabulary": ("red", "bird"), "read_words": 6}, "char_cnn_rnn": {"read_characters": 66}}[name]
    changes = {} if scale == 10.0 else {"logit_scale": scale}
    model = plain(name, image_features_dim=5, objective="contrastive", **own, **changes)
    rng, labels, captions = np.random.default_rng(0), np.array([0, 1, 1, 2]), np.array([7, 3, 4, 7])
    batch = {
        "words": tf.constant(rng.integers(1, 6, (4, 6)), tf.int32),
        "characters": tf.constant(rng.integers(1, 71, (4, 201)), tf.int32),
        "label": tf.constant(labels),
        "caption": tf.constant(captions),
        "image_features": tf.constant(rng.normal(size=(4, 5)), tf.float32),
    }
    key = model.text_key
    step = Step(model, batch)
    # The second and third are of one class, the first and last have one caption.
    right = [[1, 2], [0, 3], [0, 3], [1, 2]]
    with tf.GradientTape() as tape:
        text = model.text_encoder({key: batch[key]}, training=True)
        image = model.image_encoder({"image_features": batch["image_features"]}, training=True)
        scores, loss = scale * image @ tf.transpose(text), 0.0
        for n, wrong in enumerate(right):
            for these in (tf.gather(scores[n], wrong), tf.gather(scores[:, n], wrong)):
                loss += tf.math.log(1 + tf.reduce_sum(tf.exp(these - scores[n, n]))) / 8
    descend(loss, tape, model.text_encoder, model.image_encoder)
    found = labels[np.argmax(image.numpy() @ text.numpy().T, axis=1)]
    step.assert_repeated(joint_embedding_loss=loss, accuracy=np.mean(found == labels))
    np.testing.assert_allclose(np.linalg.norm(np.concatenate([image, text]), axis=1), 1.0, rtol=1e-5)


def test_edited_captions_are_offered_to_their_own_image_alone():
    """The third's first edit is its caption, which stands for none."""
    model = plain("word_cnn", image_features_dim=5, vocabulary=("red", "bird"), read_words=6, edited_captions=2)
    rng = np.random.default_rng(0)
    words = rng.integers(1, 6, (4, 6))
    edited = np.stack([words, words], axis=1)
    edited[:, 0, 1], edited[:, 1, 4] = words[:, 1] % 5 + 1, words[:, 4] % 5 + 1
    edited[2, 0] = words[2]
    batch = {
        "words": tf.constant(words, tf.int32),
        "edited": tf.constant(edited, tf.int32),
        "label": tf.range(4),
        "caption": tf.range(4),
        "image_features": tf.constant(rng.normal(size=(4, 5)), tf.float32),
    }
    step = Step(model, batch)
    with tf.GradientTape() as tape:
        text = model.text_encoder({"words": batch["words"]}, training=True)
        hard = tf.stack([model.text_encoder({"words": batch["edited"][:, k]}, training=True) for k in range(2)], axis=1)
        image = model.image_encoder({"image_features": batch["image_features"]}, training=True)
        scores, own, loss = 10.0 * image @ tf.transpose(text), 10.0 * tf.einsum("bd,bkd->bk", image, hard), 0.0
        for n in range(4):
            offered = tf.concat([scores[n], own[n, 1:] if n == 2 else own[n]], axis=0)
            loss += (tf.reduce_logsumexp(offered) + tf.reduce_logsumexp(scores[:, n]) - 2 * scores[n, n]) / 8
    descend(loss, tape, model.text_encoder, model.image_encoder)
    found = np.argmax(image.numpy() @ text.numpy().T, axis=1)
    step.assert_repeated(joint_embedding_loss=loss, accuracy=np.mean(found == np.arange(4)))


def test_words_and_regions_are_compared_beside_the_whole():
    model = plain("word_cnn", vocabulary=("red", "bird"), read_words=6, alignment_dim=3, edited_captions=1)
    rng = np.random.default_rng(0)
    words = rng.integers(1, 6, (4, 6))
    words[0, 3:] = 0
    edited = words[:, np.newaxis].copy()
    edited[:2, 0, 1] = words[:2, 1] % 5 + 1
    batch = {
        "words": tf.constant(words, tf.int32),
        "edited": tf.constant(edited, tf.int32),
        "label": tf.constant([0, 1, 1, 2]),
        "caption": tf.range(4),
        "image": images(0),
    }
    is_edited = tf.constant([[True], [True], [False], [False]])
    step = Step(model, batch)
    with tf.GradientTape() as tape:
        text = model.text_network({"words": batch["words"]}, training=True)
        hard = model.text_network({"words": batch["edited"][:, 0]}, training=True)
        hard = {name: rows[:, tf.newaxis] for name, rows in hard.items()}
        image = model.image_network({"image": batch["image"]}, training=True)
        pair = image["embedding"], text["embedding"]
        whole = contrastive_loss(*pair, batch["label"], batch["caption"], 10.0, hard["embedding"], is_edited)
        regions, read = image["regions"], text["words"]
        loss = whole + alignment_loss(regions, read, text["weights"], batch["label"], batch["caption"], 15.0)
        loss += edited_words_loss(regions, read, hard["words"], is_edited, 8.0)
    descend(loss, tape, model.text_network, model.image_network)
    found = np.array([0, 1, 1, 2])[np.argmax(pair[0].numpy() @ pair[1].numpy().T, axis=1)]
    step.assert_repeated(joint_embedding_loss=loss, accuracy=np.mean(found == np.array([0, 1, 1, 2])))
    # The weights are those of the caption's words.
    np.testing.assert_allclose(tf.reduce_sum(text["weights"], axis=1), 1.0, rtol=1e-5)
    assert np.all(text["weights"].numpy()[words == 0] == 0.0)
    # Words have length 1, and what stands behind them 0.
    np.testing.assert_allclose(np.linalg.norm(text["words"], axis=2), words > 0, atol=1e-5)


@pytest.mark.parametrize("changes", [{"objective": "hinge"}, {"image_encoder": "network.keras"}])
def test_words_are_compared_by_the_contrastive_loss_and_with_maps_of_its_own(changes):
    with pytest.raises(ConfigError, match=r"alignment_dim requires objective=contrastive and image_encoder=small_cnn"):
        plain("word_cnn", alignment_dim=3, **changes)


def test_the_hinge_has_no_edited_captions():
    with pytest.raises(ConfigError, match=r"edited_captions requires objective=contrastive\. Received: hinge"):
        plain("char_cnn_rnn", edited_captions=1)
