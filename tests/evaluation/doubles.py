"""Samplers that draw given pictures, and judges whose answers are known.

A picture of kind k is black but for one white cell, the k-th of a grid of 4 x 4. The judges are those of the product,
with weights by which they look at these cells and nothing else.
"""

import keras
import numpy as np

from evaluation.extractor import Extractor
from evaluation.names import NetworkName
from models.judges.configs import ClassJudgeConfig, JudgeConfig
from models.judges.judge import AttributeJudge, ClassJudge

SIDE, CELLS = 8, 4


def pictures(kinds, channels: int = 1) -> np.ndarray:
    """(n, 8, 8, channels) uint8."""
    cells = np.zeros((len(kinds), CELLS * CELLS), np.uint8)
    cells[np.arange(len(kinds)), np.asarray(kinds, int)] = 255
    cells = cells.reshape(-1, CELLS, CELLS, 1)
    return np.repeat(cells, SIDE // CELLS, axis=1).repeat(SIDE // CELLS, axis=2).repeat(channels, axis=3)


def in_range(images: np.ndarray) -> np.ndarray:
    """uint8 as floats in [-1, 1]."""
    return images / 127.5 - 1.0


def set_to_read_cells(classifier: keras.Model, logits: np.ndarray) -> None:
    """Weights by which a judge's last hidden layer is the positive part of the 16 cells, and its logits those of the
    picture's kind: a row of `logits` (kinds, values)."""
    dense = [layer for layer in classifier.layers if isinstance(layer, keras.layers.Dense)]
    for layer in classifier.layers:
        if isinstance(layer, keras.layers.Conv2D):
            (kernel,) = layer.get_weights()
            kernel[:] = 0
            kernel[1, 1, 0, 0] = 1
            layer.set_weights([kernel])
        elif isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([gamma * 0 + 1, beta * 0, mean * 0, variance * 0 + 1 - layer.epsilon])
    (hidden,) = dense[0].get_weights()
    hidden[:] = 0
    cells = np.arange(CELLS * CELLS)
    # Of each cell the first map.
    hidden[cells * (len(hidden) // len(cells)), cells] = 1
    dense[0].set_weights([hidden])
    kernel, bias = dense[1].get_weights()
    kernel[:] = 0
    kernel[: len(logits)] = logits
    dense[1].set_weights([kernel, bias * 0])


def class_judge(probabilities: np.ndarray, channels: int = 1) -> ClassJudge:
    """A judge to whom a picture of kind k has the class probabilities of row k."""
    judge = ClassJudge(
        ClassJudgeConfig(image_size=SIDE, width=2, channels=channels, value_counts=(np.shape(probabilities)[1],))
    )
    set_to_read_cells(judge.classifier, np.log(probabilities))
    return judge


def attribute_judge(values: np.ndarray, value_counts: tuple[int, ...]) -> AttributeJudge:
    """A judge who sees in a picture of kind k the attributes of row k (kinds, A)."""
    judge = AttributeJudge(JudgeConfig(image_size=SIDE, width=2, value_counts=value_counts))
    columns = [np.eye(count)[seen] for count, seen in zip(value_counts, np.transpose(values), strict=True)]
    set_to_read_cells(judge.classifier, np.concatenate(columns, axis=1))
    return judge


def extractor(features, probabilities=None, name: str = "network.keras") -> Extractor:
    """A network of NumPy functions of images: its features and, if there are any, its class probabilities."""
    functions = {"features": features} | ({"probabilities": probabilities} if probabilities else {})

    def network(images):
        return {output: function(images.numpy()) for output, function in functions.items()}

    return Extractor(network, NetworkName(name), has_probabilities=probabilities is not None)


class LatentDouble:
    """Stands in for a sampler of images or points: draws what it is given, and remembers what it was asked for."""

    truncation = 0.0

    def __init__(self, drawn: np.ndarray, classes: int = 0):
        self.drawn, self.classes, self.asked = drawn, classes, []

    def draw(self, inputs, seed):
        self.asked.append((inputs, seed))
        assert inputs["count"] == len(self.drawn)
        return self.drawn


class CaptionDouble:
    """Stands in for a sampler of captions: an embedding (kind, spread) gives pictures of `kind`, and of `kind + spread`
    in every other row; a caption's embedding is written in it."""

    def __init__(self, has_encoder: bool = False):
        self.encoder = object() if has_encoder else None

    def embed(self, captions):
        return np.array([[int(caption.split()[-1]), 0] for caption in captions], np.float32)

    def draw(self, inputs, seed):
        kinds, spread = np.asarray(inputs["embeddings"], int).T
        return pictures(kinds + spread * (np.arange(len(kinds)) % 2), channels=3)


class TranslationDouble:
    """Stands in for a sampler of translations: by direction, a function of (n, h, w, 3) uint8 images."""

    def __init__(self, **translators):
        self.translators = translators

    def draw(self, inputs, seed):
        return self.translators[inputs["direction"]](np.stack(list(inputs["images"])))
