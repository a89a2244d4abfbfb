"""Precomputed caption embeddings, in the file formats in common use, joined to images by name.

| path | contents |
|---|---|
| `.npz` | `names` (n,) and `embeddings`: (n, c, d), or (n, d) for one caption per image, or, with `counts` (n,) integers, (m, d) where the first counts[0] rows belong to the first image and so on; `write_embeddings` writes this |
| `.h5`, `.hdf5` | datasets of those names, or a dataset (c, d) or (d,) for each image under the image's name (groups are folders) |
| `.pickle`, `.pkl` | StackGAN's char-CNN-RNN-embeddings.pickle: a list of arrays (c, d), or an array (n, c, d); the names are a list in `filenames.pickle` beside it |
| `.t7`, or a folder of them | Reed's per-image tables with `txt` (c, d) and `img`, the image's name (by default the file's); or a tensor (n, d, c) or (n, d), with the n names, one per line, in a `.txt` file of the same name beside it |

No code in a file is run: NumPy's pickles stay off, and StackGAN's are read by an unpickler that only makes arrays.
"""  # noqa: E501 - a table

import collections
import dataclasses
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from pipelines.atomic import atomic_write
from pipelines.embeddings import hdf5, npz, reed, stackgan
from pipelines.embeddings.errors import damage_reported, shown
from pipelines.embeddings.names import key_of, match
from pipelines.examples import DataError

# For each suffix, a function from a path to the names of n images and the embeddings of each.
READERS = {
    ".npz": npz.read,
    ".h5": hdf5.read,
    ".hdf5": hdf5.read,
    ".pickle": stackgan.read,
    ".pkl": stackgan.read,
    ".t7": reed.read,
}


@dataclasses.dataclass(frozen=True)
class EmbeddingTable:
    """The embeddings in one file.

    Attributes:
        source: the path of the file, for messages.
        names: n unique names of images, with forward slashes and without suffix.
        embeddings: n arrays (c_i, d) float32, finite, c_i >= 1, the same d for all.
    """

    source: str
    names: tuple[str, ...]
    embeddings: list[np.ndarray]


def read_embeddings(
    path: str | os.PathLike, names: Sequence[str], captions_per_image: int | Sequence[int] | None = None
) -> list[np.ndarray]:
    """Reads the embeddings of certain images, in the order of their names.

    Args:
        path: a file or folder in one of the formats at the top of this module.
        names: the n images, as in `pipelines.examples.Record.name`; see `join` for how they are compared.
        captions_per_image: how many captions each image has, one number or n; None accepts any number.

    Returns:
        n arrays (c_i, d) float32.

    Raises:
        DataError: the file cannot be read, an image is missing, or an image does not have one embedding per caption.
    """
    embeddings = join(read(path), names)
    if captions_per_image is not None:
        wanted = np.broadcast_to(captions_per_image, len(names))
        wrong = [row for row, rows in enumerate(embeddings) if len(rows) != wanted[row]]
        if wrong:
            first = wrong[0]
            raise DataError(
                f"{os.fspath(path)}: {len(wrong)} of {len(names)} images must have as many embeddings as captions; "
                f"{names[first]} has {wanted[first]} captions and received {len(embeddings[first])} embeddings"
            )
    return embeddings


def read(path: str | os.PathLike) -> EmbeddingTable:
    """Reads all embeddings in a file or folder in one of the formats at the top of this module.

    Raises:
        DataError: there is no such file, it has another format, is damaged or asks for code to be run, or it does not
            hold finite floating-point embeddings of one dimension under unique names.
    """
    path = os.fspath(path)
    suffix = os.path.splitext(path)[1].lower()
    if not os.path.exists(path):
        raise DataError(f"{path}: there is no such file or folder of caption embeddings")
    reader = reed.read if os.path.isdir(path) else READERS.get(suffix)
    if reader is None:
        raise DataError(
            f"{path}: caption embeddings are accepted as {', '.join(READERS)} or a folder of .t7 files; "
            f"received {suffix or 'no suffix'}"
        )
    with damage_reported(path):
        names, embeddings = reader(path)
    return _checked_table(path, names, embeddings)


def join(table: EmbeddingTable, names: Sequence[str]) -> list[np.ndarray]:
    """Selects the embeddings of certain images.

    Names are compared without suffix and with forward slashes. Where no name is equal, one may be the end of the
    other at a folder boundary, as long as that is unambiguous: `images/001.Albatross/1.jpg`, `001.Albatross/1` and `1`
    name the same image unless there is a second `1`.

    Args:
        table: the embeddings.
        names: the images needed.

    Returns:
        The arrays (c_i, d) float32 of those images, in their order.

    Raises:
        DataError: an image has no embeddings, or its name is ambiguous.
    """
    keys = [key_of(name) for name in names]
    found = match(keys, table.names)
    missing = [key for key in found if not found[key]]
    if missing:
        raise DataError(
            f"{table.source}: {len(missing)} of {len(found)} images must have embeddings and have none: "
            f"{shown(missing)}; received names such as {shown(table.names[:2])}"
        )
    users = collections.Counter(row for rows in found.values() for row in rows)
    ambiguous = [key for key, rows in found.items() if len(rows) > 1 or users[rows[0]] > 1]
    if ambiguous:
        raise DataError(
            f"{table.source}: the names of images must tell them apart; {len(ambiguous)} of {len(found)} do not: "
            f"{shown(ambiguous)}; received names such as {shown(table.names[:2])}"
        )
    return [table.embeddings[found[key][0]] for key in keys]


def write_embeddings(path: str | os.PathLike, names: Sequence[str], embeddings: Sequence[np.ndarray]) -> None:
    """Writes embeddings as .npz with `names`, `counts` and the flat `embeddings`, atomically.

    Args:
        path: the file, ending in .npz; an earlier one is replaced.
        names: n unique names of images.
        embeddings: for each image an array (c_i, d) floating point, with one d for all; or one array (n, c, d).

    Raises:
        DataError: the embeddings or names are not such that `read` would accept them.
        OSError: the file cannot be written.
    """
    path = os.fspath(path)
    if not path.lower().endswith(".npz"):
        raise DataError(f"{path}: embeddings are written as .npz; received another suffix")
    table = _checked_table(path, names, embeddings)
    # An open file, because NumPy appends .npz to a path that ends in .NPZ.
    with atomic_write(pathlib.Path(path)) as aside, aside.open("wb") as file:
        np.savez(
            file,
            names=np.array(table.names, dtype=np.str_),
            counts=np.array([len(rows) for rows in table.embeddings], np.int64),
            embeddings=np.concatenate(table.embeddings),
        )


def _checked_table(path: str, names: Sequence[str], embeddings: Sequence[np.ndarray]) -> EmbeddingTable:
    names = list(names)
    if not names or len(names) != len(embeddings) or not all(isinstance(name, str) for name in names):
        raise DataError(
            f"{path}: every image must have a name and embeddings; received {len(names)} names of images "
            f"and embeddings of {len(embeddings)}"
        )
    keys = [key_of(name) for name in names]
    if len(set(keys)) != len(keys):
        repeated = [key for key, count in collections.Counter(keys).items() if count > 1]
        raise DataError(f"{path}: the names of images must be unique; repeated are {shown(repeated)}")
    checked = [_checked_rows(path, key, rows) for key, rows in zip(keys, embeddings, strict=True)]
    for key, rows in zip(keys, checked, strict=True):
        if rows.shape[1] != checked[0].shape[1]:
            raise DataError(
                f"{path}: all embeddings must have one dimension; {keys[0]} has {checked[0].shape[1]} "
                f"and {key} {rows.shape[1]}"
            )
    return EmbeddingTable(path, tuple(keys), checked)


def _checked_rows(path: str, key: str, rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows)
    if rows.dtype.kind != "f" or rows.ndim not in (1, 2) or not rows.size:
        raise DataError(
            f"{path}: the embeddings of an image must be (c, d) or (d,) floating point and not empty; "
            f"those of {key} are {rows.shape} {rows.dtype}"
        )
    # A float64 beyond the range of float32 becomes infinite, and is then reported as such.
    with np.errstate(over="ignore"):
        rows = np.atleast_2d(rows).astype(np.float32)
    if not np.isfinite(rows).all():
        raise DataError(f"{path}: embeddings must be finite; those of {key} hold NaN or infinity")
    return rows
