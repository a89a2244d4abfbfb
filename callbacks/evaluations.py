"""Evaluation while training: metrics every so many steps, into the table, TensorBoard, and the choice of the best."""

from collections.abc import Callable, Mapping

import tensorflow as tf

from callbacks.best import BestCheckpoint
from callbacks.checkpoints import Checkpoints
from callbacks.curves import EVALUATION, NumbersTable
from callbacks.steps import StepCallback


class Evaluations(StepCallback):
    """Evaluates the model every `every` steps and when training has reached its last step.

    A step's checkpoint is saved before its evaluation, and the table, which says that a step is evaluated, is written
    last: a run that is killed in between resumes at that step and evaluates it then. As training and evaluation are
    deterministic, it ends with the rows and the best checkpoint of an uninterrupted run.

    Args:
        evaluate: () -> {key: value}, the metrics of the model as it is now.
        every: steps between evaluations.
        table: takes the metrics as "evaluation/<key>".
        writer: TensorBoard's; takes them under the same names.
        checkpoints: saves the model.
        best: keeps the best checkpoint; None to keep only the last ones.
    """

    def __init__(
        self,
        evaluate: Callable[[], Mapping[str, float]],
        every: int,
        table: NumbersTable,
        writer: tf.summary.SummaryWriter,
        checkpoints: Checkpoints,
        best: BestCheckpoint | None = None,
    ):
        super().__init__()
        self.evaluate, self.every, self.table, self.writer = evaluate, every, table, writer
        self.checkpoints, self.best = checkpoints, best

    def set_model(self, model):
        """The model, which the checkpoints save, too."""
        super().set_model(model)
        self.checkpoints.set_model(model)

    def on_train_begin(self, logs=None):
        """Evaluate the step that is resumed, if it is due and the run was killed before that was done."""
        super().on_train_begin(logs)
        if self.step and self.due(self.step):
            self.complete(self.step)

    def due(self, step: int) -> bool:
        """Every `every` steps."""
        return step % self.every == 0

    def at_step(self, logs):
        """Evaluate."""
        self.complete(self.step)

    def on_train_end(self, logs=None):
        """Evaluate the last step, unless a signal has stopped the training."""
        if not self.model.stop_training:
            self.complete(self.step)

    def complete(self, step: int):
        """Evaluate the model as it is after a step, unless the table has that step's metrics already.

        A run that was killed between its last checkpoint and its last evaluation has no step left to train: call
        `set_model` and this.
        """
        if self.table.is_evaluated(step):
            return
        checkpoint = self.checkpoints.save(step)
        metrics = self.evaluate()
        if self.best:
            self.best.consider(step, metrics, checkpoint)
        named = {f"{EVALUATION}{key}": float(value) for key, value in metrics.items()}
        with self.writer.as_default(step=step):
            for name, value in named.items():
                tf.summary.scalar(name, value)
        self.writer.flush()
        self.table.add(step, named)
