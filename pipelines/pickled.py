"""Reads pickles of plain arrays, also in lists and dicts and with strings, without running any code in them."""

import os
import pickle
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

FLOATS = ("f2", "f4", "f8")
INTEGERS = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8")


class _PickledDtype:
    """Stands for `numpy.dtype` in a pickle; only some types of numbers are accepted."""

    def __init__(self, accepted, code, align=False, copy=False):
        if code not in accepted:
            raise pickle.UnpicklingError(f"it holds an array of type {code!r}; accepted are {', '.join(accepted)}")
        self.code, self.byte_order = code, "="

    def __setstate__(self, state):
        self.byte_order = state[1]


class PickledArray:
    """Stands for `numpy.ndarray` in a pickle; its `array` is one. NumPy's own could be made to read foreign memory."""

    array: np.ndarray

    def __setstate__(self, state):
        # (version, shape, dtype, is_fortran, raw); the oldest files have no version. Raw is str from Python 2.
        *_, shape, dtype, is_fortran, raw = state
        raw = raw.encode("latin1") if isinstance(raw, str) else raw
        self.array = _array_of_bytes(raw, dtype, shape, "F" if is_fortran else "C").array


def _array_of_bytes(raw, dtype, shape, order, axis_order=None) -> PickledArray:
    """Stands for `numpy._core.numeric._frombuffer`, which pickles of protocol 5 call."""
    flat = np.frombuffer(raw, np.dtype(dtype.code).newbyteorder(dtype.byte_order))
    result = PickledArray()
    result.array = flat.reshape(shape, order="C" if order == "K" else order)
    if order == "K":
        result.array = result.array.transpose(axis_order)
    return result


def _number(dtype, raw):
    """Stands for `numpy._core.multiarray.scalar`."""
    raw = raw.encode("latin1") if isinstance(raw, str) else raw
    (number,) = _array_of_bytes(raw, dtype, (1,), "C").array
    return number.item()


# Everything that a pickle may refer to, each replaced by a stand-in that only makes arrays.
_PICKLE_GLOBALS = {
    ("numpy.core.multiarray", "_reconstruct"): lambda subtype, shape, code: PickledArray(),
    ("numpy.core.multiarray", "scalar"): _number,
    ("numpy.core.numeric", "_frombuffer"): _array_of_bytes,
    ("numpy", "ndarray"): PickledArray,
    ("_codecs", "encode"): lambda text, encoding: text.encode("latin1"),
}


class _ArrayUnpickler(pickle.Unpickler):
    """Reads lists, strings, dicts and arrays of numbers, and refuses anything else that a pickle refers to."""

    def __init__(self, file, accepted):
        super().__init__(file, encoding="latin1")
        self.accepted = accepted

    def find_class(self, module, name):
        if (module, name) == ("numpy", "dtype"):
            return lambda *arguments: _PickledDtype(self.accepted, *arguments)
        try:
            return _PICKLE_GLOBALS[module.replace("numpy._core", "numpy.core"), name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}; accepted are plain arrays of numbers, and nothing of a file is run"
            ) from None


def read(path: str | os.PathLike, accepted: Sequence[str] = FLOATS) -> object:
    """Returns the contents of a pickle of any protocol, also from Python 2: lists, dicts, strings, `PickledArray`s.

    Args:
        path: the file.
        accepted: types of arrays, NumPy's codes.

    Raises:
        pickle.UnpicklingError: it refers to anything but such arrays; other exceptions if it is damaged.
    """
    with open(path, "rb") as file:
        return load(file, accepted)


def load(file: BinaryIO, accepted: Sequence[str] = FLOATS) -> object:
    """Returns the contents of an open pickle, see `read`."""
    return _ArrayUnpickler(file, accepted).load()
