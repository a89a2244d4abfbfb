"""The training loop: Keras's `fit` with numbers, pictures, checkpoints and evaluations, until it ends or is stopped."""

import signal
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from callbacks.best import BestCheckpoint
from callbacks.callback_list import StepCallbacks
from callbacks.checkpoints import Checkpoints
from callbacks.curves import Curves, NumbersTable
from callbacks.evaluations import Evaluations
from callbacks.watch import Numbers, Pictures, StopOnSignal
from engine.command import Train
from engine.folder import RunFolder
from models.core.trained import TrainedModel
from pipelines.batches.draws import Batches


class Loop:
    """The loop of one run, from the step where the model is to the last.

    Args:
        model: compiled, as it was restored.
        folder: the run's.
        command: the cadences.
        total: the step at which training ends.
        draw: () -> {name: (h, w, 3) uint8 picture}; None if there is nothing to see.
        evaluate: () -> {key: number} of the model as it is now; None if it is not evaluated while it trains.
        best: keeps the best checkpoint; None to keep none.
        pictures_every: steps between pictures.
    """

    def __init__(
        self,
        model: TrainedModel,
        folder: RunFolder,
        command: Train,
        total: int,
        draw: Callable[[], dict[str, np.ndarray]] | None,
        evaluate: Callable[[], Mapping[str, float]] | None,
        best: BestCheckpoint | None,
        pictures_every: int,
    ):
        self.model, self.folder, self.start, self.total = model, folder, model.step, total
        self.writer = tf.summary.create_file_writer(str(folder.tensorboard))
        self.stop = StopOnSignal()
        table = NumbersTable(folder.path / "numbers.csv", self.start)
        self.numbers = Numbers(total, command.log_every, self.writer, table)
        self.checkpoints = Checkpoints(folder.checkpoints, command.checkpoint_every, command.keep_checkpoints)
        pictures = [Pictures(draw, pictures_every, folder.pictures, self.writer)] if draw else []
        self.evaluations = None
        if evaluate:
            self.evaluations = Evaluations(evaluate, command.evaluate_every, table, self.writer, self.checkpoints, best)
        evaluations = [self.evaluations] if evaluate else []
        self.curves = Curves(table, folder.path / "curves.png")
        self.callbacks = [self.numbers, *pictures, self.checkpoints, *evaluations, self.stop, self.curves]

    def run(self, batches: Batches) -> signal.Signals | None:
        """Train to the end; returns the signal that stopped it before, if one did.

        Raises:
            TrainingError: a number or a weight was not finite, or a metric is missing.
        """
        callbacks = StepCallbacks(self.callbacks, self.model, self.folder.checkpoints)
        try:
            # One Keras epoch, so that a run can stop and resume at any step.
            dataset = batches.dataset(self.start, self.total)
            self.model.fit(dataset, verbose=0, shuffle=False, callbacks=callbacks)
        finally:
            self.numbers.close()
            self.stop.give_back()
            self.writer.close()
        return self.stop.received

    def complete(self):
        """Do what was left of a run that was killed after its last checkpoint: its last evaluation, its curves."""
        if self.evaluations:
            for callback in (self.checkpoints, self.evaluations):
                callback.set_model(self.model)
            self.evaluations.complete(self.model.step)
        self.curves.on_train_end()
        self.writer.close()
