"""A training's numbers as a table and as curves: numbers.csv and curves.png in the run folder."""

import csv
import pathlib
import re
from collections.abc import Collection, Mapping

import keras
from absl import logging

from pipelines.atomic import atomic_write

# The names of evaluation metrics start with it, in the table and in TensorBoard.
EVALUATION = "evaluation/"


class NumbersTable:
    """numbers.csv: a row a step with `step` and the values that there are for it.

    Rows may have different columns (training logs, evaluation metrics); the file has the union of them, with empty
    cells where a row has no value.

    Args:
        path: the file; rows of an earlier part of the run are kept.
        start: the step at which the run resumes; rows of later steps, which are repeated, are dropped.
    """

    def __init__(self, path: pathlib.Path, start: int):
        self.path, self.rows = path, []
        if not path.exists():
            return
        try:
            with open(path, newline="") as file:
                rows = [{name: float(cell) for name, cell in row.items() if cell != ""} for row in csv.DictReader(file)]
            self.rows = [row | {"step": int(row["step"])} for row in rows if row["step"] <= start]
        except (KeyError, TypeError, ValueError):
            # A spreadsheet has saved it in a format of its own, say. No training should stop for that.
            kept = path.with_suffix(".unreadable.csv")
            path.rename(kept)
            logging.warning(
                "%s is not a table of numbers any more; it is now %s, and a new one starts.", path, kept.name
            )

    @property
    def names(self) -> list[str]:
        """The columns but `step`: training logs, then evaluation metrics, each in the order of appearance."""
        names = dict.fromkeys(name for row in self.rows for name in row if name != "step")
        return sorted(names, key=lambda name: name.startswith(EVALUATION))

    def last_step(self, names: Collection[str]) -> int:
        """The last step with a value of one of these names; 0 if there is none."""
        return max((row["step"] for row in self.rows if not row.keys().isdisjoint(names)), default=0)

    def is_evaluated(self, step: int) -> bool:
        """Whether the step has evaluation metrics."""
        return any(row["step"] == step and name.startswith(EVALUATION) for row in self.rows for name in row)

    def add(self, step: int, values: Mapping[str, float]):
        """Add a row, or values to the row that the step has already, and write the table."""
        values = {name: float(value) for name, value in values.items()}
        if not self.rows or self.rows[-1]["step"] != step:
            self.rows.append({"step": step})
        self.rows[-1].update(values)
        with atomic_write(self.path) as aside, open(aside, "w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=["step", *self.names])
            writer.writeheader()
            writer.writerows(self.rows)

    def draw(self, path: pathlib.Path):
        """Write the curves as a PNG file: losses, then scores and accuracies, then each metric with its references."""
        # Imported here, as it takes a second that a wrong command should not wait for.
        from matplotlib.figure import Figure

        metrics = [name for name in self.names if name.startswith(EVALUATION)]
        logs = [name for name in self.names if name not in metrics]
        bounded = [name for name in logs if name.endswith(("score", "accuracy"))]
        unbounded = [name for name in logs if name not in bounded]
        # Metrics have scales of their own; what a metric is compared with (of real images, by chance) is beside it.
        compared = {}
        for name in metrics:
            compared.setdefault(re.split("_of_|_by_", name)[0], []).append(name)
        panels = [panel for panel in (unbounded, bounded, *compared.values()) if panel]
        figure = Figure(figsize=(8, 3 * len(panels)), layout="constrained")
        for axes, panel in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
            for name in panel:
                points = [(row["step"], row[name]) for row in self.rows if name in row]
                axes.plot(*zip(*points, strict=True), label=name, marker="." if name in metrics else None)
            axes.legend()
            axes.grid(alpha=0.3)
            axes.set_xlabel("step")
        with atomic_write(path) as aside:
            figure.savefig(aside, dpi=100)


class Curves(keras.callbacks.Callback):
    """Draws the table's curves when training ends; the last of the callbacks, when every row is there.

    Args:
        table: the numbers.
        path: the PNG file.
    """

    def __init__(self, table: NumbersTable, path: pathlib.Path):
        super().__init__()
        self.table, self.path = table, path

    def on_train_end(self, logs=None):
        """Draw, unless training ended before the first row."""
        if self.table.rows:
            self.table.draw(self.path)
