"""Reads pickles of plain arrays, also in lists and with strings, without running any code in them."""

import os
import pickle

import numpy as np


class _PickledDtype:
    """Stands for `numpy.dtype` in a pickle; only floating point is accepted."""

    def __init__(self, code, align=False, copy=False):
        if code not in ("f2", "f4", "f8"):
            raise pickle.UnpicklingError(f"it holds an array of type {code!r}; accepted are f2, f4 and f8")
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


# Everything that a pickle of embeddings may refer to, each replaced by a stand-in that only makes arrays.
_PICKLE_GLOBALS = {
    ("numpy.core.multiarray", "_reconstruct"): lambda subtype, shape, code: PickledArray(),
    ("numpy.core.numeric", "_frombuffer"): _array_of_bytes,
    ("numpy", "ndarray"): PickledArray,
    ("numpy", "dtype"): _PickledDtype,
    ("_codecs", "encode"): lambda text, encoding: text.encode("latin1"),
}


class _ArrayUnpickler(pickle.Unpickler):
    """Reads lists, strings and arrays of floats, and refuses anything else that a pickle refers to."""

    def find_class(self, module, name):
        try:
            return _PICKLE_GLOBALS[module.replace("numpy._core", "numpy.core"), name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}; accepted are plain arrays of floats, and nothing of a file is run"
            ) from None


def read(path: str | os.PathLike) -> object:
    """Returns the contents of a pickle of any protocol, also from Python 2: lists, strings, `PickledArray`s.

    Raises:
        pickle.UnpicklingError: it refers to anything but arrays of floats; other exceptions if it is damaged.
    """
    with open(path, "rb") as file:
        return _ArrayUnpickler(file, encoding="latin1").load()
