"""The class judge: trained on real images, it says which class it sees in a picture."""

import dataclasses

import keras
import numpy as np

from models.core.trained import TrainedModel
from models.judges.judge import ClassJudge
from pipelines.batches.labeled import real_batches
from pipelines.examples import DataError
from pipelines.images import to_float, with_channels
from tasks.attribute_judge import judge_all
from tasks.base import Prepared, Task, data_record, with_measured


class ClassJudgeTask(Task):
    """Trains the judge on the training split and scores it on the test split. A class is its one attribute."""

    def load_size(self, image_size: int) -> int:
        """As they are trained on."""
        return image_size

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Images with their classes."""
        examples = self.load("train")
        unseen = self.load_unseen(self.request.config.image_size)
        if unseen.class_names != examples.class_names:
            raise DataError(
                "a class judge needs a test split of the classes that it is trained on. "
                f"Received: {self.request.dataset}, whose test split has others"
            )
        batches = real_batches(examples, self.request.config)

        def at(step):
            batch = batches.at(step)
            return {"image": batch["real"][:, 0], "attributes": batch["label"]}

        measured = {"channels": batches.measured["channels"], "value_counts": (batches.measured["classes"],)}
        judged = dataclasses.replace(batches, at=at, measured=measured)
        return Prepared(with_measured(self.request.config, measured), judged, data_record(examples))

    def finish(self, model: TrainedModel):
        """Say how good it is."""
        self.evaluate()

    def evaluate(self) -> dict:
        """Accuracy on the test split."""
        judge: ClassJudge = self.trained_model()
        examples = self.load_unseen(judge.config.image_size)
        images = np.asarray(to_float(with_channels(examples.images, judge.config.channels)))
        seen = judge_all(judge, images)[:, 0]
        figures = {"images": len(images), "split": self.split_of(examples, judge.config.image_size)}
        return self.write_figures(figures | {"accuracy": float((seen == examples.labels).mean())})


def judge_features(judge: ClassJudge):
    """(n, h, w, c) images in [-1, 1] to (n, F) activations of the judge's last hidden layer."""
    trunk = keras.Model(judge.classifier.input, judge.classifier.get_layer("features").output)
    return lambda images: trunk({"image": judge.resized(images)}, training=False)
