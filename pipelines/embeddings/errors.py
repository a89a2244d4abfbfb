"""What the readers of all formats share when a file of embeddings cannot be used: one clear line."""

import contextlib
from collections.abc import Iterator, Sequence

from pipelines.examples import DataError


def shown(names: Sequence[str]) -> str:
    """The first five names, for a message."""
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


@contextlib.contextmanager
def damage_reported(path: str) -> Iterator[None]:
    """Turns whatever a library raises on a damaged file, which may be anything, into a DataError of one line."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: cannot be read as caption embeddings: {reason}") from error
