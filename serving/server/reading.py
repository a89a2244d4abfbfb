"""Image files as `--mode=sample` reads them: of any kind that Pillow knows, for models of image to image.

The graph reads JPEG and PNG files alone. Where the run's own files had 8 bits, the server decodes what comes with the
reader of `--mode=sample` and asks the signature of pixels; so it can also tell which of many files is bad.
"""

import io
import pathlib
import tempfile
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from PIL import Image

from pipelines.examples import PLAIN, DataError
from pipelines.images import with_channels
from pipelines.readers.decode import decode_rgb
from pipelines.readers.values import values_of_input
from serving.limits import Limits
from serving.server.errors import ServingError
from serving.server.signature import Signature

NAME = "image_bytes"
# Of all that Pillow reads: none that is a program (EPS), or that opens other files.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "TGA", "AVIF")


class ReadingSignature:
    """A signature of image files that is computed by its twin of pixels.

    Args:
        files: the signature of files.
        pixels: its twin, of `images`.
        limits: of the export.

    Attributes:
        inputs: those of the signature of files.
        outputs: likewise.
    """

    def __init__(self, files: Signature, pixels: Signature, limits: Limits):
        self.name, self.inputs, self.outputs = files.name, files.inputs, files.outputs
        self.pixels, self.limits = pixels, limits
        self.channels = pixels.inputs["images"].shape[-1]

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """As `Signature`; images of one size are computed together."""
        files = inputs[NAME]
        for name, array in inputs.items():
            if array.ndim != 1:
                raise ServingError(400, f"{name} must have the shape (B,). Received: {list(array.shape)}")
            if len(array) != len(files):
                accepted = f"{name} must have as many rows as {NAME}, {len(files)}"
                raise ServingError(400, f"{accepted}. Received: {len(array)}")
        if len(files) > self.limits.rows:
            raise ServingError(400, f"{NAME} must have at most {self.limits.rows} rows. Received: {len(files)}")
        images = [self.read(file, row) for row, file in enumerate(files)]
        found, shapes = np.empty(len(files), object), [image.shape for image in images]
        for shape in dict.fromkeys(shapes):
            rows = [row for row, one in enumerate(shapes) if one == shape]
            others = {name: array[rows] for name, array in inputs.items() if name != NAME}
            made = self.pixels({"images": np.stack([images[row] for row in rows]), **others})["images"]
            for row, image in zip(rows, made, strict=True):
                found[row] = tf.io.encode_png(image).numpy()
        return {"png_bytes": found}

    def read(self, file: bytes, row: int) -> np.ndarray:
        """(h, w, c) uint8; ServingError where it is no picture, or too large."""
        if len(file) > self.limits.file_bytes:
            received = f"{len(file)} in row {row}"
            raise ServingError(
                400, f"{NAME} must have at most {self.limits.file_bytes} bytes each. Received: {received}"
            )
        try:
            with Image.open(io.BytesIO(file), formats=FORMATS) as opened:
                width, height = opened.size
        except Image.DecompressionBombError:
            accepted = f"{NAME} must have sides of 1 to {self.limits.side} pixels"
            raise ServingError(400, f"{accepted}. Received: hundreds of millions of pixels in row {row}") from None
        except Exception:
            # Pillow raises a dozen types.
            kind = "an empty file" if not file else "another kind of file"
            raise ServingError(400, f"{NAME} must be image files. Received: {kind} in row {row}") from None
        if max(width, height) > self.limits.side:
            accepted = f"{NAME} must have sides of 1 to {self.limits.side} pixels"
            raise ServingError(400, f"{accepted}. Received: {width} x {height} in row {row}")
        with tempfile.TemporaryDirectory() as folder:
            # The reader looks at a file twice.
            path = pathlib.Path(folder) / "file"
            path.write_bytes(file)
            try:
                values, _ = values_of_input([str(path)], PLAIN)
                return with_channels(decode_rgb(str(path), values)[np.newaxis], self.channels)[0]
            except DataError:
                accepted = f"{NAME} must be files of 8 bits, or use more than half of 10, 12, 14 or 16"
                raise ServingError(
                    400, f"{accepted}. Received: values of a range that is not known in row {row}"
                ) from None
            except Exception as error:
                reason = " ".join(str(error).replace(str(path), "it").split())[:200]
                raise ServingError(400, f"{NAME} must be whole image files. Received: {reason} in row {row}") from None
