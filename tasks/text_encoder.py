"""The char-CNN-RNN text encoder: training it, scoring it, and embedding a dataset's captions with it."""

import pathlib

import numpy as np
import tensorflow as tf
from absl import logging

from evaluation.features import feature_network
from metrics import retrieval
from models.core.trained import TrainedModel
from models.text_encoder.configs import SMALL_CNN
from pipelines.atomic import atomic_write
from pipelines.batches.captions import CaptionTable, distinct_class_batches
from pipelines.batches.text import encode_characters
from pipelines.embeddings.table import read_embeddings, write_embeddings
from pipelines.examples import CaptionedImages, DataError
from pipelines.images import center_crop, to_float
from runs.folder import RunError, RunFolder
from serving.text import CaptionEncoder
from tasks.base import Prepared, Task, class_fingerprint, fingerprint, with_measured

ENCODER_FILE = "text_encoder.keras"
# More would take memory and minutes, and change the figure little.
SCORED_IMAGES = 3000


def flat_captions(examples: CaptionedImages) -> list[str]:
    """All captions, image after image."""
    return [caption for captions in examples.captions for caption in captions]


def caption_counts(examples: CaptionedImages) -> np.ndarray:
    """(n,) how many captions each image has."""
    return np.array([len(captions) for captions in examples.captions])


def some_of(examples: CaptionedImages, count: int) -> CaptionedImages:
    """At most `count` of the examples, evenly spaced, with images in memory."""
    return rows_of(examples, np.linspace(0, len(examples) - 1, min(count, len(examples))).astype(int))


def rows_of(examples: CaptionedImages, rows: np.ndarray) -> CaptionedImages:
    """Some of the examples, without their ground truth."""
    return CaptionedImages(
        images=np.asarray(examples.images[rows]),
        names=tuple(examples.names[row] for row in rows),
        captions=tuple(examples.captions[row] for row in rows),
        labels=None if examples.labels is None else examples.labels[rows],
        class_names=examples.class_names,
    )


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
            logging.warning("The embeddings are not cached, and are computed again by the next run: %s", error)
    return CaptionTable(np.concatenate(rows), counts)


class TextEncoderTask(Task):
    """Trains the text encoder and leaves it in the run folder as text_encoder.keras."""

    def image_inputs(self, examples: CaptionedImages) -> np.ndarray | None:
        """(n, F) float32 features of the pretrained network that `image_encoder` names; None with the small one."""
        path = self.request.config.image_encoder
        if path == SMALL_CNN:
            return None
        features = feature_network(path)
        size = self.request.config.image_size
        chunks = np.array_split(np.arange(len(examples)), -(-len(examples) // 256))
        pixels = (center_crop(np.asarray(examples.images[rows]), size) for rows in chunks)
        return np.concatenate([features(np.asarray(to_float(part))) for part in pixels])

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Pairs of distinct classes."""
        examples = self.load("train")
        features = self.image_inputs(examples)
        batches = distinct_class_batches(examples, self.request.config, character_table(examples), features)
        data = {
            "images": len(examples),
            "pixels": fingerprint(np.asarray(examples.images)),
            "classes": class_fingerprint(examples),
            "captions": caption_fingerprint(examples),
            "image_features": None if features is None else fingerprint(features),
        }
        return Prepared(with_measured(self.request.config, batches.measured), batches, data)

    def finish(self, model: TrainedModel):
        """Write the encoder, and say how good it is."""
        print("Embedding the captions and scoring the text encoder.", flush=True)
        self.write_encoder(model, flat_captions(self.load("train")))
        self.evaluate()

    def write_encoder(self, model: TrainedModel, captions: list[str]):
        """Write text_encoder.keras, the network alone, its embeddings standardized over the training captions."""
        encoder = CaptionEncoder.in_float32(model.text_encoder, model.config)
        encoder.standardize(captions)
        with atomic_write(self.folder.path / ENCODER_FILE) as aside:
            encoder.save(aside)

    def evaluate(self) -> dict:
        """Caption to image retrieval on the test split's classes, beside chance."""
        model = self.trained_model()
        examples = some_of(self.load_unseen(model.config.image_size), SCORED_IMAGES)
        inputs = self.image_inputs(examples)
        if inputs is None:
            pixels = center_crop(np.asarray(examples.images), model.config.image_size)
            inputs = [to_float(pixels[start : start + 256]) for start in range(0, len(pixels), 256)]
        else:
            inputs = [inputs]
        images = np.concatenate(
            [model.image_encoder({model.image_key: part}, training=False).numpy() for part in inputs]
        )
        characters = character_table(examples)
        texts = np.concatenate(
            [
                model.text_encoder({"characters": characters.rows[start : start + 256]}, training=False).numpy()
                for start in range(0, len(characters.rows), 256)
            ]
        )
        figures = retrieval_figures(texts, caption_counts(examples), images, examples.labels)
        for name, value in figures.items():
            print(f"  {name}: {value:.3f}")
        self.folder.write_json("evaluation.json", figures)
        return figures


def retrieval_figures(
    texts: np.ndarray, counts: np.ndarray, images: np.ndarray, labels: np.ndarray | None
) -> dict[str, float]:
    """How well captions find their images.

    Args:
        texts: (m, D) embeddings of all captions, image after image.
        counts: (n,) captions of each image.
        images: (n, D) embeddings of the images.
        labels: (n,) classes; None where there are none.
    """
    owners = np.repeat(np.arange(len(images)), counts)
    k = min(10, len(images))
    figures = {
        f"caption to its image, recall at {k}": retrieval.instance_recall(texts, images, owners, k),
        f"caption to its image, recall at {k}, by chance": retrieval.instance_recall_chance(len(images), k),
    }
    if labels is not None and len(np.unique(labels)) > 1:
        classes = labels[owners]
        figures |= {
            "caption to class accuracy": retrieval.class_accuracy(texts, classes, images, labels),
            "caption to class accuracy, by chance": retrieval.class_accuracy_chance(labels),
            "average precision at 50": retrieval.retrieval_precision(
                texts, classes, images, labels, min(50, len(images))
            ),
            "average precision at 50, by chance": retrieval.retrieval_precision_chance(classes, labels),
        }
    return {name: float(value) for name, value in figures.items()}


def trained_encoder(folder: RunFolder) -> CaptionEncoder:
    """The encoder that a finished run left in its folder; RunError if there is none."""
    path = folder.path / ENCODER_FILE
    if not path.exists():
        raise RunError(
            f"there is no finished text encoder (text_encoder.keras) in this folder. Received: {folder.path}"
        )
    try:
        return CaptionEncoder.load(path)
    except Exception as error:
        # A damaged archive makes zipfile and Keras raise almost anything.
        reason = str(error).splitlines()[0]
        raise RunError(f"the text encoder is damaged; train it again. Received: {path} ({reason})") from None
