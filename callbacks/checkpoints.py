"""Checkpoints: every so many steps and at the end, the last few kept, and the way back to one that is whole."""

import json
import pathlib
import re
import zipfile

import keras
import numpy as np
from absl import logging

from callbacks.steps import StepCallback
from pipelines.atomic import atomic_write

NAME = re.compile(r"step-(\d{8})\.keras")


class TrainingError(RuntimeError):
    """A training that cannot continue, or a checkpoint that cannot be had. The message is one clear line."""


def checkpoint_steps(folder: pathlib.Path) -> list[int]:
    """The steps of the checkpoints in a folder, newest first."""
    if not folder.is_dir():
        return []
    matches = (NAME.fullmatch(path.name) for path in folder.iterdir())
    return sorted((int(match[1]) for match in matches if match), reverse=True)


def checkpoint_path(folder: pathlib.Path, step: int) -> pathlib.Path:
    """The path of the checkpoint of a step."""
    return folder / f"step-{step:08d}.keras"


def best_path(folder: pathlib.Path, step: int) -> pathlib.Path:
    """The path of the best checkpoint, which is that of a step."""
    return folder / f"best-{checkpoint_path(folder, step).name}"


def best_record(folder: pathlib.Path) -> dict | None:
    """What best.json holds: "key", "value", "step", "better" and "protocol" of the best checkpoint; None without one.

    Raises:
        TrainingError: the file is damaged.
    """
    path = folder / "best.json"
    try:
        record = json.loads(path.read_text())
        kinds = {"key": str, "value": float, "step": int, "better": str, "protocol": dict}
        return {name: kind(record.get(name, {}) if kind is dict else record[name]) for name, kind in kinds.items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"best.json is damaged. Received: {path} ({error!r})") from None


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


def chosen(folder: pathlib.Path, which: str) -> pathlib.Path:
    """The checkpoint that --checkpoint names: "last" (the newest that is whole), "best", or a step.

    Raises:
        TrainingError: there is no such checkpoint, or it is damaged.
    """
    steps = checkpoint_steps(folder)
    if which == "last":
        path = newest_whole(folder)
        if path is None:
            reason = "every checkpoint is damaged" if steps else "this run has no checkpoint yet; train first"
            raise TrainingError(f"{reason}. Received: {folder}")
        return path
    best = best_record(folder)
    if which == "best":
        if best is None:
            raise TrainingError(
                "this run keeps no best checkpoint; train with --keep_best=KEY, or choose last or a step. "
                f"Received: --checkpoint=best of {folder}"
            )
        return whole(best_path(folder, best["step"]))
    kept = {step: checkpoint_path(folder, step) for step in steps}
    if best is not None:
        kept.setdefault(best["step"], best_path(folder, best["step"]))
    if not (which.isascii() and which.isdigit() and int(which) in kept):
        accepted = ["last", *(["best"] if best else []), *(str(step) for step in sorted(kept))]
        raise TrainingError(f"--checkpoint: accepted for this run are {', '.join(accepted)}. Received: {which}")
    return whole(kept[int(which)])


def whole(path: pathlib.Path) -> pathlib.Path:
    """The path of a checkpoint; TrainingError if it is damaged or missing."""
    if not is_whole(path):
        raise TrainingError(f"the checkpoint is {'damaged' if path.exists() else 'missing'}. Received: {path}")
    return path


def restore(model: keras.Model, folder: pathlib.Path) -> int:
    """Load the newest whole checkpoint, weights and optimizers, into a compiled model; returns its step, 0 if none.

    Newer ones that are damaged are renamed, so that the repeated steps can be saved under their names. What a process
    left behind that was killed while saving is removed.

    Raises:
        TrainingError: there are checkpoints, but none of them is whole.
    """
    path = newest_whole(folder)
    steps = checkpoint_steps(folder)
    if path is None:
        if steps:
            raise TrainingError(f"every checkpoint is damaged; --restart moves the run aside. Received: {folder}")
        return 0
    for step in steps[: steps.index(step_of(path))]:
        damaged = checkpoint_path(folder, step)
        damaged.rename(damaged.with_suffix(".damaged"))
    for pattern in (".step-*", ".best*"):
        for unfinished in folder.glob(pattern):
            unfinished.unlink(missing_ok=True)
    model.load_weights(path)
    return model.step


def is_finite(model: keras.Model) -> bool:
    """Whether all weights are finite numbers."""
    return all(np.isfinite(weight).all() for weight in model.get_weights())


def save(model: keras.Model, folder: pathlib.Path, step: int) -> pathlib.Path:
    """Save a model as the checkpoint of a step, unless that is done already; returns its path.

    Raises:
        TrainingError: a weight of the model is not finite; it is not saved.
    """
    path = checkpoint_path(folder, step)
    if path.exists():
        return path
    if not is_finite(model):
        raise TrainingError(
            f"a weight became NaN or infinite by step {step}; {last_good(folder)}. A smaller learning rate may help."
        )
    with atomic_write(path) as aside:
        model.save(aside)
    return path


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

    def due(self, step: int) -> bool:
        """Every `every` steps."""
        return step % self.every == 0

    def at_step(self, logs):
        """Save."""
        self.save(self.step)

    def on_train_end(self, logs=None):
        """Save the last step, however training ended (unless it failed: then Keras does not call this)."""
        self.save(self.step)

    def save(self, step: int) -> pathlib.Path:
        """Save the model as it is after a step, unless that is done already, and drop the oldest checkpoints.

        Returns:
            The path of the checkpoint.

        Raises:
            TrainingError: a weight of the model is not finite; it is not saved.
        """
        path = save(self.model, self.folder, step)
        for old in checkpoint_steps(self.folder)[self.keep :]:
            checkpoint_path(self.folder, old).unlink(missing_ok=True)
        return path


def last_good(folder: pathlib.Path) -> str:
    """Names the checkpoint that is kept, in words."""
    steps = checkpoint_steps(folder)
    return (
        f"the last good checkpoint, of step {steps[0]}, is kept in {folder}" if steps else "no checkpoint was saved yet"
    )
