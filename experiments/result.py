"""The result of an experiment: pictures to look at, figures to compare, files for other tools."""

import dataclasses
import json
import re
from collections.abc import Mapping

import numpy as np


class NothingFoundError(ValueError):
    """What an experiment looks for, an object or an attribute, is not there. The message is one clear line."""


class NotApplicableError(ValueError):
    """An experiment needs something that this model or dataset does not have. The message is one clear line."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """The result of an experiment.

    Args:
        pictures: name to (h, w, 3) uint8, fit for PNG files and TensorBoard.
        figures: snake_case key to what JSON holds: a number, None where a number is not defined, or a mapping of them.
        files: name to content, of files for TensorBoard.
    """

    pictures: Mapping[str, np.ndarray]
    figures: Mapping
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for name, picture in self.pictures.items():
            if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
                raise ValueError(
                    f"pictures must be (h, w, 3) uint8. Received: {name}, {picture.shape} of {picture.dtype}"
                )
        json.dumps(self.figures, allow_nan=False)
        _check_keys(self.figures)


def _check_keys(figures: Mapping):
    for key, value in figures.items():
        if not re.fullmatch("[a-z][a-z0-9_]*", key):
            raise ValueError(f"keys of figures must be snake_case. Received: {key!r}")
        if isinstance(value, Mapping):
            _check_keys(value)


def ratio(part: float, whole: float) -> float | None:
    """`part` / `whole`; None where that is not defined."""
    return float(part) / float(whole) if whole else None
