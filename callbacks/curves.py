"""A training's numbers as a table and as curves: numbers.csv and curves.png in the run folder."""

import csv
import pathlib

from absl import logging

from pipelines.atomic import atomic_write


class NumbersTable:
    """numbers.csv: one row a look, `step` and the logged names.

    Args:
        path: the file; rows of an earlier part of the run are kept.
        start: the step from which the run goes on; later rows, of steps that are done again, are dropped.
    """

    def __init__(self, path: pathlib.Path, start: int):
        self.path, self.rows = path, []
        if not path.exists():
            return
        try:
            with open(path, newline="") as file:
                rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
            self.rows = [row | {"step": int(row["step"])} for row in rows if row["step"] <= start]
        except (KeyError, TypeError, ValueError):
            # A spreadsheet has saved it in its own way, say. No training should stop for that.
            kept = path.with_suffix(".unreadable.csv")
            path.rename(kept)
            logging.warning("%s is no table of numbers any more; it is now %s, and a new one begins.", path, kept.name)

    def add(self, step: int, values: dict[str, float]):
        """Append a row and write the table."""
        self.rows.append({"step": step, **values})
        with atomic_write(self.path) as aside, open(aside, "w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(self.rows[-1]))
            writer.writeheader()
            writer.writerows(self.rows)

    def draw(self, path: pathlib.Path):
        """Write the curves as a PNG file: what is called a score or an accuracy below, all else above."""
        # Imported here, as it takes a second that a wrong command should not wait for.
        from matplotlib.figure import Figure

        names = [name for name in self.rows[-1] if name != "step"]
        bounded = [name for name in names if name.endswith(("score", "accuracy"))]
        panels = [panel for panel in ([name for name in names if name not in bounded], bounded) if panel]
        figure = Figure(figsize=(8, 3 * len(panels)), layout="constrained")
        for axes, panel in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
            for name in panel:
                axes.plot([row["step"] for row in self.rows], [row[name] for row in self.rows], label=name)
            axes.legend()
            axes.grid(alpha=0.3)
            axes.set_xlabel("step")
        with atomic_write(path) as aside:
            figure.savefig(aside, dpi=100)
