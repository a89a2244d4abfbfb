"""Numbered folders, 1, 2, ..., of which only whole ones have a number: TensorFlow Serving loads any that has."""

import contextlib
import pathlib
import shutil
from collections.abc import Iterator


@contextlib.contextmanager
def next_version(folder: pathlib.Path) -> Iterator[tuple[pathlib.Path, pathlib.Path]]:
    """The next version below `folder`: where it is written, and where it lies once the block has succeeded.

    What a block that failed has written is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    version = 1 + max((int(path.name) for path in folder.iterdir() if path.name.isdigit()), default=0)
    aside, written = folder / f".{version}.unfinished", folder / str(version)
    shutil.rmtree(aside, ignore_errors=True)
    try:
        yield aside, written
        aside.rename(written)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
