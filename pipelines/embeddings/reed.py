"""Embeddings in Torch7 files, in the layouts that Reed et al. (2016) published: a file per image, or per class."""

import os

import numpy as np

from pipelines.embeddings import torch7
from pipelines.embeddings.errors import shown
from pipelines.examples import DataError


def read(path: str) -> tuple[list[str], list[np.ndarray]]:
    """Names of n images, and the embeddings (c, d) or (d,) of each, from a .t7 file or all those below a folder.

    Raises:
        DataError: there is no such file, one is damaged or holds something else, or a tensor comes without names.
    """
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
            embeddings += _split_by_image(file, content)
        elif isinstance(content, dict) and isinstance(content.get("txt"), np.ndarray):
            image = content.get("img")
            names.append(image if isinstance(image, str) else os.path.relpath(file, root))
            embeddings.append(content["txt"])
        else:
            keys = shown(sorted(map(str, content))) if isinstance(content, dict) else type(content).__name__
            raise DataError(f"{file}: must hold a tensor of embeddings, or a table with one as txt; received {keys}")
    return names, embeddings


def _names_beside(path: str, count: int) -> list[str]:
    names_path = os.path.splitext(path)[0] + ".txt"
    if not os.path.exists(names_path):
        # Not guessed from the order of the images: a wrong guess would train on the captions of other images.
        raise DataError(
            f"{path}: a tensor holds no names; they must be in {names_path}, one per line, in the order of the rows"
        )
    with open(names_path, encoding="utf-8") as file:
        names = file.read().split("\n")
    names = [name.strip() for name in names if name.strip()]
    if len(names) != count:
        raise DataError(
            f"{names_path}: must name the {count} images of the tensor beside it; received {len(names)} names"
        )
    return names


def _split_by_image(path: str, tensor: np.ndarray) -> list[np.ndarray]:
    # The files of Reed's text_c10 and word_c10 have the same shape, but hold the inputs of embeddings.
    if tensor.dtype.kind != "f" or tensor.ndim not in (2, 3) or np.array_equal(tensor, np.rint(tensor)):
        raise DataError(
            f"{path}: must be embeddings (n, d, c) or (n, d); received {tensor.shape} {tensor.dtype}"
            f"{' of whole numbers: ids of characters or words?' if tensor.ndim in (2, 3) else ''}"
        )
    return list(tensor if tensor.ndim == 2 else tensor.transpose(0, 2, 1))
