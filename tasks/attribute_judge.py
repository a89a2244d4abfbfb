"""The attribute judge: trained on real renders, it says what it sees in a picture."""

import numpy as np

from models.core.trained import TrainedModel
from models.judges.judge import AttributeJudge
from pipelines.batches.captions import attribute_batches
from pipelines.images import center_crop, in_batches, to_float
from runs.folder import RunError
from tasks.base import Prepared, Task, fingerprint, with_measured


class AttributeJudgeTask(Task):
    """Trains the judge on birds of any attributes and scores it on the unseen species."""

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Pictures with their attributes; as many species as pictures, so that no part can be guessed from another."""
        examples = self.load("varied")
        batches = attribute_batches(examples, self.request.config)
        data = {
            "images": len(examples),
            "pixels": fingerprint(np.asarray(examples.images)),
            "attributes": fingerprint(examples.truth.attributes),
        }
        return Prepared(with_measured(self.request.config, batches.measured), batches, data)

    def finish(self, model: TrainedModel):
        """Say how good it is."""
        self.evaluate()

    def evaluate(self) -> dict:
        """Accuracy on real renders of unseen species, attribute by attribute."""
        judge: AttributeJudge = self.trained_model()
        examples = self.load("test", judge.config.image_size)
        seen = judge_all(judge, np.asarray(to_float(center_crop(examples.images, judge.config.image_size))))
        accuracy = (seen == examples.truth.attributes).mean(axis=0)
        figures = {name: float(value) for name, value in zip(examples.truth.attribute_names, accuracy, strict=True)}
        for name, value in figures.items():
            print(f"  {name}: {value:.3f}")
        self.folder.write_json("evaluation.json", figures)
        return figures


def judge_all(judge: AttributeJudge, images: np.ndarray) -> np.ndarray:
    """(n, A) values seen in any number of images in [-1, 1]."""
    return in_batches(judge.judge, images)


def trained_judge(task: Task) -> AttributeJudge:
    """The judge of a run folder; RunError says how to train one."""
    record = task.folder.read_record()
    if record is not None and record["model"] != task.request.model:
        raise RunError(
            f"the judge must be a run of {task.request.model}. Received: {task.folder.path}, of {record['model']}"
        )
    if record is not None and record["dataset"] != task.request.dataset:
        raise RunError(
            f"the judge must be a run on {task.request.dataset}. Received: {task.folder.path}, on {record['dataset']}"
        )
    if record is None:
        raise RunError(
            f"scoring pictures needs a judge trained on real ones: {task.request.command()}. "
            f"Received: no run in {task.folder.path}"
        )
    return task.trained_model()
