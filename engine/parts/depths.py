"""Files that are translated with the channels and the bits of the run's own: read and written in its ranges."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from pipelines.atomic import atomic_write
from pipelines.examples import PLAIN, Values
from pipelines.images import with_channels
from pipelines.readers.decode import decode_precise, decode_rgb
from pipelines.readers.values import MOST_16_BITS, fits_16_bits, numbers_of, range_in_png, values_of_input

TIFF = (".tif", ".tiff")
# Beside the pictures of a page that a browser would not show, or show as black.
PREVIEW = "preview"


class Depths:
    """How the pictures of one direction are read and written.

    Args:
        given: how the pixel values of the side that is translated were read in training.
        made: the same of the side that it is translated to.
        channels: of the pictures that the model takes, and of those that it makes.
    """

    def __init__(self, given: Values = PLAIN, made: Values = PLAIN, channels: tuple[int, int] = (3, 3)):
        self.given, self.made, self.channels = given, made, channels

    @property
    def is_deep(self) -> bool:
        """Whether translations have more than 8 bits, as the files had that the model was trained on."""
        return bool(self.made.kind)

    def look_at(self, paths: Sequence[str]) -> list[str]:
        """Find out how these files are read; what is assumed. DataError if that is unknown."""
        self.given, lines = values_of_input(paths, self.given)
        # Of one channel they are TIFF files.
        if self.is_deep and self.channels[1] == 3 and not fits_16_bits(self.made):
            numbers = f"0 is {self.made.low:g} and {MOST_16_BITS} is {self.made.high:g}"
            return [*lines, f"translations: in these PNG files of 16 bits {numbers}"]
        return lines

    def read(self, path: str) -> np.ndarray:
        """(h, w, c) as the model takes it: uint8, or float32 in [0, 255] for translations of more than 8 bits."""
        pixels = decode_precise(path, self.given).astype(np.float32) if self.is_deep else decode_rgb(path, self.given)
        return with_channels(pixels[np.newaxis], self.channels[0])[0]

    def name(self, output: str, source: str) -> str:
        """Of the translation of a file, which is called a.png: a.tif if PNG cannot hold it, or if it is deep and comes
        from a TIFF file. (Pillow writes no colors of more than 8 bits into TIFF files.)
        """
        may_be_tiff = self.is_deep and self.channels[1] == 1
        to_tiff = may_be_tiff and (source.lower().endswith(TIFF) or not fits_16_bits(self.made))
        return f"{output.removesuffix('.png')}.tif" if to_tiff else output

    def write(self, path: pathlib.Path, picture: np.ndarray):
        """Write a translation, with the numbers that the run's own files have; colors that no file can hold are scaled
        to those of 16 bits (`range_in_png`).
        """
        with atomic_write(path) as aside:
            if path.suffix == ".tif":
                Image.fromarray(self.stored(picture)[..., 0]).save(aside, format="TIFF")
            else:
                aside.write_bytes(tf.io.encode_png(self.in_png(picture) if self.is_deep else picture).numpy())

    def in_png(self, picture: np.ndarray) -> np.ndarray:
        """(h, w, c) float32 in [0, 255] to uint16."""
        return np.rint(numbers_of(picture.astype(np.float64), *range_in_png(self.made))).astype(np.uint16)

    def stored(self, picture: np.ndarray) -> np.ndarray:
        """(h, w, c) float32 in [0, 255] to the numbers that TIFF files have: uint16, int32 or float32."""
        values = numbers_of(picture.astype(np.float64), self.made.low, self.made.high)
        if self.made.kind != "integers":
            return values.astype(np.float32)
        return np.rint(values).astype(np.uint16 if fits_16_bits(self.made) else np.int32)

    def shown(
        self, folder: pathlib.Path, files: Mapping[str, str], pictures: Mapping[str, np.ndarray]
    ) -> Mapping[str, str]:
        """The files that a page shows: themselves, or previews of 8 bits of those that have more.

        Args:
            folder: of the page.
            files: label to path below it.
            pictures: label to (h, w, c), uint8 or float32 in [0, 255].
        """
        if not self.is_deep and not self.given.kind:
            return files
        previews = {label: f"{PREVIEW}/{path}.png" for label, path in files.items()}
        for label, picture in pictures.items():
            with atomic_write(folder / previews[label]) as aside:
                aside.write_bytes(tf.io.encode_png(np.rint(picture).astype(np.uint8)).numpy())
        return previews
