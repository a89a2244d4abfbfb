"""Resizing images whose pixels are at hand, as MNIST's: in memory, or into the cache where they take too much."""

import math
import os
import zlib

import numpy as np

from pipelines import budget
from pipelines.budget import Whole
from pipelines.readers.cache import decode_once
from pipelines.readers.decode import resize
from pipelines.readers.records import sized
from pipelines.sizes import Size, height_width


def resized(images: np.ndarray, load_size: Size, name: str, cache_dir: str = "") -> np.ndarray:
    """Images at a size, as `pipelines.readers.decode.resize` gives them.

    Args:
        images: (n, h, w, c) uint8.
        load_size: of the result, pixels: a side, or (height, width).
        name: of the dataset.
        cache_dir: folder of the cache of what is not held in memory; "" to hold it in any case.

    Returns:
        (n, height, width, c) uint8, in memory or memory-mapped.

    Raises:
        DataError: it is not held in memory, and cannot be written to cache_dir.
    """
    sides = height_width(load_size)
    shape = (len(images), *sides, images.shape[3])
    if not cache_dir or images.shape == shape:
        return resize(images, load_size)
    path = os.path.join(
        cache_dir, f"images-{'x'.join(map(str, shape[1:]))}-{name}-{zlib.crc32(images.tobytes()):08x}.npy"
    )
    whole = Whole(name, sized(f"{len(images):,} images", load_size), {path: math.prod(shape)})
    if budget.current().holds(whole):
        found = budget.current().known(path)
        array = found[0] if found else resize(images, load_size)
        budget.current().keep(path, array, [])
        return array
    one_by_one = ((index, resize(image[np.newaxis], load_size)[0], "") for index, image in enumerate(images))
    return decode_once(one_by_one, shape, path, whole)[0]
