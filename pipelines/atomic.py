"""Atomic writes: a file is written aside and moved into place, so that no reader ever sees half of one."""

import contextlib
import os
import pathlib


@contextlib.contextmanager
def atomic_write(path: pathlib.Path):
    """A temporary path beside `path` (same suffix); moved onto it when the block succeeds, removed when it fails.

    Folders that are missing are created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
