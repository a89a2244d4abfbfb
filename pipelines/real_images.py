"""Real images as a model makes such; beside `pipelines.rows`, which readers import and which needs no TensorFlow."""

from collections.abc import Sequence

import numpy as np

from pipelines.images import center_crop, with_channels
from pipelines.rows import ImageRows, image_rows, of_names, release
from pipelines.sizes import Size, height_width


class RealImages:
    """(n, h, w, c) uint8: many images as a model makes such, their middle with its channels; a lazy view.

    The first axis takes a slice or an array of integers.

    Args:
        images: (n, H, W, 1 or 3) uint8, as they are kept.
        names: of the images.
        size: of the middle, in pixels.
        channels: 1 or 3.
    """

    def __init__(self, images: np.ndarray | ImageRows, names: Sequence[str], size: Size, channels: int):
        self.images, self.names, self.size, self.channels = images, names, size, channels
        self.shape, self.dtype = (len(images), *height_width(size), channels), images.dtype

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        found = np.asarray(with_channels(center_crop(np.asarray(self.images[rows]), self.size), self.channels))
        release(self.images)
        return found

    def take(self, rows: np.ndarray) -> "RealImages":
        """Some of them, in the order of `rows`."""
        return RealImages(image_rows(self.images, rows), of_names(self.names, rows), self.size, self.channels)
