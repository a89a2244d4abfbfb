"""What a trained discriminator says of images: how sure it is, or of an energy-based GAN, the energies."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from evaluation.evaluator import Evaluator
from metrics.diversity import mean_squared_cosine
from models.generation.gan import ImageGAN
from pipelines.images import in_batches

# Images of each kind; pairs of codes are taken of fewer.
MEASURED, PAIRED = 2000, 500


def output_of(discriminator, name: str) -> Callable[[tf.Tensor], tf.Tensor]:
    """What gives one of a discriminator's outputs, or its only one, for (B, h, w, c) images in [-1, 1]."""

    @tf.function(reduce_retracing=True)
    def output(batch):
        inputs = {"image": batch}
        if "seed" in discriminator.input:
            # Nothing is dropped in inference.
            inputs["seed"] = tf.zeros((tf.shape(batch)[0], 2), tf.int32)
        found = discriminator(inputs, training=False)
        return found[name] if isinstance(found, dict) else found

    return output


def seen(discriminator, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) energies and (n, D) codes of (n, h, w, c) images in [-1, 1]."""

    @tf.function(reduce_retracing=True)
    def joined(batch):
        outputs = discriminator({"image": batch}, training=False)
        return tf.concat([outputs["energy"], tf.cast(outputs["code"], tf.float32)], axis=1)

    found = in_batches(joined, np.asarray(images))
    return found[:, 0], found[:, 1:]


def by_batch(model: ImageGAN, of_rows: Callable[[np.ndarray], tf.Tensor], count: int) -> np.ndarray:
    """(count, ...) what a discriminator gives of images, of some rows at a time.

    With minibatch discrimination it depends on the whole batch: then all batches are as large as in training, the last
    one filled with the first images.
    """
    size = model.config.batch_size if model.config.minibatch_kernels else 250
    rows = np.arange(count)
    if model.config.minibatch_kernels:
        rows = np.resize(rows, -(-count // size) * size)
    return in_batches(lambda batch: of_rows(batch.numpy()), rows, batch_size=size)[:count]


class Boundary(Evaluator):
    """How far from its boundary, where the logit is 0, the discriminator puts images."""

    needs = frozenset({"logits"})

    def measure(self, outputs, data):
        """Mean absolute logits."""
        logits = output_of(outputs.model.discriminator, "logits")
        for kind in ("generated", "real"):
            images = getattr(outputs, kind)[:MEASURED]
            found = by_batch(outputs.model, lambda rows, images=images: logits(images[rows]), len(images))
            yield f"mean_absolute_logit_of_{kind}", np.abs(found).mean()


class Classification(Evaluator):
    """How often a discriminator that is a classifier is wrong about unseen images."""

    needs = frozenset({"classifier", "labels"})
    lower = ("test_error",)

    def measure(self, outputs, data):
        """The share of all images of the split."""
        logits = output_of(outputs.model.discriminator, "class_logits")
        found = by_batch(outputs.model, lambda rows: logits(outputs.rows(rows)[:]), len(data.examples))
        yield "test_error", (found.argmax(axis=1) != data.examples.labels).mean()


class Energies(Evaluator):
    """How much more energy noise has than real and generated images, and how alike the codes of these are."""

    needs = frozenset({"energy"})

    def measure(self, outputs, data):
        """Means over images, and the mean squared cosine of pairs of codes, as in the pulling-away term."""
        discriminator = outputs.model.discriminator
        shape = outputs.generated[:1].shape[1:]
        noise = np.random.default_rng(data.seed).uniform(-1, 1, (MEASURED, *shape)).astype(np.float32)
        real = outputs.real
        if {"left_out_class", "labels"} <= data.has:
            # Those of the others, which were trained on.
            labels = np.asarray(data.examples.labels)[outputs.compared_rows]
            real = outputs.rows(outputs.compared_rows[labels != outputs.model.config.left_out_class])
        kinds = {"real": real[:MEASURED], "generated": outputs.generated[:MEASURED], "noise": noise}
        for kind, images in kinds.items():
            energy, codes = seen(discriminator, images)
            yield f"energy_of_{kind}", energy.mean()
            if kind != "noise":
                yield f"code_cosine_of_{kind}", mean_squared_cosine(codes[:PAIRED])


class Anomalies(Evaluator):
    """Is the energy of a class that was left out of training higher than that of the others?"""

    needs = frozenset({"energy", "left_out_class", "labels"})
    higher = ("anomaly_auc",)

    def measure(self, outputs, data):
        """The area under the ROC curve of "this image is of the class that was left out", by the energy."""
        from sklearn.metrics import roc_auc_score

        left_out = data.examples.labels[outputs.compared_rows] == outputs.model.config.left_out_class
        energy, _ = seen(outputs.model.discriminator, outputs.real[:])
        yield "anomaly_auc", float(roc_auc_score(left_out, energy)) if 0 < left_out.sum() < len(left_out) else np.nan
