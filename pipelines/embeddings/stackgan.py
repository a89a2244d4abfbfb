"""Embeddings in StackGAN's `char-CNN-RNN-embeddings.pickle`, with the names in `filenames.pickle` beside it."""

import os

import numpy as np

from pipelines import pickled
from pipelines.embeddings.errors import damage_reported
from pipelines.examples import DataError
from pipelines.pickled import PickledArray


def read(path: str) -> tuple[list[str], list[np.ndarray]]:
    """Names of n images, and the embeddings (c, d) of each.

    Raises:
        DataError: there are no names beside the file, or they are not strings.
        Exception: whatever a damaged pickle raises.
    """
    names_path = os.path.join(os.path.dirname(path), "filenames.pickle")
    if not os.path.exists(names_path):
        raise DataError(f"{path}: the names of the images must be in filenames.pickle beside it; there is none")
    with damage_reported(names_path):
        names = pickled.read(names_path)
    embeddings = pickled.read(path)
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{names_path}: must be a list of the names of images; received {type(names).__name__}")
    if isinstance(embeddings, PickledArray):
        return list(names), list(embeddings.array)
    if not isinstance(embeddings, list | tuple) or not all(isinstance(rows, PickledArray) for rows in embeddings):
        raise ValueError(f"it must be a list of arrays of floats; received {type(embeddings).__name__}")
    return list(names), [rows.array for rows in embeddings]
