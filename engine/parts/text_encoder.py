"""The char-CNN-RNN text encoder: training it, leaving it in the run folder, and embedding captions with it."""

import dataclasses
import pathlib

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from engine.folder import RunError, RunFolder
from engine.parts.parts import Parts, Prepared, class_fingerprint, fingerprint, with_measured
from evaluation.features import feature_network
from evaluation.retrieval import EmbeddingOutputs
from models.core.trained import TrainedModel
from models.text_encoder.configs import SMALL_CNN
from pipelines.atomic import atomic_write
from pipelines.batches.captions import CaptionTable, distinct_class_batches
from pipelines.batches.text import decode_characters, encode_characters
from pipelines.embeddings.table import read_embeddings, write_embeddings
from pipelines.examples import CaptionedImages, DataError
from pipelines.images import center_crop, to_float
from pipelines.rows import some_of
from serving.encoder import CaptionEncoder

ENCODER_FILE = "text_encoder.keras"
# More would take memory and minutes, and change the figures little.
SCORED_IMAGES = 3000


class TextEncoderParts(Parts):
    """Trains the text encoder and leaves it in the run folder as text_encoder.keras."""

    def prepare(self, examples, dry_run=False):
        """Pairs of distinct classes."""
        config = self.experiment.config
        features = self.image_features(examples)
        batches = distinct_class_batches(examples, config, character_table(examples), features)
        data = {
            "images": len(examples),
            "pixels": fingerprint(examples.images),
            "classes": class_fingerprint(examples),
            "captions": caption_fingerprint(examples),
            "image_features": None if features is None else fingerprint(features),
        }
        return Prepared(with_measured(config, batches.measured), batches, data)

    def trained_on(self, batch, rows, examples):
        """An image with the caption that it is drawn with, as it is read."""
        images = batch.get("image")
        if images is None:
            # Of which the features are known.
            images = center_crop(np.asarray(examples.images[rows["image"]]), self.experiment.config.image_size)
        return [
            (f"{examples.names[row]}\n{decode_characters(characters)}", [image])
            for row, image, characters in zip(rows["image"], images, batch["characters"], strict=True)
        ]

    def image_features(self, examples: CaptionedImages) -> np.ndarray | None:
        """(n, F) float32 features of the pretrained network that `image_encoder` names; None with the small one."""
        config = self.experiment.config
        if config.image_encoder == SMALL_CNN:
            return None
        features = feature_network(config.image_encoder)
        chunks = np.array_split(np.arange(len(examples)), -(-len(examples) // 256))
        pixels = (center_crop(np.asarray(examples.images[rows]), config.image_size) for rows in chunks)
        return np.concatenate([features(np.asarray(to_float(part))) for part in pixels])

    def evaluated(self, command):
        """Images, with all their captions."""
        return SCORED_IMAGES

    def outputs(self, model, sampler, data, command):
        """The embeddings of at most `count` images, evenly spaced, and of their captions."""
        examples = some_of(data.examples, data.count)
        inputs = self.image_features(examples)
        if inputs is None:
            inputs = np.asarray(to_float(center_crop(np.asarray(examples.images), model.config.image_size)))
        data = dataclasses.replace(data, examples=examples)
        return EmbeddingOutputs(model, data, character_table(examples).rows, inputs)

    def finish(self, model: TrainedModel):
        """Write text_encoder.keras, the network alone; standardized over the training captions, if that is set."""
        print("Embedding the captions and scoring the text encoder.", flush=True)
        # A copy: the joint embedding is measured as it was trained.
        network = keras.models.clone_model(model.text_encoder)
        network.set_weights(model.text_encoder.get_weights())
        encoder = CaptionEncoder(network)
        if model.config.standardize:
            encoder.standardize(flat_captions(self.run.splits.train))
        with atomic_write(self.folder.path / ENCODER_FILE) as aside:
            encoder.save(aside)


def flat_captions(examples: CaptionedImages) -> list[str]:
    """All captions, image after image."""
    return [caption for captions in examples.captions for caption in captions]


def caption_counts(examples: CaptionedImages) -> np.ndarray:
    """(n,) how many captions each image has."""
    return np.array([len(captions) for captions in examples.captions])


def character_table(examples: CaptionedImages) -> CaptionTable:
    """The characters of every caption, (m, 201) uint8."""
    characters = encode_characters(tf.constant(flat_captions(examples))).numpy()
    return CaptionTable(characters.astype(np.uint8), caption_counts(examples))


def caption_fingerprint(examples: CaptionedImages) -> str:
    """A short hash of the captions."""
    return fingerprint(np.frombuffer("\n".join(flat_captions(examples)).encode(), np.uint8), caption_counts(examples))


def embedding_table(encoder: CaptionEncoder, examples: CaptionedImages, cache: pathlib.Path) -> CaptionTable:
    """The embedding of every caption, (m, D) float32, computed once and cached as a `.npz` file in `cache`.

    A cached file is recognized by what it was computed from: the encoder's weights and the captions.
    """
    weights = fingerprint(*encoder.network.get_weights())
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"embeddings-{weights}-{caption_fingerprint(examples)}.npz"
    counts = caption_counts(examples)
    try:
        rows = read_embeddings(path, examples.names, counts.tolist()) if path.exists() else None
    except DataError:
        rows = None  # A damaged cache is computed again.
    if rows is None:
        rows = np.split(encoder.embed_all(flat_captions(examples)), np.cumsum(counts)[:-1])
        try:
            write_embeddings(path, examples.names, rows)
        except DataError as error:
            # Names that differ in a second suffix only (heron.jpg.png, heron.png), say.
            logging.warning("The embeddings are not cached; the next run computes them again: %s", error)
    return CaptionTable(np.concatenate(rows), counts)


def trained_encoder(folder: RunFolder) -> CaptionEncoder:
    """The encoder that a finished run left in its folder; RunError if there is none."""
    path = folder.path / ENCODER_FILE
    if not path.exists():
        raise RunError(f"this folder holds no finished text encoder ({ENCODER_FILE}). Received: {folder.path}")
    try:
        return CaptionEncoder.load(path)
    except Exception as error:
        # A damaged archive makes zipfile and Keras raise almost anything.
        reason = str(error).splitlines()[0]
        raise RunError(f"the text encoder is damaged; train it again. Received: {path} ({reason})") from None
