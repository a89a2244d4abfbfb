"""Figures drawn by matplotlib, as arrays."""

import numpy as np


def rendered(figure) -> np.ndarray:
    """A matplotlib Figure as (h, w, 3) uint8."""
    # Imported here, as it takes a second that a wrong command should not wait for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()
