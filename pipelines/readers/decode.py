"""Decoding one image file of any common kind to square uint8 RGB."""

import numpy as np
from PIL import Image

from pipelines.examples import PLAIN, Values
from pipelines.readers.deep import kind_of, pixels_of, upright
from pipelines.readers.values import colors_of, scaled

# The crops used in training are at least this share of the size at which images are kept (64 of 76 pixels).
SMALL = 64 / 76


def decode_image(
    path: str, load_size: int, half: str = "", is_label_map: bool = False, values: Values = PLAIN
) -> np.ndarray:
    """Decodes one image file and resizes it to a square; the aspect ratio is not kept, as in Reed et al.'s code.

    EXIF orientation is applied, transparency is composited on white, and gray, palette, CMYK and 16-bit images become
    RGB.

    Args:
        path: the image file.
        load_size: side of the result in pixels.
        half: "left" or "right", to decode that half of the picture only; "" for all of it.
        is_label_map: whether to resize by the nearest pixel instead of by interpolation.
        values: how pixel values of more than 8 bits are read; without a range 16 bits are 0 to 65535.

    Returns:
        (load_size, load_size, 3) uint8.

    Raises:
        Exception: whatever Pillow raises for a file that it cannot decode (many types, by format).
    """
    with Image.open(path) as opened:
        if not is_label_map:
            # A JPEG is decoded at the smallest scale (1/2, 1/4, 1/8) that still leaves the antialiasing below
            # something to average; other formats ignore it.
            opened.draft("RGB", ((4 if half else 2) * load_size, 2 * load_size))
        image = _upright_rgb(opened, values)
        if half:
            middle = image.width // 2
            image = image.crop((0, 0, middle, image.height) if half == "left" else (middle, 0, *image.size))
        return _resized(image, load_size, Image.Resampling.NEAREST if is_label_map else Image.Resampling.BILINEAR)


def resize(images: np.ndarray, load_size: int) -> np.ndarray:
    """Resizes pixels like `decode_image`: (n, h, w, c) to (n, load_size, load_size, c) uint8, c being 1 or 3.

    The pixels of images that already have that size are unchanged.
    """
    if images.shape[1:3] == (load_size, load_size):
        return np.ascontiguousarray(images)
    results = np.empty((len(images), load_size, load_size, images.shape[3]), np.uint8)
    for image, result in zip(images, results, strict=True):
        picture = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
        result[:] = _resized(picture, load_size).reshape(result.shape)
    return results


def is_small(path: str, load_size: int, half: str = "") -> bool:
    """Whether an image file (or the half of it) is smaller than what is cropped from `load_size` pixels."""
    with Image.open(path) as opened:
        return min(opened.width // 2 if half else opened.width, opened.height) < SMALL * load_size


def decode_rgb(path: str, values: Values = PLAIN) -> np.ndarray:
    """Decodes one image file at its own size, otherwise like `decode_image`: (h, w, 3) uint8."""
    with Image.open(path) as opened:
        return np.asarray(_upright_rgb(opened, values), np.uint8)


def _resized(
    image: Image.Image, load_size: int, resampling: Image.Resampling = Image.Resampling.BILINEAR
) -> np.ndarray:
    size = (load_size, load_size)
    return np.asarray(image.resize(size, resampling, reducing_gap=3.0), np.uint8)


def _upright_rgb(opened: Image.Image, values: Values) -> Image.Image:
    if values.is_numbered:
        return Image.fromarray(colors_of(_numbers(opened)))
    image = _of_eight_bits(opened, values) if kind_of(opened) else _to_rgb(upright(opened))
    if values.scales_bytes:
        image = Image.fromarray(np.rint(scaled(np.asarray(image), values)).astype(np.uint8))
    return image


def _numbers(opened: Image.Image) -> np.ndarray:
    """(h, w) the numbers that a gray file holds."""
    pixels = pixels_of(opened)[0] if kind_of(opened) else np.asarray(_to_rgb(upright(opened)))
    if pixels.ndim == 2:
        return pixels
    if (pixels != pixels[..., :1]).any():
        raise ValueError("colors, where other files hold numbers of labels")
    return pixels[..., 0]


def _of_eight_bits(opened: Image.Image, values: Values) -> Image.Image:
    """A file of more bits, where Pillow would clip or cut: its range becomes black to white."""
    pixels, opacity = pixels_of(opened)
    pixels = scaled(pixels, values)
    if opacity is not None:
        pixels = 255.0 + opacity * (pixels - 255.0)
    return Image.fromarray(np.rint(pixels).astype(np.uint8)).convert("RGB")


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")
