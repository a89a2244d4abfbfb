"""Bicubic resizing as MATLAB's imresize does it, by which super-resolution is made and compared.

The kernel is Keys' cubic convolution (1981) with a = -0.5. Where it shrinks, it is stretched by the factor (the low
resolution is antialiased); beyond the border a picture goes on as its mirror image; pixels are rounded at the end.
"""

import functools

import numpy as np

A = -0.5


def cubic(x: np.ndarray) -> np.ndarray:
    """Keys' kernel (1981, equation 4 with a = -0.5), 0 from a distance of 2."""
    x = np.abs(x)
    near = (A + 2) * x**3 - (A + 3) * x**2 + 1
    far = A * (x**3 - 5 * x**2 + 8 * x - 4)
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


@functools.lru_cache(maxsize=16)
def bicubic_matrix(length: int, resized: int) -> np.ndarray:
    """(resized, length) float64: each row the weights of one resized pixel, whose sum is 1.

    Args:
        length: of a side, in pixels.
        resized: of that side of the result.
    """
    scale = resized / length
    stretch = min(scale, 1.0)
    centers = (np.arange(resized) + 0.5) / scale - 0.5
    reach = int(np.ceil(2 / stretch)) + 1
    places = np.floor(centers).astype(int)[:, np.newaxis] + np.arange(-reach, reach + 1)
    weights = cubic(stretch * (centers[:, np.newaxis] - places))
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = places % (2 * length)
    mirrored = np.minimum(mirrored, 2 * length - 1 - mirrored)
    matrix = np.zeros((resized, length))
    np.add.at(matrix, (np.arange(resized)[:, np.newaxis], mirrored), weights)
    return matrix


def bicubic(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """(h, w, c) uint8 to (height, width, c) uint8."""
    rows, columns = bicubic_matrix(image.shape[0], height), bicubic_matrix(image.shape[1], width)
    # Rows, then columns, which end up last: (height, c, width).
    resized = np.tensordot(np.tensordot(rows, image.astype(np.float64), 1), columns, (1, 1)).transpose(0, 2, 1)
    return np.clip(np.rint(resized), 0, 255).astype(np.uint8)
