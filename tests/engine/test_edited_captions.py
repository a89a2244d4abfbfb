"""Captions with one word exchanged, and the frozen encoders, as a run brings them to its models."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.command import Train
from engine.folder import RunError
from models.registry import PRESETS
from pipelines.embeddings.table import write_embeddings
from pipelines.examples import DataError
from serving.alignment import WORDS_FILE, Alignment
from serving.encoder import CaptionEncoder
from serving.joint import TEXT_FILE
from tests.worlds import TEXT_DIM, captioned_images, tiny_run

pytestmark = pytest.mark.usefixtures("eager_steps", "steps_alone")
COLORS = ("red", "blue", "black")
SETTINGS = {
    "contrastive_weight": 1.0,
    "alignment_weight": 1.0,
    "edited_share": 0.5,
    "edited_captions": 2,
    "captions_per_image": 1,
}


def colored(label: int) -> tuple[str, str]:
    wing, bill = COLORS[label % 3], COLORS[label // 2]
    return f"a {wing} wing and a {bill} bill", f"its wing is {wing}"


@pytest.fixture
def world(monkeypatch):
    examples = captioned_images()
    examples = dataclasses.replace(examples, captions=tuple(colored(label) for label in examples.labels.tolist()))
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: examples)
    return examples


@pytest.fixture
def word_encoder(tmp_path, world):
    folder = tmp_path / "encoder"
    tiny_run("word_region", folder, steps=1).train(Train())
    return folder


def test_a_text_encoder_gets_edits_of_the_captions_that_it_reads(tmp_path, world):
    run = tiny_run("word_cnn", tmp_path / "run", edited_captions=2)
    prepared = run.parts.prepare(run.splits.train)
    batch = prepared.batches.at(tf.constant(0))
    differing = (batch["edited"].numpy() != batch["words"].numpy()[:, np.newaxis]).sum(axis=2)
    assert differing.shape[1] == 2
    np.testing.assert_array_equal(differing, 1)


def test_a_gan_gets_the_words_of_captions_their_edits_and_classes(tmp_path, world, word_encoder):
    run = tiny_run("gan_cls", tmp_path / "gan", word_encoder, steps=1, **SETTINGS)
    prepared = run.parts.prepare(run.splits.train)
    batch, rows = (
        {name: value.numpy() for name, value in made(tf.constant(3)).items()}
        for made in (prepared.batches.at, prepared.batches.rows)
    )
    encoder, flat = CaptionEncoder.load(word_encoder / TEXT_FILE), [line for lines in world.captions for line in lines]
    drawn = [flat[place] for place in rows["caption"][:, 0]]
    np.testing.assert_array_equal(batch["words"], encoder.reading.ids(tf.constant(drawn)))
    differing = (batch["edited"] != batch["words"][:, np.newaxis]).sum(axis=2)
    np.testing.assert_array_equal(differing, np.ones((4, 2)))
    np.testing.assert_array_equal(batch["label"], world.labels[rows["image"]])


def test_a_gan_is_trained_with_the_frozen_encoders_and_keeps_them(tmp_path, world, word_encoder):
    folder = tmp_path / "gan"
    tiny_run("gan_cls", folder, word_encoder, steps=1, **SETTINGS).train(Train())
    # What it is sampled with embeds captions as those that it was trained with.
    captions = ["a red wing", "its bill is black"]
    embedded = CaptionEncoder.load(folder / TEXT_FILE).embed_all(captions)
    aligned = Alignment.load(folder)
    np.testing.assert_allclose(
        aligned.read(aligned.reading.ids(tf.constant(captions)))["embedding"], embedded, rtol=1e-4, atol=1e-5
    )
    # A resumed run is an uninterrupted one.
    tiny_run("gan_cls", folder, word_encoder, steps=3, **SETTINGS).train(Train())
    whole = tiny_run("gan_cls", tmp_path / "whole", word_encoder, steps=3, **SETTINGS)
    whole.train(Train())
    resumed = tiny_run("gan_cls", folder, word_encoder, steps=3, **SETTINGS).trained_model().get_weights()
    for one, other in zip(resumed, whole.trained_model().get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_encoder_of_an_earlier_version_is_refused(tmp_path, world, word_encoder):
    words = keras.saving.load_model(word_encoder / WORDS_FILE, compile=False)
    earlier = words.output | {"words": words.get_layer("embedded_words").output}
    keras.Model(words.input, earlier).save(word_encoder / WORDS_FILE)
    run = tiny_run("gan_cls_plus", tmp_path / "gan", word_encoder, steps=1)
    with pytest.raises(
        DataError,
        match=r"one of this version: .*--model=word_region --workdir=.*encoder --restart",
    ):
        run.train(Train())


def test_a_dry_run_makes_no_edits(tmp_path, world, word_encoder, monkeypatch):
    monkeypatch.setattr("engine.parts.text_encoder.edited", lambda *arguments: pytest.fail("captions are edited"))
    run = tiny_run("gan_cls", tmp_path / "gan", word_encoder, **SETTINGS)
    assert "edited: int32 (4, 2, " in run.describe(Train())
    # Before the encoder is trained, too.
    planned = tiny_run("gan_cls", tmp_path / "planned", "word_region", text_dim=0, **SETTINGS)
    described = planned.describe(Train())
    assert "edited: int32 (4, 2, " in described
    assert f"text_dim = {PRESETS['word_region'].config.embedding_dim}" in described


def test_encoders_that_compare_no_words_are_refused(tmp_path, world, encoder_folder):
    run = tiny_run("gan_cls", tmp_path / "run", encoder_folder, **SETTINGS)
    with pytest.raises(DataError, match=r"such as word_region's\. Received: .*, without word_encoder\.keras"):
        run.parts.prepare(run.splits.train)
    run = tiny_run("gan_cls", tmp_path / "run", "char_cnn_rnn", **SETTINGS)
    with pytest.raises(RunError, match=r"=word_region; gan_cls has none of them\. Received: char_cnn_rnn"):
        run.parts.prepare(run.splits.train)


@pytest.mark.parametrize("setting", ["contrastive_weight", "alignment_weight", "edited_share"])
def test_embeddings_from_a_file_have_no_edits(tmp_path, world, setting):
    rows = [np.ones((2, TEXT_DIM), np.float32)] * len(world)
    write_embeddings(tmp_path / "texts.npz", world.names, rows)
    run = tiny_run("gan_cls", tmp_path / "run", tmp_path / "texts.npz", **(SETTINGS | {setting: 0.5}))
    with pytest.raises(
        RunError, match=r"require a text encoder, not embeddings; gan_cls has none of them\. Received: .*texts\.npz"
    ):
        run.parts.prepare(run.splits.train)
