"""Watching a training: numbers to TensorBoard and a table, a progress bar, pictures, and stopping on a signal."""

import pathlib
import signal
import sys
import time

import keras
import tensorflow as tf
from tqdm import tqdm

from callbacks.curves import NumbersTable
from callbacks.steps import StepCallback
from pipelines.atomic import atomic_write


class Numbers(StepCallback):
    """Running means to TensorBoard, the table and the progress bar, every `every` steps and at the last step.

    Between these steps the means stay on the device. A resumed run continues with the means of its checkpoint, so that
    it writes the rows of an uninterrupted one.

    Args:
        total: the step at which training ends.
        every: steps between rows.
        writer: TensorBoard's.
        table: where the rows go; it holds those up to the step that is resumed.
    """

    # The first steps trace and allocate; those after them tell how long the rest will take.
    WARM_UP, MEASURED = 3, 12

    def __init__(self, total: int, every: int, writer: tf.summary.SummaryWriter, table: NumbersTable):
        super().__init__()
        self.total, self.every, self.writer, self.table = total, every, writer, table
        self.bar = None

    def on_train_begin(self, logs=None):
        """Start the bar at the model's step."""
        super().on_train_begin(logs)
        self.first = self.step
        self.looked = self.table.last_step(self.model.log_names)
        self.means = self.model.logs.state
        self.bar = tqdm(
            total=self.total, initial=self.first, unit="step", dynamic_ncols=True, mininterval=1.0, file=sys.stderr
        )

    def on_epoch_begin(self, epoch, logs=None):
        """Continue with the checkpoint's means, which Keras has just reset."""
        self.model.logs.state = self.means

    def on_train_batch_end(self, batch, logs=None):
        """Move the bar."""
        self.bar.update(1)
        super().on_train_batch_end(batch, logs)

    def due(self, step: int) -> bool:
        """Where a row is written, and where the time is measured."""
        return self.has_row(step) or step - self.first in (self.WARM_UP, self.WARM_UP + self.MEASURED)

    def has_row(self, step: int) -> bool:
        """Whether the step has a row; early ones, so that a long first wait shows something."""
        early = step in (self.WARM_UP, self.WARM_UP + self.MEASURED)
        regular = step % self.every == 0 and step - self.looked >= self.every / 2
        return early or regular or step == self.total

    def at_step(self, logs):
        """Write the numbers when it is time, and estimate once how long the rest takes."""
        done = self.step - self.first
        if done == self.WARM_UP + self.MEASURED:
            seconds = (time.perf_counter() - self.started) / self.MEASURED
            rest = seconds * (self.total - self.step)
            self.bar.write(f"{self.total - self.step:,} steps to go at {seconds:.3g} s a step: about {duration(rest)}.")
        if self.has_row(self.step):
            self.look({name: float(value) for name, value in sorted(logs.items())})
        if done == self.WARM_UP:
            self.started = time.perf_counter()

    def look(self, values: dict[str, float]):
        """Write the means of this step, and start new ones."""
        self.looked = self.step
        self.table.add(self.step, values)
        with self.writer.as_default(step=self.step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
            for player in self.model.players:
                tf.summary.scalar(f"learning_rate/{player}", float(self.model.optimizer_of(player).learning_rate))
        self.bar.set_postfix({name: f"{value:.3f}" for name, value in values.items()}, refresh=False)
        self.model.reset_metrics()

    def on_train_end(self, logs=None):
        """Close the bar."""
        self.close()

    def close(self):
        """Leave the bar as it stands, so that what is printed next has a line of its own."""
        if self.bar is not None:
            self.bar.close()


class StopOnSignal(keras.callbacks.Callback):
    """Ctrl-C and SIGTERM end the training after the current step, so that it is saved. A second one kills."""

    def __init__(self):
        super().__init__()
        self.received, self.before = None, {}

    def on_train_begin(self, logs=None):
        """Handle the signals here."""
        self.before = {number: signal.signal(number, self.take) for number in (signal.SIGINT, signal.SIGTERM)}

    def take(self, number, frame):
        """Remember a signal; the next one is Python's."""
        self.received = signal.Signals(number)
        self.give_back()

    def give_back(self):
        """Restore the handlers that were there before."""
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def on_train_batch_end(self, batch, logs=None):
        """End the training if a signal came."""
        if self.received:
            self.model.stop_training = True


class Pictures(StepCallback):
    """Pictures to TensorBoard and as PNG files: every `every` steps, at the start and at the end.

    Args:
        draw: () -> {name: (h, w, 3) uint8 array}.
        every: steps between pictures.
        folder: where the PNG files go, as <name>-<step>.png.
        writer: TensorBoard's.
    """

    def __init__(self, draw, every: int, folder: pathlib.Path, writer: tf.summary.SummaryWriter):
        super().__init__()
        self.draw, self.every, self.folder, self.writer = draw, every, folder, writer
        self.drawn = None

    def on_train_begin(self, logs=None):
        """Draw with the untrained model, for comparison with what follows."""
        super().on_train_begin(logs)
        if self.step == 0:
            self.show()

    def due(self, step: int) -> bool:
        """Every `every` steps."""
        return step % self.every == 0

    def at_step(self, logs):
        """Draw."""
        self.show()

    def on_train_end(self, logs=None):
        """Draw the last step's pictures."""
        self.show()

    def show(self):
        """Draw this step's pictures, once."""
        step = self.step
        if self.drawn == step:
            return
        self.drawn = step
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.writer.as_default(step=step):
            for name, image in self.draw().items():
                tf.summary.image(name, image[tf.newaxis])
                with atomic_write(self.folder / f"{name}-{step:08d}.png") as aside:
                    aside.write_bytes(tf.io.encode_png(image).numpy())
        self.writer.flush()


def duration(seconds: float) -> str:
    """Seconds in words: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
