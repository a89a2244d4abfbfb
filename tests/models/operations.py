"""Operations of networks in NumPy, of (B, H, W, C) in float64, by their definitions."""

import math

import numpy as np


def relu(x):
    return np.maximum(x, 0.0)


def leaky_relu(x, leak: float = 0.2):
    return np.where(x > 0, x, leak * x)


def upsample(x):
    """Nearest neighbor, to twice the side."""
    return x.repeat(2, axis=1).repeat(2, axis=2)


def blocks_of(x, side: int):
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // side, side, width // side, side, channels)


def average_pool(x, side: int = 2):
    return blocks_of(x, side).mean(axis=(2, 4))


def max_pool(x, side: int = 2):
    return blocks_of(x[:, : x.shape[1] // side * side, : x.shape[2] // side * side], side).max(axis=(2, 4))


def max_pool_1d(x, size: int):
    steps = x.shape[1] // size
    return x[:, : steps * size].reshape(len(x), steps, size, -1).max(axis=2)


def reflect_pad(x, width: int):
    return np.pad(x, [(0, 0), (width, width), (width, width), (0, 0)], "reflect")


def zero_pad(x, width: int = 1):
    return np.pad(x, [(0, 0), (width, width), (width, width), (0, 0)])


def standardized(x, axes: tuple[int, ...], epsilon: float = 1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def instance_normalization(x):
    """Of each channel of each image, without scale and offset."""
    return standardized(x, (1, 2))


def tiled(vector, side: int):
    """(B, C) to (B, side, side, C)."""
    return np.broadcast_to(vector[:, None, None], (len(vector), side, side, vector.shape[1]))


def convolve(x, kernel, strides: int = 1, padding: str = "same"):
    """(B, H, W, C) by (h, w, C, D), with TensorFlow's "same": the odd pixel of padding goes to the end."""
    if padding == "same":
        lacking = [
            max((math.ceil(side / strides) - 1) * strides + size - side, 0)
            for side, size in zip(x.shape[1:3], kernel.shape, strict=False)
        ]
        x = np.pad(x, [(0, 0), *((total // 2, total - total // 2) for total in lacking), (0, 0)])
    rows, columns = ((x.shape[1 + axis] - kernel.shape[axis]) // strides + 1 for axis in (0, 1))
    y = np.zeros((len(x), rows, columns, kernel.shape[3]))
    for i, j in np.ndindex(*kernel.shape[:2]):
        y += (
            x[:, i : i + strides * rows : strides, j : j + strides * columns : strides][:, :rows, :columns]
            @ kernel[i, j]
        )
    return y


def convolve_transposed(x, kernel, strides: int = 2, padding: str = "same"):
    """(B, H, W, C) by (h, w, D, C): each pixel adds multiples of the kernel; "same" crops to strides x side."""
    batch, rows, columns, _ = x.shape
    size = kernel.shape[0]
    y = np.zeros((batch, (rows - 1) * strides + size, (columns - 1) * strides + size, kernel.shape[2]))
    for i, j in np.ndindex(*kernel.shape[:2]):
        y[:, i : i + strides * (rows - 1) + 1 : strides, j : j + strides * (columns - 1) + 1 : strides] += (
            x @ kernel[i, j].T
        )
    if padding == "valid":
        return y
    start = (size - strides) // 2
    return y[:, start : start + rows * strides, start : start + columns * strides]
