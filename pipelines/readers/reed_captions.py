"""Captions in the Torch7 files of Reed et al.'s second paper (ICML 2016): the letters as numbers, a file an image."""

import os

import numpy as np

from pipelines.embeddings import torch7
from pipelines.examples import DataError
from pipelines.readers.caption_files import clean_caption

# Of both papers' code (data/donkey_folder_txt.lua); the first letter has the number 1, and 0 is no letter.
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:'\"/\\|_@#$%^&*~`+-=<>()[]{} "
_LETTERS = np.array(["", *ALPHABET])


def read_tensors(path: str) -> tuple[str, tuple[str, ...]]:
    """The name of an image, without folders and suffix, and its captions; lower-case, and cut by their authors.

    The file holds a table with `char` (201, captions), the numbers of the letters, and `img`, the path of the image.

    Raises:
        DataError: the file is damaged, or holds something else.
    """
    content = torch7.read(path)
    letters = content.get("char") if isinstance(content, dict) else None
    if (
        not isinstance(letters, np.ndarray)
        or letters.ndim != 2
        or not np.array_equal(letters, np.clip(np.rint(letters), 0, len(ALPHABET)))
    ):
        received = f"{letters.shape} {letters.dtype}" if isinstance(letters, np.ndarray) else "none"
        raise DataError(
            f"{path}: must be a table with char (letters, captions), numbers from 0 to {len(ALPHABET)}. "
            f"Received: {received}"
        )
    image = content.get("img")
    name = image if isinstance(image, str) and image else os.path.basename(path)
    stem = os.path.splitext(os.path.basename(name.replace("\\", "/")))[0]
    captions = (clean_caption("".join(_LETTERS[column])) for column in letters.astype(np.int64).T)
    return stem, tuple(filter(None, captions))
