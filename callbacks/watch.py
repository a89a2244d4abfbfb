"""Watching a training: numbers to TensorBoard, a progress bar, and stopping in good order."""

import math
import pathlib
import signal
import sys
import time

import keras
import tensorflow as tf
from tqdm import tqdm

from callbacks.checkpoints import last_good
from callbacks.curves import NumbersTable
from callbacks.steps import StepCallback
from pipelines.atomic import atomic_write
from runs.folder import RunError, RunFolder


class Numbers(StepCallback):
    """Running means to TensorBoard and the progress bar every `every` steps; stops when one is not finite.

    Args:
        total: the step at which training ends.
        every: steps between looks.
        writer: TensorBoard's.
        folder: the run's, for numbers.csv and curves.png, and to name the last good checkpoint.
    """

    # The first steps trace and allocate; those after them tell how long the rest will take.
    WARM_UP, MEASURED = 3, 12

    def __init__(self, total: int, every: int, writer: tf.summary.SummaryWriter, folder: RunFolder):
        super().__init__()
        self.total, self.every, self.writer, self.folder = total, every, writer, folder
        self.logs, self.bar = None, None

    def on_train_begin(self, logs=None):
        """Start the bar where the run stands."""
        super().on_train_begin(logs)
        self.first = self.looked = self.step
        self.table = NumbersTable(self.folder.path / "numbers.csv", self.first)
        self.bar = tqdm(
            total=self.total, initial=self.first, unit="step", dynamic_ncols=True, mininterval=1.0, file=sys.stderr
        )

    def at_step(self, logs):
        """Move the bar, stop at a number that is not finite, and look at the numbers when it is time."""
        self.bar.update(1)
        for name, value in logs.items():
            if not math.isfinite(value):
                raise RunError(
                    f"{name} became {value} at step {self.step}; {last_good(self.folder.checkpoints)}. "
                    "A smaller learning rate may help."
                )
        self.logs = logs
        done = self.step - self.first
        if done == self.WARM_UP:
            self.started = time.perf_counter()
        if done == self.WARM_UP + self.MEASURED:
            seconds = (time.perf_counter() - self.started) / self.MEASURED
            rest = seconds * (self.total - self.step)
            self.bar.write(f"{self.total - self.step:,} steps to go at {seconds:.3g} s a step: about {duration(rest)}.")
        # Early numbers, so that a long first wait shows something. After a resume they would be means of too few steps.
        early = self.first == 0 and done in (self.WARM_UP, self.WARM_UP + self.MEASURED)
        due = self.step % self.every == 0 and self.step - self.looked >= self.every / 2
        if early or due or self.step == self.total:
            self.look()

    def look(self):
        """Write the numbers of the last step down, if that is not done yet, and begin new means."""
        if self.logs is None:
            return
        step, logs, self.logs = self.step, self.logs, None
        self.looked = step
        self.table.add(step, logs)
        with self.writer.as_default(step=step):
            for name, value in logs.items():
                tf.summary.scalar(name, value)
            for player in self.model.players:
                tf.summary.scalar(f"learning_rate/{player}", float(self.model.optimizer_of(player).learning_rate))
        self.bar.set_postfix({name: f"{value:.3f}" for name, value in logs.items()}, refresh=False)
        self.model.reset_metrics()

    def on_train_end(self, logs=None):
        """Draw the curves."""
        self.look()
        self.close()
        if self.table.rows:
            self.table.draw(self.folder.path / "curves.png")

    def close(self):
        """Leave the bar as it stands, so that what is printed next has a line of its own."""
        if self.bar is not None:
            self.bar.close()


class StopOnSignal(keras.callbacks.Callback):
    """Ctrl-C and SIGTERM end the training after the step under way, so that it is saved. A second one kills."""

    def __init__(self):
        super().__init__()
        self.received, self.before = None, {}

    def on_train_begin(self, logs=None):
        """Take the signals."""
        self.before = {number: signal.signal(number, self.take) for number in (signal.SIGINT, signal.SIGTERM)}

    def take(self, number, frame):
        """Remember a signal, and leave the next one to Python."""
        self.received = signal.Signals(number)
        self.give_back()

    def give_back(self):
        """Restore the handlers that were there."""
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def on_train_batch_end(self, batch, logs=None):
        """End the training if a signal came."""
        if self.received:
            self.model.stop_training = True


class Pictures(StepCallback):
    """Pictures to TensorBoard and as PNG files, every `every` steps, at the start and at the end.

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
        """What the untrained model shows, so that there is a first row to compare with."""
        super().on_train_begin(logs)
        if self.step == 0:
            self.show()

    def at_step(self, logs):
        """Draw when it is time."""
        if self.step % self.every == 0:
            self.show()

    def on_train_end(self, logs=None):
        """Draw the end."""
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
    """Seconds as a person says them: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
