"""The callbacks of a run, called without making the host wait for the device at every step."""

import pathlib
from collections.abc import Sequence

import keras

from callbacks.checkpoints import TrainingError, last_good
from callbacks.steps import StepCallback


class StepCallbacks(keras.callbacks.CallbackList):
    """The callbacks of a run, for `fit(callbacks=...)`, which uses such a list as it is.

    Keras's own list turns every logged value into a Python float at every step, so that the host waits for the device;
    this one hands the tensors on. Before a step's callbacks do anything (save, draw, evaluate) and when training ends,
    it looks whether a logged value was not finite at any step so far.

    Args:
        callbacks: called in this order.
        model: the `TrainedModel` that is trained.
        checkpoints: folder of the checkpoints, to name the last good one.

    Raises:
        TrainingError: a logged value was not finite; the message names the value and the first such step.
    """

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback], model: keras.Model, checkpoints: pathlib.Path):
        super().__init__(list(callbacks), add_history=True, model=model)
        self.checkpoints = checkpoints

    def on_train_begin(self, logs=None):
        """Start at the model's step."""
        self.step = self.model.step
        super().on_train_begin(logs)

    def on_train_batch_end(self, batch, logs=None):
        """Call every callback with the step's logs as they are, tensors on the device."""
        self.step += 1
        if any(callback.due(self.step) for callback in self.callbacks if isinstance(callback, StepCallback)):
            self.refuse_non_finite()
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)

    def on_train_end(self, logs=None):
        """Call every callback, unless a logged value was not finite."""
        self.refuse_non_finite()
        super().on_train_end(logs)

    def refuse_non_finite(self):
        """TrainingError if a logged value was not finite at any step so far. Waits for the device."""
        found = self.model.logs.first_non_finite()
        if found:
            step, name, value = found
            raise TrainingError(
                f"{name} became {value} at step {step}; {last_good(self.checkpoints)}. "
                "A smaller learning rate may help."
            )
