"""Files for TensorBoard's embedding projector: features as points, with labels and thumbnails."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from panels.grids import as_pixels

CONFIG = "projector_config.pbtxt"
SPRITE_SIDE = 8192  # pixels; browsers show no larger one


def projector_contents(
    features: np.ndarray, images: np.ndarray, labels: np.ndarray, class_names: Sequence[str]
) -> dict[str, bytes]:
    """The files of a projector.

    Args:
        features: (n, ...) floats.
        images: (n, s, s, c) in [-1, 1].
        labels: (n,) integers.
        class_names: of the labels 0, 1, ...; generated images may be one more class.

    Returns:
        Name to content: features.tsv, metadata.tsv, sprite.png, and projector_config.pbtxt last.

    Raises:
        ValueError: n differs, or the images are too many and too large for a sprite.
    """
    if not len(features) == len(images) == len(labels):
        raise ValueError(
            "features, images and labels must be of equal length. "
            f"Received: {len(features)}, {len(images)} and {len(labels)}"
        )
    # A tab would start another column, and a line break another point. A single column has no header.
    names = [" ".join(str(class_names[label]).split()) for label in labels]
    rows = io.StringIO()
    np.savetxt(rows, features.reshape(len(features), -1), fmt="%.6g", delimiter="\t")
    height, width = images.shape[1:3]
    return {
        "features.tsv": rows.getvalue().encode(),
        "metadata.tsv": "".join(f"{name}\n" for name in names).encode(),
        "sprite.png": _sprite(images),
        CONFIG: (
            "embeddings {\n"
            '  tensor_name: "discriminator features"\n'
            '  tensor_path: "features.tsv"\n'
            '  metadata_path: "metadata.tsv"\n'
            "  sprite {\n"
            '    image_path: "sprite.png"\n'
            f"    single_image_dim: {width}\n"
            f"    single_image_dim: {height}\n"
            "  }\n"
            "}\n"
        ).encode(),
    }


def _sprite(images: np.ndarray) -> bytes:
    """A PNG file of a square of images, row after row."""
    pixels = as_pixels(images)
    count, height, width, _ = pixels.shape
    side = int(np.ceil(np.sqrt(count)))
    if side * max(height, width) > SPRITE_SIDE:
        raise ValueError(
            f"images must fit in {SPRITE_SIDE} x {SPRITE_SIDE} pixels. Received: {count} of {height} x {width}"
        )
    pixels = np.pad(pixels, ((0, side * side - count), (0, 0), (0, 0), (0, 0)), constant_values=255)
    sprite = pixels.reshape(side, side, height, width, 3).swapaxes(1, 2).reshape(side * height, side * width, 3)
    file = io.BytesIO()
    Image.fromarray(sprite).save(file, "PNG")
    return file.getvalue()
