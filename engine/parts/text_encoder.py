"""Text encoders: training one, leaving it in the run folder, and embedding captions with it."""

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
from models.text_encoder.configs import CONTRASTIVE, MAX_WORDS, SMALL_CNN, WordCNNConfig
from models.text_encoder.joint_embedding import embedding_of
from models.text_encoder.vocabulary import Vocabulary, vocabulary_of, words_of
from pipelines.atomic import atomic_write
from pipelines.batches.captions import CaptionTable, ClassIndex, distinct_class_batches
from pipelines.edits import edited
from pipelines.embeddings.table import read_embeddings, write_embeddings
from pipelines.examples import CaptionedImages, DataError
from pipelines.images import center_crop, to_float
from pipelines.report import first_names
from pipelines.rows import some_of
from serving.alignment import Alignment
from serving.encoder import CaptionEncoder
from serving.joint import (
    COMPATIBILITY_FILE,
    COSINE,
    IMAGE_FILE,
    INNER_PRODUCT,
    TEXT_FILE,
    Compatibility,
    of_images,
    scaled_to_noise,
)
from serving.reading import Characters, Reading, Words

# More would take memory and minutes, and change the figures little.
SCORED_IMAGES = 3000


class TextEncoderParts(Parts):
    """Trains a text encoder and leaves it in the run folder as text_encoder.keras, with its image encoder beside it.

    A subclass says what the encoder reads of captions.
    """

    def reading(self, config) -> Reading:
        """What an encoder of this configuration, with the sizes that came from the data, reads."""
        raise NotImplementedError

    def measured(self, examples: CaptionedImages) -> dict:
        """Fields of the configuration that the captions determine."""
        return {}

    def prepare(self, examples, dry_run=False):
        """Pairs of distinct classes."""
        config = with_measured(self.experiment.config, self.measured(examples))
        features, reading = self.image_features(examples), self.reading(config)
        self.read_in_training = reading
        texts = read_table(reading, examples)
        edits = None
        if config.edited_captions:
            edits = edit_table(reading, examples, config.edited_captions, config.seed)
        batches = distinct_class_batches(examples, config, texts, features, reading.input_name, edits)
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
        flat = flat_captions(examples)
        read = self.read_in_training.as_read([flat[row] for row in rows["caption"][:, 0]])
        return [
            (f"{examples.names[row]}\n{caption}", [image])
            for row, image, caption in zip(rows["image"], images, read, strict=True)
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
        return EmbeddingOutputs(model, data, read_table(self.reading(model.config), examples).rows, inputs)

    def finish(self, model: TrainedModel):
        """Write the networks alone, and how their embeddings are compared.

        Embeddings trained with the hinge are standardized over the training captions, if that is set; those of unit
        length are scaled to the same standard deviation.
        """
        print("Embedding the captions and scoring the text encoder.", flush=True)
        # Copies: the joint embedding is measured as it was trained.
        network = copied(model.text_network)
        if model.config.objective == CONTRASTIVE:
            encoder = CaptionEncoder(scaled_to_noise(embedding_of(network, "text_encoder")))
            compatibility = Compatibility(COSINE, model.config.logit_scale)
        else:
            encoder = CaptionEncoder(embedding_of(network, "text_encoder"))
            compatibility = Compatibility(INNER_PRODUCT)
            if model.config.standardize:
                mean, scale = encoder.standardize(flat_captions(self.run.splits.train))
                compatibility = Compatibility(INNER_PRODUCT, scale, tuple(mean.tolist()))
        with atomic_write(self.folder.path / IMAGE_FILE) as aside:
            of_images(model.image_encoder, self.pretrained(), model.config.image_size).save(aside)
        compatibility.write(self.folder.path / COMPATIBILITY_FILE)
        if "words" in network.output:
            aligned = network.output | {"embedding": encoder.network.output}
            words = keras.Model(network.input, aligned, name="word_encoder")
            Alignment(words, copied(model.image_network)).save(self.folder.path)
        # The last one: a folder that has it is a finished run.
        with atomic_write(self.folder.path / TEXT_FILE) as aside:
            encoder.save(aside)

    def pretrained(self) -> keras.Model | None:
        """The pretrained network that `image_encoder` names; None with the small one."""
        path = self.experiment.config.image_encoder
        return None if path == SMALL_CNN else keras.saving.load_model(path, compile=False)


class CharacterParts(TextEncoderParts):
    """Of an encoder that reads characters."""

    def reading(self, config):
        """The whole alphabet, whatever the captions hold."""
        return Characters()


class WordParts(TextEncoderParts):
    """Of an encoder that reads words."""

    def reading(self, config):
        """The words of the training captions."""
        return Words(vocabulary_for(config))

    def measured(self, examples):
        """The vocabulary, and the length of the longest caption, unless another is given."""
        config, words = self.experiment.config, words_of(flat_captions(examples))
        longest = min(max(map(len, words), default=1), MAX_WORDS)
        return {
            "vocabulary": vocabulary_of(words, config.vocabulary_size),
            "read_words": config.read_words or max(longest, 1),
        }

    def prepare(self, examples, dry_run=False):
        """Says which captions are cut."""
        prepared = super().prepare(examples, dry_run)
        reading = self.read_in_training
        cut = reading.cut(flat_captions(examples))
        if cut.any():
            owners = np.repeat(np.arange(len(examples)), caption_counts(examples))[cut]
            names = first_names([examples.names[row] for row in dict.fromkeys(owners.tolist())])
            logging.warning("%s", reading.cut_line(int(cut.sum()), names))
        return prepared


def copied(network: keras.Model) -> keras.Model:
    """The same network with the same weights, apart from it."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


def vocabulary_for(config: WordCNNConfig) -> Vocabulary:
    """The vocabulary of a configuration whose words are known."""
    return Vocabulary(config.vocabulary, config.unknown_buckets, config.read_words)


def read_table(reading: Reading, examples: CaptionedImages) -> CaptionTable:
    """What an encoder reads of every caption, (m, T) integers: bytes where they suffice."""
    return table_of(reading, flat_captions(examples), caption_counts(examples))


def table_of(reading: Reading, captions: list[str], counts: np.ndarray) -> CaptionTable:
    """What an encoder reads of captions, (m, T) integers, and how many belong together."""
    least = np.uint8 if isinstance(reading, Characters) else np.int32
    parts = [reading.ids(tf.constant(part)).numpy().astype(least) for part in in_parts(captions, 10_000)]
    return CaptionTable(np.concatenate(parts), counts)


def edits_of(examples: CaptionedImages, count: int, seed: int) -> list[tuple[str, ...]]:
    """`count` edits of each caption (`pipelines.edits`), image after image.

    Where fewer are found they are repeated; where none is, the caption itself stands for none.
    """
    found = edited(examples.captions, ClassIndex(examples).labels, count, seed)
    found = [edits or (caption,) for caption, edits in zip(flat_captions(examples), found, strict=True)]
    return [tuple(edits[turn % len(edits)] for turn in range(count)) for edits in found]


def edit_table(reading: Reading, examples: CaptionedImages, count: int, seed: int) -> CaptionTable:
    """What an encoder reads of `edits_of` the captions, caption after caption."""
    edits = edits_of(examples, count, seed)
    return table_of(reading, [edit for of_caption in edits for edit in of_caption], np.full(len(edits), count))


def in_parts(captions: list[str], size: int) -> list[list[str]]:
    """A list in pieces."""
    return [captions[start : start + size] for start in range(0, len(captions), size)]


def flat_captions(examples: CaptionedImages) -> list[str]:
    """All captions, image after image."""
    return [caption for captions in examples.captions for caption in captions]


def caption_counts(examples: CaptionedImages) -> np.ndarray:
    """(n,) how many captions each image has."""
    return np.array([len(captions) for captions in examples.captions])


def character_table(examples: CaptionedImages) -> CaptionTable:
    """The characters of every caption, (m, 201) uint8."""
    return read_table(Characters(), examples)


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
    path = folder.path / TEXT_FILE
    if not path.exists():
        raise RunError(f"this folder holds no finished text encoder ({TEXT_FILE}). Received: {folder.path}")
    try:
        return CaptionEncoder.load(path)
    except Exception as error:
        # A damaged archive makes zipfile and Keras raise almost anything.
        reason = str(error).splitlines()[0]
        raise RunError(f"the text encoder is damaged; train it again. Received: {path} ({reason})") from None
