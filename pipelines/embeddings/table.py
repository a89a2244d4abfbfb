"""Caption embeddings that were computed before, in the formats in which people have them, joined to images by name.

| path | holds |
|---|---|
| `.npz` | `names` (n,) and `embeddings`: (n, c, d), or (n, d) for one caption an image, or, with `counts` (n,) integers, (m, d) where the first counts[0] rows are of the first image and so on; what `write_embeddings` writes |
| `.h5`, `.hdf5` | datasets of those names, or a dataset (c, d) or (d,) for each image under the image's name (groups are folders) |
| `.pickle`, `.pkl` | StackGAN's char-CNN-RNN-embeddings.pickle: a list of arrays (c, d), or an array (n, c, d); the names are a list in `filenames.pickle` beside it |
| `.t7`, or a folder of them | Reed's per-image tables with `txt` (c, d) and `img`, the image's name (without it the file's); or a tensor (n, d, c) or (n, d), with the n names one a line in a `.txt` of the same name beside it |

No file's code is run: NumPy's pickles stay off, and StackGAN's are read by an unpickler that knows arrays only.
"""  # noqa: E501 - a table

import collections
import contextlib
import dataclasses
import os
import zipfile
from collections.abc import Iterator, Sequence

import h5py
import numpy as np

from pipelines.embeddings import pickled as array_pickle
from pipelines.embeddings import torch7
from pipelines.embeddings.pickled import PickledArray
from pipelines.examples import DataError

# What is taken off the end of a name. Not everything after a dot, because a name may come without a suffix.
_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".txt", ".t7", ".npy")


@dataclasses.dataclass(frozen=True)
class EmbeddingTable:
    """The embeddings of one file.

    Attributes:
        source: the path of the file, for messages.
        names: n unique names of images, with forward slashes and without suffix.
        embeddings: n arrays (c_i, d) float32, finite, c_i >= 1, d the same for all.
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
        captions_per_image: how many captions each image has, one number or n; None if any number will do.

    Returns:
        n arrays (c_i, d) float32.

    Raises:
        DataError: the file cannot be read, an image is missing, or has another number of embeddings than captions.
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
    """Reads every embedding of a file or folder in one of the formats at the top of this module.

    Raises:
        DataError: there is no such file, it is of another format, damaged, asks for code to be run, or what it holds is
            no finite floating-point embedding of one dimension under unique names.
    """
    path = os.fspath(path)
    suffix = os.path.splitext(path)[1].lower()
    if not os.path.exists(path):
        raise DataError(f"{path}: there is no such file or folder of caption embeddings")
    reader = _read_torch7 if os.path.isdir(path) else _READERS.get(suffix)
    if reader is None:
        raise DataError(
            f"{path}: caption embeddings are accepted as {', '.join(_READERS)} or a folder of .t7 files; "
            f"received {suffix or 'no suffix'}"
        )
    with _damage_reported(path):
        names, embeddings = reader(path)
    return _checked_table(path, names, embeddings)


def join(table: EmbeddingTable, names: Sequence[str]) -> list[np.ndarray]:
    """Picks the embeddings of certain images.

    Names are compared without suffix and with forward slashes. Where no name is the same, one may be the end of the
    other at a folder's boundary, if that leaves no choice: `images/001.Albatross/1.jpg`, `001.Albatross/1` and `1` name
    the same image as long as there is no second `1`.

    Args:
        table: the embeddings.
        names: the images needed.

    Returns:
        The arrays (c_i, d) float32 of those images, in their order.

    Raises:
        DataError: an image has no embeddings, or more than one that could be meant.
    """
    exact = {name: row for row, name in enumerate(table.names)}
    rows_by_ending: dict[str, list[int]] = {}
    for row, name in enumerate(table.names):
        for ending in _endings(name):
            rows_by_ending.setdefault(ending, []).append(row)

    def candidates(name: str) -> list[int]:
        if name in exact:
            return [exact[name]]
        return rows_by_ending.get(name) or [exact[ending] for ending in _endings(name) if ending in exact][:1]

    keys = [_key(name) for name in names]
    found = {key: candidates(key) for key in keys}
    missing = [key for key in found if not found[key]]
    if missing:
        raise DataError(
            f"{table.source}: {len(missing)} of {len(found)} images must have embeddings and have none: "
            f"{_some(missing)}; received names such as {_some(table.names[:2])}"
        )
    users: dict[int, list[str]] = {}
    for key, rows in found.items():
        for row in rows:
            users.setdefault(row, []).append(key)
    unclear = [key for key, rows in found.items() if len(rows) > 1 or len(users[rows[0]]) > 1]
    if unclear:
        raise DataError(
            f"{table.source}: the names of images must tell them apart; {len(unclear)} of {len(found)} do not: "
            f"{_some(unclear)}; received names such as {_some(table.names[:2])}"
        )
    return [table.embeddings[found[key][0]] for key in keys]


def write_embeddings(path: str | os.PathLike, names: Sequence[str], embeddings: Sequence[np.ndarray]) -> None:
    """Writes embeddings as .npz with `names`, `counts` and the flat `embeddings`; a reader never sees half a file.

    Args:
        path: the file, ending in .npz; an earlier one is replaced.
        names: n unique names of images.
        embeddings: for each image an array (c_i, d) floating point, one d for all; or one array (n, c, d).

    Raises:
        DataError: what is to be written is not what `read` accepts.
        OSError: the file cannot be written.
    """
    path = os.fspath(path)
    if not path.lower().endswith(".npz"):
        raise DataError(f"{path}: embeddings are written as .npz; received another suffix")
    table = _checked_table(path, names, embeddings)
    aside = f"{path}.{os.getpid()}.tmp"
    try:
        with open(aside, "wb") as file:
            np.savez(
                file,
                names=np.array(table.names, dtype=np.str_),
                counts=np.array([len(rows) for rows in table.embeddings], np.int64),
                embeddings=np.concatenate(table.embeddings),
            )
        os.replace(aside, path)
    finally:
        # Gone already when all went well.
        with contextlib.suppress(FileNotFoundError):
            os.remove(aside)


def _key(name: str) -> str:
    """Returns a name as names are compared."""
    name = "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in _SUFFIXES else name


def _endings(name: str) -> Iterator[str]:
    """Yields what is left of a name without its first folder, without its first two, and so on."""
    while "/" in name:
        name = name.split("/", 1)[1]
        yield name


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def _checked_table(path: str, names: Sequence[str], embeddings: Sequence[np.ndarray]) -> EmbeddingTable:
    names = list(names)
    if not names or len(names) != len(embeddings) or not all(isinstance(name, str) for name in names):
        raise DataError(
            f"{path}: every image must have a name and embeddings; received {len(names)} names of images "
            f"and embeddings of {len(embeddings)}"
        )
    keys = [_key(name) for name in names]
    if len(set(keys)) != len(keys):
        repeated = [key for key, count in collections.Counter(keys).items() if count > 1]
        raise DataError(f"{path}: the names of images must be unique; repeated are {_some(repeated)}")
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
    # A float64 beyond float32's range becomes infinite, and is then reported as such.
    with np.errstate(over="ignore"):
        rows = np.atleast_2d(rows).astype(np.float32)
    if not np.isfinite(rows).all():
        raise DataError(f"{path}: embeddings must be finite; those of {key} hold NaN or infinity")
    return rows


@contextlib.contextmanager
def _damage_reported(path: str) -> Iterator[None]:
    """Turns whatever a library raises on a damaged file, which may be anything, into one clear line."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: cannot be read as caption embeddings: {reason}") from error


# What .npz and .h5 files hold.
ARRAYS = ("names", "embeddings", "counts")


def _split(arrays: dict[str, np.ndarray]) -> tuple[list[str], list[np.ndarray]]:
    """Returns the names, and the embeddings an image, of arrays `names`, `embeddings` and perhaps `counts`."""
    if not {"names", "embeddings"} <= arrays.keys():
        raise ValueError(
            "it must hold the arrays names (n,) and embeddings (n, c, d), or (m, d) with counts (n,); "
            f"received {_some(sorted(arrays)) or 'nothing'}"
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


def _read_npz(path: str) -> tuple[list[str], list[np.ndarray]]:
    # NumPy takes whatever is no archive for a pickle, and would speak of that.
    if not zipfile.is_zipfile(path):
        raise ValueError("it is no .npz archive, or only the beginning of one")
    with np.load(path, allow_pickle=False) as archive:
        # Read only what is needed: another array may be of any size.
        return _split({name: archive[name] if name in ARRAYS else None for name in archive.files})


def _read_hdf5(path: str) -> tuple[list[str], list[np.ndarray]]:
    datasets: dict[str, h5py.Dataset] = {}
    with h5py.File(path, "r") as file:
        # Visits what is in this file only: links into other files are not followed.
        file.visititems(lambda name, item: datasets.update({name: item} if isinstance(item, h5py.Dataset) else {}))
        if {"names", "embeddings"} <= datasets.keys():
            return _split({name: datasets[name][()] for name in ("names", "embeddings", "counts") if name in datasets})
        return list(datasets), [dataset[()] for dataset in datasets.values()]


def _read_pickle(path: str) -> tuple[list[str], list[np.ndarray]]:
    names_path = os.path.join(os.path.dirname(path), "filenames.pickle")
    if not os.path.exists(names_path):
        raise DataError(f"{path}: the names of the images must be in filenames.pickle beside it; there is none")
    with _damage_reported(names_path):
        names = array_pickle.read(names_path)
    embeddings = array_pickle.read(path)
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{names_path}: must be a list of the names of images; received {type(names).__name__}")
    if isinstance(embeddings, PickledArray):
        return list(names), list(embeddings.array)
    if not isinstance(embeddings, list | tuple) or not all(isinstance(rows, PickledArray) for rows in embeddings):
        raise ValueError(f"it must be a list of arrays of floats; received {type(embeddings).__name__}")
    return list(names), [rows.array for rows in embeddings]


def _read_torch7(path: str) -> tuple[list[str], list[np.ndarray]]:
    root = path if os.path.isdir(path) else os.path.dirname(path)
    files = [path]
    if os.path.isdir(path):
        files = sorted(
            os.path.join(folder, file)
            for folder, _, inside in os.walk(path)
            for file in inside
            if file.lower().endswith(".t7")
        )
    if not files:
        raise DataError(f"{path}: a folder of caption embeddings must hold .t7 files; there is none")
    names: list[str] = []
    embeddings: list[np.ndarray] = []
    for file in files:
        content = torch7.read(file)
        if isinstance(content, np.ndarray):
            names += _names_beside(file, len(content))
            embeddings += _rows_of_tensor(file, content)
        elif isinstance(content, dict) and isinstance(content.get("txt"), np.ndarray):
            image = content.get("img")
            names.append(image if isinstance(image, str) else os.path.relpath(file, root))
            embeddings.append(content["txt"])
        else:
            keys = _some(sorted(map(str, content))) if isinstance(content, dict) else type(content).__name__
            raise DataError(f"{file}: must hold a tensor of embeddings, or a table with one as txt; received {keys}")
    return names, embeddings


def _names_beside(path: str, count: int) -> list[str]:
    names_path = os.path.splitext(path)[0] + ".txt"
    if not os.path.exists(names_path):
        # Not guessed from the order of the images: a wrong guess would train on the captions of other images.
        raise DataError(f"{path}: a tensor says no names; they must be in {names_path}, one a line, in the rows' order")
    with open(names_path, encoding="utf-8") as file:
        names = file.read().split("\n")
    names = [name.strip() for name in names if name.strip()]
    if len(names) != count:
        raise DataError(
            f"{names_path}: must name the {count} images of the tensor beside it; received {len(names)} names"
        )
    return names


def _rows_of_tensor(path: str, tensor: np.ndarray) -> list[np.ndarray]:
    # The files of Reed's text_c10 and word_c10 look the same, but are what embeddings are computed from.
    if tensor.dtype.kind != "f" or tensor.ndim not in (2, 3) or np.array_equal(tensor, np.rint(tensor)):
        raise DataError(
            f"{path}: must be embeddings (n, d, c) or (n, d); received {tensor.shape} {tensor.dtype}"
            f"{' of whole numbers: ids of characters or words?' if tensor.ndim in (2, 3) else ''}"
        )
    return list(tensor if tensor.ndim == 2 else tensor.transpose(0, 2, 1))


_READERS = {
    ".npz": _read_npz,
    ".h5": _read_hdf5,
    ".hdf5": _read_hdf5,
    ".pickle": _read_pickle,
    ".pkl": _read_pickle,
    ".t7": _read_torch7,
}
