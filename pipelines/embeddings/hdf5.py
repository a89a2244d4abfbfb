"""Embeddings in HDF5 files: the arrays of an `npz`, or a dataset for each image, with the image's name."""

import h5py
import numpy as np

from pipelines.embeddings.npz import ARRAYS, split_by_image


def read(path: str) -> tuple[list[str], list[np.ndarray]]:
    """Names of n images, and the embeddings (c, d) or (d,) of each; ValueError if the arrays do not fit together."""
    datasets: dict[str, h5py.Dataset] = {}
    with h5py.File(path, "r") as file:
        # Visits only objects in this file: links to other files are not followed.
        file.visititems(lambda name, item: datasets.update({name: item} if isinstance(item, h5py.Dataset) else {}))
        if {"names", "embeddings"} <= datasets.keys():
            return split_by_image({name: datasets[name][()] for name in ARRAYS if name in datasets})
        return list(datasets), [dataset[()] for dataset in datasets.values()]
