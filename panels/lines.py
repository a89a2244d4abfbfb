"""Curves, as a picture."""

from collections.abc import Mapping, Sequence

import numpy as np

from panels.figures import rendered


def lines(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], x_label: str, y_label: str) -> np.ndarray:
    """Curves in one plot, (h, w, 3) uint8.

    Args:
        curves: name to its points, x and y.
        x_label: of the axis.
        y_label: of the axis, which begins at 0.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, (x, y) in curves.items():
        axes.plot(x, y, marker="o", label=name)
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    return rendered(figure)
