"""Captions with one word exchanged, and the frozen encoders, as a run brings them to its models."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.command import Train
from engine.folder import RunError
from pipelines.embeddings.table import write_embeddings
from serving.encoder import CaptionEncoder
from serving.joint import IMAGE_FILE, TEXT_FILE
from tests.worlds import TEXT_DIM, captioned_images, tiny_run

pytestmark = pytest.mark.usefixtures("eager_steps", "steps_alone")
COLORS = ("red", "blue", "black")
SETTINGS = {"contrastive_weight": 1.0, "edited_share": 0.5, "captions_per_image": 1}


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
    tiny_run("word_cnn", folder, steps=1, edited_captions=2).train(Train())
    return folder


def test_a_text_encoder_gets_edits_of_the_captions_that_it_reads(tmp_path, world):
    run = tiny_run("word_cnn", tmp_path / "run", edited_captions=2)
    prepared = run.parts.prepare(run.splits.train)
    batch = prepared.batches.at(tf.constant(0))
    differing = (batch["edited"].numpy() != batch["words"].numpy()[:, np.newaxis]).sum(axis=2)
    assert differing.shape[1] == 2
    np.testing.assert_array_equal(differing, 1)


def test_a_gan_gets_embedded_edits_classes_and_the_frozen_image_encoder(tmp_path, world, word_encoder):
    run = tiny_run("gan_cls", tmp_path / "gan", word_encoder, steps=1, **SETTINGS)
    prepared = run.parts.prepare(run.splits.train)
    batch, rows = (
        {name: value.numpy() for name, value in made(tf.constant(3)).items()}
        for made in (prepared.batches.at, prepared.batches.rows)
    )
    encoder, flat = CaptionEncoder.load(word_encoder / TEXT_FILE), [line for lines in world.captions for line in lines]
    for row, place in enumerate(rows["caption"][:, 0]):
        words = flat[place].split()
        # Some caption that differs from the drawn one in one word has this embedding.
        others = [
            " ".join([*words[:at], new, *words[at + 1 :]])
            for at in range(len(words))
            for new in (*COLORS, "wing", "bill")
        ]
        found = encoder.embed_all([other for other in others if other != flat[place]])
        assert np.abs(found - batch["edited_text"][row]).max(axis=1).min() < 1e-5
        assert np.abs(batch["text"][row] - batch["edited_text"][row]).max() > 1e-4
    np.testing.assert_array_equal(batch["label"], world.labels[rows["image"]])
    run.train(Train())
    kept = keras.saving.load_model(word_encoder / IMAGE_FILE, compile=False).get_weights()
    for found, expected in zip(run.trained_model().image_encoder.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(found, expected)
    # A run that is planned before its encoder is trained has one like it.
    planned = tiny_run("gan_cls", tmp_path / "planned", "word_cnn", text_dim=0, **SETTINGS)
    assert "contrastive_weight = 1.0" in planned.describe(Train())


def test_a_dry_run_embeds_nothing(tmp_path, world, word_encoder, monkeypatch):
    run = tiny_run("gan_cls", tmp_path / "gan", word_encoder, **SETTINGS)
    monkeypatch.setattr(CaptionEncoder, "embed_all", lambda *arguments: pytest.fail("captions are embedded"))
    assert "edited_text: float32" in run.describe(Train())


def test_encoders_that_do_not_compare_cosines_are_refused(tmp_path, world, encoder_folder):
    run = tiny_run("gan_cls", tmp_path / "run", encoder_folder, **SETTINGS)
    with pytest.raises(RunError, match=r"trained with objective=contrastive\. Received: .*encoder"):
        run.parts.prepare(run.splits.train)


@pytest.mark.parametrize("setting", ["contrastive_weight", "edited_share"])
def test_embeddings_from_a_file_have_no_edits(tmp_path, world, setting):
    rows = [np.ones((2, TEXT_DIM), np.float32)] * len(world)
    write_embeddings(tmp_path / "texts.npz", world.names, rows)
    run = tiny_run("gan_cls", tmp_path / "run", tmp_path / "texts.npz", **{setting: 0.5})
    with pytest.raises(RunError, match=r"require a text encoder, not embeddings\. Received: .*texts\.npz"):
        run.parts.prepare(run.splits.train)
