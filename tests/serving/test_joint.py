"""How an image and a caption are compared after training: the numbers are those of the training."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.text_encoder.networks import text_encoder
from models.text_encoder.words import text_encoder as word_encoder
from pipelines.examples import DataError
from serving.encoder import STANDARD_DEVIATION, CaptionEncoder
from serving.joint import COSINE, INNER_PRODUCT, Compatibility, JointEncoders, of_images, scaled_to_noise
from serving.reading import reading_of, unknown_line
from tests.worlds import tiny

RNG = np.random.default_rng(0)
IMAGES, TEXTS = RNG.normal(size=(3, 4)).astype(np.float32), RNG.normal(size=(5, 4)).astype(np.float32)


def words(read_words=5):
    config = tiny("word_cnn", vocabulary=("a", "bird", "red"), read_words=read_words)
    return word_encoder(config)


def test_cosines_by_hand():
    found = Compatibility(COSINE, 10.0).scores(IMAGES, TEXTS)
    lengths = np.linalg.norm(IMAGES, axis=1)[:, None] * np.linalg.norm(TEXTS, axis=1)
    np.testing.assert_allclose(found, 10 * (IMAGES @ TEXTS.T) / lengths, rtol=1e-5)


def test_standardized_texts_score_as_they_did_before():
    mean, scale = TEXTS.mean(axis=0), 3.7
    compatibility = Compatibility(INNER_PRODUCT, scale, tuple(mean.tolist()))
    np.testing.assert_allclose(compatibility.scores(IMAGES, (TEXTS - mean) / scale), IMAGES @ TEXTS.T, rtol=1e-4)
    np.testing.assert_allclose(Compatibility(INNER_PRODUCT).scores(IMAGES, TEXTS), IMAGES @ TEXTS.T, rtol=1e-5)


def test_compatibility_survives_its_file(tmp_path):
    for compatibility in (Compatibility(COSINE, 10.0), Compatibility(INNER_PRODUCT, 0.25, (0.5, -2.0))):
        compatibility.write(tmp_path / "compatibility.json")
        assert Compatibility.read(tmp_path / "compatibility.json") == compatibility


def test_embeddings_of_unit_length_get_the_scale_of_the_noise():
    inputs = keras.Input((9,), name="characters")
    unit = keras.Model({"characters": inputs}, keras.layers.UnitNormalization()(inputs))
    rows = RNG.normal(size=(50, 9)).astype(np.float32)
    scaled = scaled_to_noise(unit)({"characters": rows})
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(scaled), axis=1)), STANDARD_DEVIATION, rtol=1e-5)
    np.testing.assert_allclose(scaled / np.linalg.norm(scaled, axis=1)[:, None], unit({"characters": rows}), rtol=1e-4)


def test_a_pretrained_network_and_its_head_become_one():
    image = keras.Input((8, 8, 3))
    vector = keras.layers.GlobalAveragePooling2D()(image)
    features = keras.Input((3,), name="image_features")
    head = keras.Model({"image_features": features}, keras.layers.Dense(4)(features))
    pixels = RNG.normal(size=(2, 8, 8, 3)).astype(np.float32)
    wanted = head({"image_features": pixels.mean(axis=(1, 2))})
    # The second gives its input, too.
    for network in (keras.Model(image, vector), keras.Model(image, {"features": vector, "image": image})):
        joined = of_images(head, network, 8)
        np.testing.assert_allclose(joined({"image": pixels}), wanted, rtol=1e-4, atol=1e-6)
    assert of_images(head, None, 8) is head


def image_encoder(side=8):
    image = keras.Input((side, side, 3), name="image")
    return keras.Model({"image": image}, keras.layers.Dense(6)(keras.layers.Flatten()(image)))


def test_encoders_of_a_folder_take_images_of_any_size_and_pass_gradients_on(tmp_path):
    CaptionEncoder(words()).save(tmp_path / "text_encoder.keras")
    with pytest.raises(DataError, match=r"without image_encoder\.keras, compatibility\.json"):
        JointEncoders.load(tmp_path)
    image_encoder().save(tmp_path / "image_encoder.keras")
    Compatibility(COSINE, 10.0).write(tmp_path / "compatibility.json")
    joint = JointEncoders.load(tmp_path)
    assert joint.image_size == 8
    assert not joint.image.trainable_variables
    small = RNG.uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32)
    large = tf.constant(small.repeat(4, axis=1).repeat(4, axis=2))
    # The mean of blocks of one color is that color, but for the neighbors that the filter's triangle reaches.
    assert np.abs(joint.embed_images(large) - joint.embed_images(small)).max() < np.abs(joint.embed_images(small)).max()
    texts = joint.text.embed_all(["a red bird", "a bird", "red"])
    with tf.GradientTape() as tape:
        tape.watch(large)
        scores = joint.scores(large, texts)
    assert scores.shape == (2, 3)
    np.testing.assert_allclose(scores, joint.compatibility.scores(joint.embed_images(large), texts))
    assert np.abs(tape.gradient(scores, large)).max() > 0


def test_features_of_words_and_where_there_are_words():
    encoder = CaptionEncoder(words())
    features, mask = encoder.word_features(tf.constant(["A red bird.", ""]))
    assert mask.numpy().tolist() == [[True] * 3 + [False] * 2, [False] * 5]
    assert features.shape == (2, 5, 4)
    assert not np.any(features[~mask])
    with pytest.raises(DataError, match="reads words"):
        CaptionEncoder(text_encoder(tiny("char_cnn_rnn"), 6)).word_features(tf.constant(["a"]))


def test_what_an_encoder_of_words_says_of_captions():
    reading = reading_of(words())
    captions = ["A red teal bird", "a a a a a red owl", "红"]
    assert reading.as_read(captions) == ["a red \N{MIDDLE DOT}teal bird", "a a a a a", "\N{MIDDLE DOT}红"]
    assert reading.cut(captions).tolist() == [False, True, False]
    assert reading.cut_line(2, "x").startswith("2 captions are longer than 5 words, and the text encoder does not read")
    assert reading.unknown(captions) == ["teal", "红"]
    assert unknown_line(["teal", "owl"]).endswith(": teal, owl")
    assert unknown_line([str(number) for number in range(23)]).endswith("18, 19 and 3 more")
