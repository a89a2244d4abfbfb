"""Counting steps on the host, as reading the model's step takes a trip to the device."""

import keras


class StepCallback(keras.callbacks.Callback):
    """A callback that acts at some steps: subclasses override `due` and `at_step`."""

    def on_train_begin(self, logs=None):
        """Start at the model's step."""
        self.step = self.model.step

    def on_train_batch_end(self, batch, logs=None):
        """Count, and act when it is time."""
        self.step += 1
        if self.due(self.step):
            self.at_step(logs)

    def due(self, step: int) -> bool:
        """Whether there is something to do after a step. Called often: it must not wait for the device."""
        return False

    def at_step(self, logs):
        """What to do after step `self.step`. `logs` are scalar tensors on the device."""
