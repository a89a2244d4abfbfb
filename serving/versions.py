"""Numbered folders, 1, 2, ..., of which only whole ones have a number: TensorFlow Serving loads any that has."""

import contextlib
import fcntl
import os
import pathlib
import shutil
from collections.abc import Iterator


@contextlib.contextmanager
def next_version(folder: pathlib.Path) -> Iterator[tuple[pathlib.Path, pathlib.Path]]:
    """The next version below `folder`: where it is written, and where it lies once the block has succeeded.

    What a block that failed has written is removed. Another process that writes a version here is waited for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        version = 1 + max((int(path.name) for path in folder.iterdir() if path.name.isdigit()), default=0)
        aside, written = folder / f".{version}.unfinished", folder / str(version)
        # Of a process that was killed.
        shutil.rmtree(aside, ignore_errors=True)
        try:
            yield aside, written
            aside.rename(written)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    finally:
        os.close(handle)
