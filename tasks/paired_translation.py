"""Image to image learned from pairs: pix2pix, and pixel-level domain transfer."""

import numpy as np
import tensorflow as tf

from metrics.similarity import nearest_truth_accuracy
from models.core.trained import TrainedModel
from panels.grids import captioned_rows
from pipelines.batches.domain_transfer import associated_batches
from pipelines.batches.draws import Batches
from pipelines.batches.pairs import paired_batches
from pipelines.examples import PairedImages
from tasks.base import Prepared, fingerprint
from tasks.image_to_image import GRID_ROWS, SCORED_IMAGES, ImageToImageTask, cropped, evenly, similarity


class PairedTranslationTask(ImageToImageTask):
    """Trains on pairs, and scores against the other side of pairs that were not trained on."""

    def directions(self, config) -> tuple[str, ...]:
        """The one it was trained in."""
        return (config.direction,)

    def batches(self, examples: PairedImages) -> Batches:
        """What the model trains on."""
        return paired_batches(examples, self.request.config)

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Pairs, cropped and flipped alike."""
        examples = self.load("train")
        data = {"images": len(examples), "a": fingerprint(examples.a), "b": fingerprint(examples.b)}
        if examples.labels is not None:
            data["labels"] = fingerprint(np.asarray(examples.labels))
        return Prepared(self.request.config, self.batches(examples), data)

    def unseen_pairs(self, most: int, config) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        """Names, inputs and targets (n, side, side, 3) uint8 of at most `most` pairs of the test split."""
        examples = self.unseen(config)
        a, b = (cropped(side, most, config.image_size) for side in (examples.a, examples.b))
        names = tuple(examples.names[row] for row in evenly(len(examples), most))
        return (names, a, b) if config.direction == "AtoB" else (names, b, a)

    def pictures(self, model: TrainedModel):
        """A fixed grid: input, translation, target."""
        names, inputs, targets = self.unseen_pairs(GRID_ROWS, model.config)
        (translator,) = self.translators(model).values()
        seed = tf.constant(model.config.seed, tf.int32)

        def draw() -> dict[str, np.ndarray]:
            rows = []
            for name, image, target in zip(names, inputs, targets, strict=True):
                translated = translator.translate(tf.constant(image), seed).numpy()
                rows.append((f"{name}: input, translation, target", np.stack([image, translated, target])))
            return {"translations": captioned_rows(rows)}

        return draw

    def evaluate(self) -> dict:
        """L1, PSNR and SSIM against the truth of pairs that were not trained on."""
        (translator,) = self.trained_translators().values()
        names, inputs, targets = self.unseen_pairs(SCORED_IMAGES, self.trained_config())
        translated = self.translated(translator, inputs)
        self.write_gallery("translations", names, {"input": inputs, "output": translated, "truth": targets})
        return self.write_figures(
            {
                "weights": self.weights(translator.step),
                "pairs": len(targets),
                "translations": similarity(translated, targets),
                # What doing nothing reaches.
                "inputs": similarity(inputs, targets),
                **self.more_figures(translated, targets),
            }
        )

    def more_figures(self, translated: np.ndarray, targets: np.ndarray) -> dict:
        """What a subclass measures besides."""
        return {}


class DomainTransferTask(PairedTranslationTask):
    """Pairs of a thing in a scene and the picture of the thing, which may be the same for many."""

    def load_size(self, image_size: int) -> int:
        """Nothing is cropped: the converter sees pictures as a whole."""
        return image_size

    def batches(self, examples: PairedImages) -> Batches:
        """With targets of something else."""
        return associated_batches(examples, self.request.config)

    def more_figures(self, translated: np.ndarray, targets: np.ndarray) -> dict:
        """Of targets that are shared by many: whether the right one is the nearest of all."""
        labels = self.unseen(self.trained_config()).labels
        if labels is None:
            return {}
        labels = labels[evenly(len(labels), SCORED_IMAGES)]
        return {
            "right target is the nearest": nearest_truth_accuracy(translated, targets, labels),
            "by chance": 1.0 / len(np.unique(labels)),
        }
