"""Reads files written by Torch7's `torch.save` (binary, little-endian), without Torch and without running any code.

The format is defined by torch7's File.lua and Tensor.c: a type number, then the value; tables, tensors and storages
have an index by which later references name them.
"""

import math
import os
import struct

import numpy as np

from pipelines.examples import DataError

_NIL, _NUMBER, _STRING, _TABLE, _TORCH, _BOOLEAN = range(6)
_FUNCTIONS = (6, 7, 8)

_NUMBER_TYPES = {
    "Byte": "u1",
    "Char": "i1",
    "Short": "<i2",
    "Int": "<i4",
    "Long": "<i8",
    "Float": "<f4",
    "Double": "<f8",
}
_STORAGES = {f"torch.{name}Storage": np.dtype(code) for name, code in _NUMBER_TYPES.items()}
_TENSORS = {f"torch.{name}Tensor": np.dtype(code) for name, code in _NUMBER_TYPES.items()}

# Deeper than any data file nests its tables, shallower than Python's stack.
_MAX_DEPTH = 100
_MAX_DIMENSIONS = 16


def read(path: str | os.PathLike) -> object:
    """Reads the one object in a .t7 file.

    Args:
        path: the file.

    Returns:
        nil as None, a number as float, a boolean as bool, a string as str (bytes outside UTF-8 as surrogate escapes,
        as in the names of files), a table as dict (its array part has the keys 1.0, 2.0, ...), a tensor as a read-only
        array of the same type and shape, a storage as an array (n,). Two references to one object give the same object.

    Raises:
        DataError: the file is damaged, written in ASCII mode, or holds a function or another Torch class.
        OSError: the file cannot be opened.
    """
    with open(path, "rb") as file:
        return _Reader(file.read(), os.fspath(path)).read_object(depth=0)


class _Reader:
    """A position in the bytes of a file, and the objects read before it."""

    def __init__(self, data: bytes, path: str):
        self._data = data
        self._path = path
        self._position = 0
        self._objects = {}

    def read_object(self, depth: int) -> object:
        if depth > _MAX_DEPTH:
            self._fail(f"its tables nest deeper than {_MAX_DEPTH}")
        kind = self._read_int()
        if kind == _NIL:
            return None
        if kind == _NUMBER:
            return struct.unpack("<d", self._take(8))[0]
        if kind == _BOOLEAN:
            return self._read_int() == 1
        if kind == _STRING:
            return self._read_string()
        if kind in _FUNCTIONS:
            self._fail("it holds a function, and functions of a file are never run")
        if kind not in (_TABLE, _TORCH):
            self._fail(f"unknown type {kind} at byte {self._position - 4}")
        index = self._read_int()
        if index not in self._objects:
            if kind == _TABLE:
                self._read_table(index, depth)
            else:
                self._objects[index] = self._read_torch_object(depth)
        return self._objects[index]

    def _read_table(self, index: int, depth: int) -> None:
        # Registered before its content is read, because a table may contain itself.
        table = self._objects[index] = {}
        for _ in range(self._read_count()):
            key = self.read_object(depth + 1)
            if not isinstance(key, str | float | bool):
                self._fail("a key of a table is neither a string, a number nor a boolean")
            table[key] = self.read_object(depth + 1)

    def _read_torch_object(self, depth: int) -> np.ndarray:
        class_name = self._read_string()
        # Files from before Torch's versioning start with the name.
        if class_name.startswith("V "):
            class_name = self._read_string()
        if class_name in _STORAGES:
            dtype = _STORAGES[class_name]
            count = self._read_long()
            if count < 0:
                self._fail(f"a storage of {count} elements")
            return np.frombuffer(self._take(count * dtype.itemsize), dtype)
        if class_name in _TENSORS:
            return self._read_tensor(_TENSORS[class_name], depth)
        return self._fail(f"it holds an object of class {class_name!r}")

    def _read_tensor(self, dtype: np.dtype, depth: int) -> np.ndarray:
        dimensions = self._read_count()
        if dimensions > _MAX_DIMENSIONS:
            self._fail(f"a tensor of {dimensions} dimensions")
        shape = [self._read_long() for _ in range(dimensions)]
        strides = [self._read_long() for _ in range(dimensions)]
        # Counted from 1, as everything in Lua.
        start = self._read_long() - 1
        storage = self.read_object(depth + 1)
        if dimensions == 0 or storage is None:
            return np.zeros((0,), dtype)
        if not isinstance(storage, np.ndarray) or storage.ndim != 1 or storage.dtype != dtype:
            self._fail("a tensor without a storage of its type")
        # A damaged shape must neither read beyond the storage nor fill the memory. Torch has no dimension of size 0.
        if min(shape) < 1 or min(strides) < 0 or start < 0 or math.prod(shape) > storage.size:
            self._fail(f"a tensor of shape {shape} on a storage of {storage.size} elements")
        last = start + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
        if last >= storage.size:
            self._fail(f"a tensor of shape {shape} beyond the end of its storage of {storage.size} elements")
        # The stride along an axis of one element is never used, and may be anything.
        steps = [stride * dtype.itemsize if size > 1 else 0 for size, stride in zip(shape, strides, strict=True)]
        return np.lib.stride_tricks.as_strided(storage[start:], shape, steps, writeable=False)

    def _read_string(self) -> str:
        return self._take(self._read_count()).decode("utf-8", "surrogateescape")

    def _read_count(self) -> int:
        count = self._read_int()
        if count < 0:
            self._fail(f"a negative length at byte {self._position - 4}")
        return count

    def _read_int(self) -> int:
        return struct.unpack("<i", self._take(4))[0]

    def _read_long(self) -> int:
        return struct.unpack("<q", self._take(8))[0]

    def _take(self, count: int) -> bytes:
        if count > len(self._data) - self._position:
            self._fail(f"it ends at byte {len(self._data)}, in the middle of a value")
        self._position += count
        return self._data[self._position - count : self._position]

    def _fail(self, reason: str) -> None:
        raise DataError(
            f"{self._path}: must be numbers, strings, tables and CPU tensors saved by Torch7 in binary mode, "
            f"but {reason}"
        )
