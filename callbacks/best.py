"""The checkpoint with the best value of a metric, kept beside the last ones."""

import json
import math
import os
import pathlib
import shutil
from collections.abc import Mapping
from typing import Literal

from absl import logging

from callbacks.checkpoints import TrainingError, best_path, best_record
from pipelines.atomic import atomic_write


class BestCheckpoint:
    """best-step-<step>.keras in the checkpoints' folder, and best.json, which names its metric, value and step.

    Of equal values the earliest step's is the best, so that the same evaluations give the same best in whatever order
    they come, some of them twice: a resumed run, which repeats some, ends with the best of an uninterrupted one. The
    checkpoint is in place before best.json names it, and the one before is removed after that, so that a process may
    be killed at any point.

    Args:
        folder: of the checkpoints.
        key: of the metric.
        better: whether "higher" or "lower" values of it are better.
        protocol: how it is measured (on which split, on how many samples, by which judge): values of another protocol
            are not compared with.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        key: str,
        better: Literal["higher", "lower"],
        protocol: Mapping[str, object] | None = None,
    ):
        if better not in ("higher", "lower"):
            raise ValueError(f"better must be higher or lower. Received: {better}")
        self.folder, self.key, self.better, self.protocol = folder, key, better, dict(protocol or {})

    def consider(self, step: int, metrics: Mapping[str, float], checkpoint: pathlib.Path) -> bool:
        """Keep a step's checkpoint if it is the best so far; NaN never is.

        Args:
            step: that was evaluated.
            metrics: the evaluation's.
            checkpoint: the step's, which stays where it is.

        Returns:
            Whether it is kept.

        Raises:
            TrainingError: the evaluation has no such metric.
        """
        if self.key not in metrics:
            raise TrainingError(f"--keep_best: accepted are {', '.join(sorted(metrics))}. Received: {self.key}")
        value, record = float(metrics[self.key]), self.record()
        # The same step again is kept again: its checkpoint may have been damaged and saved again.
        if math.isnan(value) or (record and self.rank(value, step) < self.rank(record["value"], record["step"])):
            return False
        with atomic_write(best_path(self.folder, step)) as aside:
            link_or_copy(checkpoint, aside)
        with atomic_write(self.folder / "best.json") as aside:
            best = {"key": self.key, "value": value, "step": step, "better": self.better, "protocol": self.protocol}
            aside.write_text(json.dumps(best) + "\n")
        for old in self.folder.glob("best-step-*.keras"):
            if old != best_path(self.folder, step):
                old.unlink(missing_ok=True)
        return True

    def rank(self, value: float, step: int) -> tuple[float, int]:
        """Larger is better."""
        return (value if self.better == "higher" else -value, -step)

    def record(self) -> dict | None:
        """What best.json holds; None, with a warning where it is lost or of another metric, if there is no best yet."""
        try:
            record = best_record(self.folder)
        except TrainingError as error:
            logging.warning("The best checkpoint so far is lost: %s", error)
            return None
        if record is None:
            return None
        if (record["key"], record["better"]) != (self.key, self.better):
            logging.warning(
                "The best checkpoint was chosen by %s (%s is better); from now on it is by %s (%s is better).",
                *(record["key"], record["better"], self.key, self.better),
            )
            return None
        if record["protocol"] != self.protocol:
            logging.warning(
                "The best checkpoint was chosen by another protocol (%s; now %s): the choice starts over.",
                *(record["protocol"], self.protocol),
            )
            return None
        if not best_path(self.folder, record["step"]).exists():
            logging.warning("The best checkpoint so far, of step %d, is missing.", record["step"])
            return None
        return record


def link_or_copy(source: pathlib.Path, target: pathlib.Path):
    """A second name for a file; a copy where the file system has no hard links."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
