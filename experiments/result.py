"""What an experiment comes to: pictures to look at, and figures to compare."""

import dataclasses
import json
from collections.abc import Mapping

import numpy as np


class NothingFoundError(ValueError):
    """What an experiment looks for is not there: an object, an attribute. The message is one clear line."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """The result of an experiment.

    Args:
        pictures: name to (h, w, 3) uint8, fit for PNG files and TensorBoard.
        figures: name to what JSON holds: numbers, None where a number is not defined, or a mapping of them.
    """

    pictures: Mapping[str, np.ndarray]
    figures: Mapping

    def __post_init__(self):
        for name, picture in self.pictures.items():
            if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
                raise ValueError(
                    f"pictures must be (h, w, 3) uint8. Received: {name}, {picture.shape} of {picture.dtype}"
                )
        json.dumps(self.figures, allow_nan=False)


def rendered(figure) -> np.ndarray:
    """A matplotlib Figure as (h, w, 3) uint8."""
    # Imported here, as it takes a second that a wrong command should not wait for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def ratio(part: float, whole: float) -> float | None:
    """`part` / `whole`; None where that is not defined."""
    return float(part) / float(whole) if whole else None
