"""Embeddings in NumPy archives: the arrays `names`, `embeddings` and optionally `counts` (shapes: see `table`)."""

import zipfile

import numpy as np

from pipelines.embeddings.errors import shown

# The arrays in .npz and .h5 files.
ARRAYS = ("names", "embeddings", "counts")


def read(path: str) -> tuple[list[str], list[np.ndarray]]:
    """Names of n images, and the embeddings (c, d) or (d,) of each; ValueError if the arrays do not fit together."""
    # NumPy takes any file that is not an archive for a pickle, and its message would be about pickles.
    if not zipfile.is_zipfile(path):
        raise ValueError("it is not an .npz archive, or only the beginning of one")
    with np.load(path, allow_pickle=False) as archive:
        # Read only what is needed: another array may be of any size.
        return split_by_image({name: archive[name] if name in ARRAYS else None for name in archive.files})


def split_by_image(arrays: dict[str, np.ndarray]) -> tuple[list[str], list[np.ndarray]]:
    """The names, and the embeddings of each image, from arrays `names`, `embeddings` and optionally `counts`."""
    if not {"names", "embeddings"} <= arrays.keys():
        raise ValueError(
            "it must hold the arrays names (n,) and embeddings (n, c, d), or (m, d) with counts (n,); "
            f"received {shown(sorted(arrays)) or 'nothing'}"
        )
    names, embeddings, counts = arrays["names"], arrays["embeddings"], arrays.get("counts")
    if names.ndim != 1 or names.dtype.kind not in "USO":
        raise ValueError(f"names must be (n,) strings; received {names.shape} {names.dtype}")
    if embeddings.ndim not in (2, 3):
        raise ValueError(f"embeddings must be (n, c, d), (n, d) or (m, d) with counts; received {embeddings.shape}")
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in names.tolist()]
    if counts is None:
        return names, list(embeddings)
    if counts.shape != (len(names),) or counts.dtype.kind not in "iu" or counts.min(initial=1) < 1:
        raise ValueError(f"counts must be ({len(names)},) positive integers; received {counts.shape} {counts.dtype}")
    if counts.sum() != len(embeddings):
        raise ValueError(f"counts must add up to the {len(embeddings)} embeddings; they add up to {counts.sum()}")
    return names, np.split(embeddings, np.cumsum(counts)[:-1])
