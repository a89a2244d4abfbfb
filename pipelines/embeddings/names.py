"""Names of images, and which of them mean the same image although one file writes them longer than another."""

import os
from collections.abc import Iterator, Sequence

# Suffixes that are removed from a name. Not everything after a dot, because a name may have no suffix.
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".txt", ".t7", ".npy")


def key_of(name: str) -> str:
    """A name in the form in which names are compared: forward slashes, no suffix."""
    name = "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in SUFFIXES else name


def match(wanted: Sequence[str], available: Sequence[str]) -> dict[str, list[int]]:
    """For each wanted key the rows of `available` that it may mean: none, one, or several where it is ambiguous.

    Where no key is equal, one may be the end of the other at a folder boundary.

    Args:
        wanted: keys (see `key_of`) of images.
        available: unique keys.
    """
    exact = {key: row for row, key in enumerate(available)}
    rows_by_ending: dict[str, list[int]] = {}
    for row, key in enumerate(available):
        for ending in _endings(key):
            rows_by_ending.setdefault(ending, []).append(row)

    def candidates(key: str) -> list[int]:
        if key in exact:
            return [exact[key]]
        return rows_by_ending.get(key) or [exact[ending] for ending in _endings(key) if ending in exact][:1]

    return {key: candidates(key) for key in wanted}


def _endings(key: str) -> Iterator[str]:
    """Yields a key without its first folder, without its first two, and so on."""
    while "/" in key:
        key = key.split("/", 1)[1]
        yield key
