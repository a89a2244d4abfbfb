"""Checkpoints: by steps and at the end, the last few kept, and the way back to the newest that is whole."""

import pathlib
import re
import zipfile

import keras
import numpy as np
from absl import logging

from callbacks.steps import StepCallback
from pipelines.atomic import atomic_write
from runs.folder import RunError

NAME = re.compile(r"step-(\d{8})\.keras")


def checkpoint_steps(folder: pathlib.Path) -> list[int]:
    """The steps of the checkpoints in a folder, newest first."""
    if not folder.is_dir():
        return []
    matches = (NAME.fullmatch(path.name) for path in folder.iterdir())
    return sorted((int(match[1]) for match in matches if match), reverse=True)


def checkpoint_path(folder: pathlib.Path, step: int) -> pathlib.Path:
    """Where the checkpoint of a step lies."""
    return folder / f"step-{step:08d}.keras"


def step_of(path: pathlib.Path) -> int:
    """The step of a checkpoint."""
    return int(NAME.fullmatch(path.name)[1])


def is_whole(path: pathlib.Path) -> bool:
    """Whether every byte of the archive is as it was written (its checksums hold)."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except Exception:
        # Random bytes make zipfile raise almost anything: NotImplementedError, RuntimeError, zlib.error, ...
        return False


def newest_whole(folder: pathlib.Path) -> pathlib.Path | None:
    """The newest checkpoint that is not damaged, with a warning for each that is; None if there is none."""
    for step in checkpoint_steps(folder):
        path = checkpoint_path(folder, step)
        if is_whole(path):
            return path
        logging.warning("The checkpoint %s is damaged; falling back to the one before.", path)
    return None


def restore(model: keras.Model, folder: pathlib.Path) -> int:
    """Load the newest whole checkpoint, weights and optimizers, into a compiled model; returns its step, 0 if none.

    Newer ones that are damaged are renamed, so that the steps that are done again can be saved under their names. The
    remains of a process that was killed while saving are removed.

    Raises:
        RunError: there are checkpoints, but none of them is whole.
    """
    path = newest_whole(folder)
    steps = checkpoint_steps(folder)
    if path is None:
        if steps:
            raise RunError(f"every checkpoint is damaged; --restart moves the run aside. Received: {folder}")
        return 0
    for step in steps[: steps.index(step_of(path))]:
        damaged = checkpoint_path(folder, step)
        damaged.rename(damaged.with_suffix(".damaged"))
    for remains in folder.glob(".step-*"):
        remains.unlink(missing_ok=True)
    model.load_weights(path)
    return model.step


def is_finite(model: keras.Model) -> bool:
    """Whether all weights are finite numbers."""
    return all(np.isfinite(weight).all() for weight in model.get_weights())


class Checkpoints(StepCallback):
    """Saves the model, optimizers included, every `every` steps and when training ends.

    Args:
        folder: where to.
        every: steps between checkpoints.
        keep: how many of the last ones stay.
    """

    def __init__(self, folder: pathlib.Path, every: int, keep: int):
        super().__init__()
        self.folder, self.every, self.keep = folder, every, keep

    def at_step(self, logs):
        """Save when it is time."""
        if self.step % self.every == 0:
            self.save()

    def on_train_end(self, logs=None):
        """Save the last step, however training ended (unless it failed: then Keras does not call this)."""
        self.save()

    def save(self):
        """Save this step, and drop the oldest checkpoints. A model that is no longer finite is not saved."""
        step = self.step
        path = checkpoint_path(self.folder, step)
        if path.exists():
            return
        if not is_finite(self.model):
            raise RunError(
                f"a weight became NaN or infinite by step {step}; {last_good(self.folder)}. "
                "A smaller learning rate may help."
            )
        with atomic_write(path) as aside:
            self.model.save(aside)
        for old in checkpoint_steps(self.folder)[self.keep :]:
            checkpoint_path(self.folder, old).unlink(missing_ok=True)


def last_good(folder: pathlib.Path) -> str:
    """Says which checkpoint is kept."""
    steps = checkpoint_steps(folder)
    return (
        f"the last good checkpoint, of step {steps[0]}, is kept in {folder}" if steps else "no checkpoint was saved yet"
    )
