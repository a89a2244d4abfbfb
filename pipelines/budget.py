"""How much of its data sets a process holds in memory: one budget for all of them. What does not fit is mapped from
disk, with the same pixels.

It is a matter of the machine: no run records it. Importing this does not import TensorFlow.
"""

import dataclasses
import functools
import os
import re
import shutil
import weakref
from collections.abc import Mapping

import numpy as np
from absl import logging

from pipelines.examples import DataError
from pipelines.memory import available_memory

# A share, as what TensorFlow needs beside the pixels is not known before.
DEFAULT = "50%"
ACCEPTED = "a size such as 4GiB or 500MB, or a share of the memory that is available such as 50%"
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(%|b|[kmgt](?:i?b)?)", re.IGNORECASE)


def amount_of(text: str) -> int | float:
    """Bytes, an integer, or the share of what is available, a float.

    MB are millions of bytes, MiB and M are 1024 times 1024.

    Raises:
        DataError: it is neither.
    """
    match = _AMOUNT.fullmatch(text.strip())
    number, unit = (float(match[1]), match[2].lower()) if match else (0.0, "")
    if not match or (unit == "%" and number > 100):
        raise DataError(f"memory must be {ACCEPTED}. Received: {text}")
    if unit == "%":
        return number / 100
    base = 1000 if len(unit) == 2 else 1024
    return int(number * base ** "bkmgt".index(unit[0]))


def shown_bytes(number: int) -> str:
    """Bytes in words."""
    for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if number >= 1024**power:
            return f"{number / 1024**power:,.1f} {unit}"
    return f"{number} bytes"


@dataclasses.dataclass(frozen=True)
class Whole:
    """All images of a set that a run may hold at once: of both splits, of both sides.

    Attributes:
        name: of the dataset, for messages.
        what: its images, in words.
        arrays: where each array is kept on disk (another name, if that is not known) to its bytes.
    """

    name: str
    what: str
    arrays: Mapping[str, int]

    @property
    def bytes(self) -> int:
        """Of all arrays."""
        return sum(self.arrays.values())


class Budget:
    """Decides of each set whether it is held in memory.

    Args:
        amount: a size or a share (see `amount_of`), of what is available when the first set is loaded.
    """

    def __init__(self, amount: str = DEFAULT):
        self.amount = amount_of(amount)
        self.held = weakref.WeakValueDictionary()
        self.notes: dict[str, list] = {}
        self.decided: dict[tuple[str, int], bool] = {}

    @functools.cached_property
    def bytes(self) -> int:
        """What all sets together may take."""
        return self.amount if isinstance(self.amount, int) else int(self.amount * available_memory())

    def holds(self, whole: Whole) -> bool:
        """Whether a set is held in memory, decided once, and said, before any of it is decoded.

        Raises:
            DataError: it is to be mapped from disk, which has no room for it.
        """
        key = whole.name, whole.bytes
        if key not in self.decided:
            others = sum(array.nbytes for path, array in self.held.items() if path not in whole.arrays)
            fits = whole.bytes + others <= self.bytes
            beside = f", of which other images take {shown_bytes(others)}" if others and not fits else ""
            logging.info(
                "%s%s: %s, %s (--memory is %s%s)",
                f"{whole.name}: " if whole.name else "",
                whole.what,
                shown_bytes(whole.bytes),
                "in memory" if fits else "mapped from disk",
                shown_bytes(self.bytes),
                beside,
            )
            if not fits:
                self.check_disk(whole)
            self.decided[key] = fits
        return self.decided[key]

    def check_disk(self, whole: Whole):
        """DataError if what is not yet on the disk has no room there."""
        missing = {path: size for path, size in whole.arrays.items() if os.path.dirname(path)}
        missing = {path: size for path, size in missing.items() if not os.path.exists(path)}
        folder = os.path.dirname(next(iter(missing), ""))
        if not folder:
            return
        there = os.path.abspath(folder)
        while not os.path.exists(there):
            there = os.path.dirname(there)
        try:
            free = shutil.disk_usage(there).free
        except OSError:
            return
        if sum(missing.values()) > free:
            raise DataError(
                f"{whole.name or 'images'}: {whole.what} do not fit into --memory={shown_bytes(self.bytes)} and must "
                f"be kept on disk, so --cache_dir must have room for {shown_bytes(sum(missing.values()))}. "
                f"Received: {shown_bytes(free)} free in {folder!r}"
            )

    def known(self, path: str) -> tuple[np.ndarray, list] | None:
        """The array of a path and its notes, if it is in memory already: without a test split it is asked for twice."""
        array = self.held.get(path)
        return None if array is None else (array, self.notes[path])

    def keep(self, path: str, array: np.ndarray, notes: list):
        """Counts an array for as long as anything uses it."""
        self.held[path], self.notes[path] = array, notes


_of_process = [Budget()]


def current() -> Budget:
    """The budget of this process."""
    return _of_process[0]


def use(budget: Budget):
    """Makes a budget that of this process."""
    _of_process[0] = budget
