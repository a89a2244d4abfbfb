"""Atomic writes: a file is written beside its destination and moved there, so that no reader sees a partial file."""

import contextlib
import os
import pathlib
import secrets
from collections.abc import Iterator


@contextlib.contextmanager
def atomic_write(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A temporary path beside `path` (same suffix); moved onto it when the block succeeds, removed when it fails.

    Missing folders are created.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Random, so that neither threads nor machines that share the folder write to the same file.
    # Not longer than the name itself may be, of which a file system takes 255 bytes.
    stem = os.fsdecode(os.fsencode(path.stem)[:100])
    aside = path.with_name(f".{stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
