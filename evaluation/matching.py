"""R-precision: does a picture fit the caption that it was drawn for better than captions of other classes?"""

import dataclasses

import numpy as np
import tensorflow as tf

from evaluation.evaluator import Evaluator
from evaluation.extractor import rows_at_once
from evaluation.features import BATCH_PIXELS
from metrics.retrieval import MISMATCHES, r_precision
from pipelines.images import in_batches
from serving.joint import COSINE, JointEncoders


@dataclasses.dataclass(frozen=True)
class RetrievalEncoder:
    """A trained joint embedding as R-precision uses it: the inner product says how well an image fits a caption.

    Attributes:
        encoders: of text and of images.
        name: of their run, for the protocol.
    """

    encoders: JointEncoders
    name: str

    def texts(self, captions: list[str]) -> np.ndarray:
        """(m, D) of captions.

        Of inner products, standardized texts are taken as they are: one factor, and one vector that is added to all,
        leave the order of the captions of an image unchanged.
        """
        embeddings = self.encoders.text.embed_all(captions)
        return unit(embeddings) if self.encoders.compatibility.kind == COSINE else embeddings

    def images(self, images: np.ndarray) -> np.ndarray:
        """(n, D) of (n, h, w, 3) images in [-1, 1]."""
        # Compiled, so that of a network of photographs not all maps of a batch are kept until its end.
        embed = tf.function(self.encoders.embed_images, reduce_retracing=True)
        size = rows_at_once(self.encoders.image_size**2, BATCH_PIXELS)
        embeddings = in_batches(embed, images, batch_size=size)
        return unit(embeddings) if self.encoders.compatibility.kind == COSINE else embeddings


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of unit length."""
    rows = rows.astype(np.float64)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


class RPrecision(Evaluator):
    """The share of pictures whose own caption is the best of it and 99 of other classes (Xu et al. 2018)."""

    needs = frozenset({"retrieval_encoder"})
    higher = ("r_precision",)

    def protocol(self, outputs, data):
        """How many captions of other classes."""
        _, labels, _, image_labels = asked(outputs, data)
        count = mismatches(labels, image_labels)
        return {"r_precision_mismatches": count} if count else {}

    def measure(self, outputs, data):
        """Beside that of the real images, and chance; nothing, where there is one class only."""
        captions, labels, targets, image_labels = asked(outputs, data)
        count = mismatches(labels, image_labels)
        if not count:
            return
        texts = data.retrieval.texts(captions)
        for suffix, images in (("", outputs.generated), ("_of_real", outputs.real)):
            embeddings = data.retrieval.images(images)
            share, error = r_precision(embeddings, texts, targets, image_labels, labels, count, data.seed)
            yield f"r_precision{suffix}", share
            if not suffix:
                yield "r_precision_standard_error", error
        yield "r_precision_by_chance", 1.0 / (count + 1)


def asked(outputs, data) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """The captions to rank, the class of each, of each picture the row of its own caption, and the picture's class.

    They are those that pictures were drawn for or, where these are too few, all of the split. Of images without
    classes each is its own.
    """
    examples, chosen = data.examples, outputs.chosen
    classes = np.arange(len(examples)) if examples.labels is None else np.asarray(examples.labels)
    image_labels = classes[chosen[:, 0]]
    captions = [examples.captions[row][caption] for row, caption in chosen]
    if mismatches(image_labels, image_labels) == MISMATCHES:
        return captions, image_labels, np.arange(len(chosen)), image_labels
    counts = np.array([len(lines) for lines in examples.captions])
    targets = (np.cumsum(counts) - counts)[chosen[:, 0]] + chosen[:, 1]
    return [line for lines in examples.captions for line in lines], np.repeat(classes, counts), targets, image_labels


def mismatches(labels: np.ndarray, image_labels: np.ndarray) -> int:
    """How many captions of other classes every picture can be ranked among: 99, or as many as there are."""
    return min(MISMATCHES, *(int((labels != label).sum()) for label in np.unique(image_labels)))
