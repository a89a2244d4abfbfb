"""Text encoders: how well captions find their images and classes, beside chance."""

import functools

import numpy as np

from evaluation.evaluator import Data, Evaluator, Outputs
from metrics import retrieval
from pipelines.images import in_batches


class EmbeddingOutputs(Outputs):
    """The embeddings of the split's images and captions, by the model itself.

    Args:
        model: a trained joint embedding, with `text_encoder` and `image_encoder`; of their embeddings, the inner
            product says how well they fit.
        data: `examples` are captioned images.
        captions: (m, T) integers, the characters or words of all captions, image after image.
        inputs: (n, ...) what the image encoder takes: images in [-1, 1], or features of a pretrained network.
    """

    def __init__(self, model, data: Data, captions: np.ndarray, inputs: np.ndarray):
        self.model, self.data, self.captions, self.inputs = model, data, captions, inputs

    def protocol(self):
        """How many of each are ranked."""
        return {"captions": len(self.captions), "real": len(self.inputs)}

    @functools.cached_property
    def owners(self) -> np.ndarray:
        """(m,) the image of each caption."""
        captions = self.data.examples.captions
        return np.repeat(np.arange(len(captions)), [len(lines) for lines in captions])

    @functools.cached_property
    def texts(self) -> np.ndarray:
        """(m, D)."""
        return in_batches(
            lambda part: self.model.text_encoder({self.model.text_key: part}, training=False), self.captions
        )

    @functools.cached_property
    def images(self) -> np.ndarray:
        """(n, D)."""
        return in_batches(
            lambda part: self.model.image_encoder({self.model.image_key: part}, training=False), self.inputs
        )


class ImageRecall(Evaluator):
    """Whether a caption's own image is among the ten (or all, if there are fewer) that fit it best."""

    higher = ("image_recall_at_10",)

    def measure(self, outputs, data):
        """Beside chance."""
        k = min(10, len(outputs.images))
        yield "image_recall_at_10", retrieval.instance_recall(outputs.texts, outputs.images, outputs.owners, k)
        yield "image_recall_at_10_by_chance", retrieval.instance_recall_chance(len(outputs.images), k)


class ClassRetrieval(Evaluator):
    """Whether captions find images of their class (Reed et al., CVPR 2016, section 5)."""

    needs = frozenset({"labels"})
    higher = ("class_accuracy", "average_precision_at_50")

    def measure(self, outputs, data):
        """Beside chance; nothing, where there is one class only."""
        labels = data.examples.labels
        if len(np.unique(labels)) < 2:
            return
        classes, texts, images = labels[outputs.owners], outputs.texts, outputs.images
        yield "class_accuracy", retrieval.class_accuracy(texts, classes, images, labels)
        yield "class_accuracy_by_chance", retrieval.class_accuracy_chance(labels)
        k = min(50, len(images))
        yield "average_precision_at_50", retrieval.retrieval_precision(texts, classes, images, labels, k)
        yield "average_precision_at_50_by_chance", retrieval.retrieval_precision_chance(classes, labels)
