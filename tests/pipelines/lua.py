"""A minimal writer of Torch7's format."""

import struct

import numpy as np


class Lua(bytes):
    """An object that is written already."""


def lua(value, index: int = 1) -> Lua:
    """Writes nil, numbers, strings, booleans and tables; tables get the indices from `index` on."""
    if value is None:
        return Lua(struct.pack("<i", 0))
    if isinstance(value, Lua):
        return value
    if isinstance(value, bool):
        return Lua(struct.pack("<ii", 5, value))
    if isinstance(value, int | float):
        return Lua(struct.pack("<id", 1, value))
    if isinstance(value, str):
        return Lua(struct.pack("<ii", 2, len(value.encode())) + value.encode())
    content = b"".join(lua(key) + lua(item) for key, item in value.items())
    return Lua(struct.pack("<iii", 3, index, len(value)) + content)


def lua_class(name: str, index: int, content: bytes, version: bytes = b"V 1") -> Lua:
    versioned = struct.pack("<i", len(version)) + version if version else b""
    return Lua(struct.pack("<ii", 4, index) + versioned + struct.pack("<i", len(name)) + name.encode() + content)


def lua_tensor(array: np.ndarray, kind: str = "Float", index: int = 100, strides=None, start=1, version=b"V 1") -> Lua:
    """Writes a tensor with its storage, under the indices `index` and `index` + 1."""
    strides = strides or [step // array.itemsize for step in np.ascontiguousarray(array).strides]
    longs = struct.pack(f"<{2 * array.ndim + 1}q", *array.shape, *strides, start)
    storage = lua_class(f"torch.{kind}Storage", index + 1, struct.pack("<q", array.size) + array.tobytes(), version)
    return lua_class(f"torch.{kind}Tensor", index, struct.pack("<i", array.ndim) + longs + storage, version)
