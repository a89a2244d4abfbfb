"""Counting steps on the host, as asking the model for its step takes a trip to the device."""

import keras


class StepCallback(keras.callbacks.Callback):
    """A callback that knows the step. Subclasses override `at_step`, which is called after each."""

    def on_train_begin(self, logs=None):
        """Start where the model stands."""
        self.step = self.model.step

    def on_train_batch_end(self, batch, logs=None):
        """Count."""
        self.step += 1
        self.at_step(logs)

    def at_step(self, logs):
        """What is to be done after step `self.step`."""
