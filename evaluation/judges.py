"""Judges: what they see in pictures, and how often they are right."""

import keras
import numpy as np
import tensorflow as tf

from evaluation.evaluator import Evaluator, Outputs
from evaluation.extractor import Extractor
from evaluation.names import JUDGE
from models.judges.judge import AttributeJudge, ClassJudge
from pipelines.images import center_crop, in_batches, to_float, with_channels


def judge_all(judge: AttributeJudge, images: np.ndarray) -> np.ndarray:
    """(n, A) values seen in any number of images (n, h, w, c) in [-1, 1]."""
    return in_batches(judge.judge, images)


def as_judged(images: np.ndarray, rows: np.ndarray, image_size: int, channels: int) -> tf.Tensor:
    """Some rows of (n, h, w, c') uint8 images as a judge takes them: (m, image_size, image_size, c) in [-1, 1]."""
    return to_float(with_channels(center_crop(np.asarray(images[rows]), image_size), channels))


def judge_extractor(judge: AttributeJudge) -> Extractor:
    """The activations of the judge's last hidden layer, as features of images; of a judge of classes, these too."""
    classifier, is_of_classes = judge.classifier, isinstance(judge, ClassJudge)
    network = keras.Model(classifier.input, [classifier.get_layer("features").output, classifier.output])

    @tf.function(reduce_retracing=True)
    def seen(images: tf.Tensor) -> dict[str, tf.Tensor]:
        features, logits = network({"image": judge.resized(images)}, training=False)
        return {"features": features} | ({"probabilities": tf.nn.softmax(logits)} if is_of_classes else {})

    return Extractor(seen, JUDGE, has_probabilities=is_of_classes, channels=0)


class JudgeOutputs(Outputs):
    """What a judge itself sees in the split's images.

    Args:
        judge: the trained model.
        data: its examples have `labels` or, of a rendered world, `truth`.
        channels: of the images as the judge takes them.
    """

    def __init__(self, judge: AttributeJudge, data, channels: int):
        images = data.examples.images

        def seen(rows):
            # As floats, all images would take four times their pixels.
            return judge.judge(as_judged(images, rows.numpy(), judge.config.image_size, channels))

        self.seen = in_batches(seen, np.arange(len(images)))

    def protocol(self):
        """All images of the split are looked at."""
        return {"real": len(self.seen)}


class ClassAccuracy(Evaluator):
    """Of a class judge."""

    needs = frozenset({"labels"})
    higher = ("accuracy",)

    def measure(self, outputs, data):
        """The share of images whose class is seen."""
        yield "accuracy", (outputs.seen[:, 0] == data.examples.labels).mean()


class AttributeAccuracy(Evaluator):
    """Of an attribute judge."""

    needs = frozenset({"attributes"})
    higher = ("accuracy",)

    def measure(self, outputs, data):
        """The share of images whose attribute is seen: the mean, and attribute by attribute."""
        truth = data.examples.truth
        accuracy = (outputs.seen == truth.attributes).mean(axis=0)
        yield "accuracy", accuracy.mean()
        for name, value in zip(truth.attribute_names, accuracy, strict=True):
            yield f"{name.replace(' ', '_')}_accuracy", value
