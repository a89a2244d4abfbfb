"""Feature maps of large pictures: kept in a file, read and written a part at a time, their moments summed up."""

import tempfile
import typing

import numpy as np
import tensorflow as tf


class Region(typing.NamedTuple):
    """A part of a map: rows top, ..., bottom - 1 and columns left, ..., right - 1."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        """Its rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Its columns."""
        return self.right - self.left

    @property
    def rows(self) -> slice:
        """Its rows of an array."""
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        """Its columns of an array."""
        return slice(self.left, self.right)


def tiles(height: int, width: int, area: int) -> list[Region]:
    """The parts of a map, row by row, each of about `area` pixels and as square as the map allows."""
    columns = min(width, max(1, round(area**0.5)))
    rows = min(height, max(1, area // columns))
    # Of equal size, so that the last one is not a sliver.
    columns, rows = (-(-length // -(-length // side)) for length, side in ((width, columns), (height, rows)))
    return [
        Region(top, min(top + rows, height), left, min(left + columns, width))
        for top in range(0, height, rows)
        for left in range(0, width, columns)
    ]


class Moments:
    """Mean and variance of each channel, of parts that are given one after the other (Chan et al. 1979)."""

    def __init__(self):
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    def add(self, part: tf.Tensor):
        """Take (1, h, w, c) floats in."""
        mean, variance = (moment.numpy().astype(np.float64) for moment in tf.nn.moments(part, axes=(0, 1, 2)))
        count = part.shape[1] * part.shape[2]
        total = self.count + count
        shift = mean - self.mean
        self.mean = self.mean + shift * count / total
        self.squares = self.squares + variance * count + shift**2 * self.count * count / total
        self.count = total

    @property
    def variance(self) -> np.ndarray:
        """(c,) the variance of all that was taken in, not corrected for the number of pixels."""
        return self.squares / self.count


class StoredMap:
    """A map of (height, width, channels) float32 in a file without a name, which is gone when the process is."""

    def __init__(self, width: int, channels: int, folder: str | None):
        self.width, self.channels = width, channels
        self.file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115

    def write(self, region: Region, values: np.ndarray):
        """Write (height, width, channels) float32 of a region."""
        for row, line in zip(range(region.top, region.bottom), np.ascontiguousarray(values, np.float32), strict=True):
            self._seek(row, region.left)
            self.file.write(line.data)

    def read(self, region: Region) -> np.ndarray:
        """(height, width, channels) float32 of a region."""
        values = np.empty((region.height, region.width, self.channels), np.float32)
        for row, line in zip(range(region.top, region.bottom), values, strict=True):
            self._seek(row, region.left)
            self.file.readinto(line.data)
        return values

    def close(self):
        """Give the space on disk back."""
        self.file.close()

    def _seek(self, row: int, column: int):
        self.file.seek((row * self.width + column) * self.channels * np.dtype(np.float32).itemsize)
