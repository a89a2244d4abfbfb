"""Files of more than 8 bits: their pixel values as they are stored, which Pillow would clip or cut."""

import contextlib
import errno
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

from pipelines.examples import DataError
from pipelines.report import printable

Kind = Literal["", "integers", "floats"]
# Pillow keeps the first of a value's two bytes where it decodes 16-bit colors to 8 bits. Read in the other order of
# bytes, it keeps the second.
OTHER_ORDER = {"16B": "16L", "16L": "16B", "16N": "16B"}
# Tags of EXIF and TIFF, and the orientations that turn a picture by a quarter.
IMAGE_WIDTH, IMAGE_LENGTH, ORIENTATION, TURNED = 0x0100, 0x0101, 0x0112, (5, 6, 7, 8)
# Errors of a file that is not there, and of places in a broken one where nothing can be.
OF_FILES = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EINVAL, errno.EOVERFLOW)
DEEP_COLORS = ("RGB;", "RGBA;", "RGBX;")


def is_passing(error: Exception) -> bool:
    """Whether an error while a file was read is none of its content, so that it may be gone the next time: too many
    open files, a network drive that is away, no permission. Pillow's own have no number.
    """
    return isinstance(error, OSError) and error.errno is not None and error.errno not in OF_FILES


def memory_needed(name: str) -> DataError:
    """What is raised where there is no memory to decode a picture, which is not broken."""
    return DataError(f"there must be memory to decode the picture {printable(name)}. Received: too little")


def kind_of(opened: Image.Image) -> Kind:
    """What an opened file holds, by its header: "integers" or "floats" of more than 8 bits; "" for 8 bits or fewer."""
    if opened.mode == "F":
        return "floats"
    if opened.mode == "I" or opened.mode.startswith("I;16") or _deep_colors(opened):
        return "integers"
    return ""


def pixels_of(opened: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """The values of an opened file that has a kind, upright: (h, w) or (h, w, 3), and the opacity.

    Returns:
        Integers or floats as they are stored; and (h, w, 1) float in [0, 1], None for a file without transparency.
    """
    if not _deep_colors(opened):
        return np.asarray(upright(opened)), None
    # Before the pixels are loaded: decoding forgets where they are in the file.
    other = Image.open(opened.filename) if opened.filename else None
    if other is None:
        raise ValueError("16-bit colors can only be read from a file")
    with other:
        other.tile = [tile._replace(args=_in_other_order(tile.args)) for tile in other.tile]
        low = np.asarray(upright(other), np.uint16)
    pixels = np.asarray(upright(opened), np.uint16) * 256 + low
    opacity = pixels[..., 3:] / np.float32(65535.0) if opened.mode == "RGBA" else None
    return pixels[..., :3], opacity


def upright(opened: Image.Image) -> Image.Image:
    """The loaded image, turned as its EXIF orientation says."""
    if opened.format == "TIFF":
        # Pillow maps an uncompressed one into memory at the size that it has when it is turned, and so scrambles it.
        # One without a name is read.
        opened.filename = ""
    opened.load()
    # Broken orientation data is no reason to lose an image that decodes.
    with contextlib.suppress(Exception):
        return ImageOps.exif_transpose(opened)
    return opened


def upright_size(opened: Image.Image) -> tuple[int, int]:
    """(width, height) of an opened file as its EXIF orientation turns it, by its header."""
    width, height = opened.size
    with contextlib.suppress(Exception):
        if opened.format == "TIFF":
            # Of these, Pillow gives the turned size, depending on its version.
            width, height = opened.tag_v2[IMAGE_WIDTH], opened.tag_v2[IMAGE_LENGTH]
        if opened.getexif().get(ORIENTATION) in TURNED:
            width, height = height, width
    return width, height


def _raw_mode(args) -> str:
    return args if isinstance(args, str) else args[0]


def _in_other_order(args):
    mode = _raw_mode(args)
    turned = mode[:-3] + OTHER_ORDER[mode[-3:]]
    return turned if isinstance(args, str) else (turned, *args[1:])


def _deep_colors(opened: Image.Image) -> bool:
    """Whether these are colors of 16 bits each, whose bytes Pillow can be made to give."""
    tiles = getattr(opened, "tile", None) or ()
    modes = [_raw_mode(tile.args) for tile in tiles if tile.args and isinstance(_raw_mode(tile.args), str)]
    return bool(modes) and all(mode.startswith(DEEP_COLORS) and mode[-3:] in OTHER_ORDER for mode in modes)
