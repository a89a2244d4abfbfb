"""The text encoder over words, recomputed in NumPy, and what of a caption it does not depend on."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.text_encoder.words import aligned, region_encoder, text_encoder
from tests.models.operations import relu
from tests.models.reference import assert_computes
from tests.worlds import tiny

VOCABULARY = ("a", "bird", "red", "blue")


def encoder(read_words=6, dim=7, **changes):
    sizes = {"word_dim": 5, "convolution_width": 4, "hidden_units": 6, "unknown_buckets": 3}
    config = tiny("word_cnn", vocabulary=VOCABULARY, read_words=read_words, embedding_dim=dim, **(sizes | changes))
    return text_encoder(config)


def some_words(read_words=6):
    """Captions of no word, one, all, and some in between."""
    ids = np.random.default_rng(0).integers(1, 8, (5, read_words)).astype(np.int32)
    for caption, length in enumerate((0, 1, read_words, 3, 2)):
        ids[caption, length:] = 0
    return ids


def described(r, words):
    """Two convolutions of three words with ReLU; the largest of each and of the embeddings; two dense layers."""
    table, present = r.take("kernel", (7, 5)), (words > 0)[..., None]
    x = np.concatenate([np.zeros((1, 5)), table])[words]
    stages = [x]
    for _ in range(2):
        padded = np.pad(x, [(0, 0), (1, 1), (0, 0)])
        x = relu(r.convolution_1d(padded, 4, 3)) * present
        stages.append(x)
    largest = [np.where(present, stage, -np.inf).max(axis=1) for stage in stages]
    pooled = np.concatenate([np.where(np.isfinite(rows), rows, 0.0) for rows in largest], axis=1)
    return r.dense(relu(r.dense(pooled, 6)), 7)


def test_it_computes_what_its_documentation_says():
    assert_computes(encoder(), described, {"words": some_words()})


def test_words_are_embedded_by_what_stands_around_them_and_weighted():
    config = tiny("word_cnn", vocabulary=VOCABULARY, read_words=6, alignment_dim=3)
    network = text_encoder(config)
    words, ids = keras.Model(network.input, aligned(network, config)), some_words()
    given = {name: rows.numpy() for name, rows in words({"words": ids}).items()}
    stages = [network.get_layer(name).output for name in ("word_embedding", "short_features", "word_features")]
    embedded, short, features = (rows.numpy() for rows in keras.Model(network.input, stages)({"words": ids}))
    kernel, bias = words.get_layer("embedded_words").get_weights()
    expected = np.concatenate([embedded, short, features], axis=2) @ kernel + bias
    expected = expected / np.maximum(np.linalg.norm(expected, axis=2, keepdims=True), 1e-12) * (ids > 0)[..., None]
    np.testing.assert_allclose(given["words"], expected, rtol=1e-3, atol=1e-4)
    weighing = next(layer for layer in words.layers if layer.output is words.get_layer("word_weights").input[0])
    kernel, bias = weighing.get_weights()
    shares = np.where(ids > 0, np.exp(features @ kernel + bias)[..., 0], 0.0)
    expected = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    np.testing.assert_allclose(given["weights"], expected, rtol=1e-4, atol=1e-6)


def test_a_region_sees_a_part_of_the_image_and_the_embedding_all_of_it():
    network = region_encoder(tiny("word_cnn", alignment_dim=3, image_size=32))
    image = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype(np.float32)
    changed = image.copy()
    changed[:, :5, :5] = -changed[:, :5, :5]
    before, after = (
        {name: rows.numpy() for name, rows in network({"image": each}).items()} for each in (image, changed)
    )
    assert before["regions"].shape == (1, 64, 3)
    moved = np.abs(before["regions"] - after["regions"]).max(axis=2).reshape(8, 8) > 1e-6
    assert moved[:2, :2].all()
    # A place sees 13 x 13 pixels: none from the fourth on reaches the first five.
    assert not moved[3:].any()
    assert not moved[:, 3:].any()
    assert np.abs(before["embedding"] - after["embedding"]).max() > 1e-4


@pytest.mark.parametrize("side", [16, 32, 48, 64])
def test_regions_are_at_least_8_by_8(side):
    network = region_encoder(tiny("word_cnn", alignment_dim=3, image_size=side))
    assert 8 <= network.output["regions"].shape[1] ** 0.5 < 16


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_what_stands_after_a_captions_end_changes_nothing(precision):
    keras.config.set_dtype_policy(precision)
    try:
        short, long = encoder(6), encoder(11)
    finally:
        keras.config.set_dtype_policy("float32")
    for variable in short.trainable_variables:
        variable.assign(np.random.default_rng(1).normal(size=variable.shape))
    long.set_weights(short.get_weights())
    words = some_words()
    padded = np.pad(words, [(0, 0), (0, 5)])
    np.testing.assert_allclose(long({"words": padded}), short({"words": words}), rtol=2e-3, atol=1e-4)
    # Nor do the weights: no word, no gradient.
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(short({"words": words[:1]}))
    assert np.isfinite(loss)
    rows = tape.gradient(loss, short.get_layer("word_embedding").embeddings.value)
    assert rows is None or not np.any(tf.convert_to_tensor(rows))


def test_features_of_each_word_for_attention():
    network, words = encoder(), some_words()
    outputs = [network.get_layer(name).output for name in ("word_features", "word_mask")]
    features, mask = keras.Model(network.input, outputs)({"words": words})
    assert features.shape == (5, 6, 4)
    np.testing.assert_array_equal(mask[..., 0], words > 0)
    assert not np.any(features[words == 0])
    # A word's features depend on the two words on each side of it, and on no others.
    changed = words.copy()
    changed[2, 5] = changed[2, 5] % 7 + 1
    moved = np.any(keras.Model(network.input, outputs)({"words": changed})[0] != features, axis=(0, 2))
    assert moved.tolist()[:3] == [False] * 3
    assert moved[3:].any()


def test_words_that_training_never_sees_say_nothing_at_first():
    table = encoder(unknown_buckets=3).get_layer("word_embedding").embeddings.numpy()
    assert table.shape == (7, 5)
    assert not table[4:].any()
    assert (np.abs(table[:4]) <= 0.05).all()
    assert table[:4].any(axis=1).all()


def test_the_vocabulary_is_saved_with_the_network(tmp_path):
    network = encoder()
    network.save(tmp_path / "encoder.keras")
    loaded = keras.saving.load_model(tmp_path / "encoder.keras")
    captions = tf.constant(["A red bird", "teal"])
    before, after = (each.get_layer("word_embedding").vocabulary.ids(captions) for each in (network, loaded))
    np.testing.assert_array_equal(after, before)
    assert before.numpy()[0, :3].tolist() == [1, 3, 2]
    np.testing.assert_array_equal(loaded({"words": after}), network({"words": before}))
