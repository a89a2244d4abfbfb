"""Decoding one image file of any common kind to uint8 RGB of one size: upright, in the range, the channels, the size.

The size is a side, or (height, width), in pixels.
"""

import numpy as np
from PIL import Image

from pipelines.examples import PLAIN, Values
from pipelines.readers.deep import kind_of, pixels_of, upright, upright_size
from pipelines.readers.values import colors_of, scaled
from pipelines.reading import OWN_SIZE
from pipelines.sizes import Size, height_width

# The crops used in training are at least this share of the size at which images are kept (64 of 76 pixels).
SMALL = 64 / 76


def decode_image(
    path: str,
    load_size: Size,
    half: str = "",
    is_label_map: bool = False,
    resize: str = "squash",
    values: Values = PLAIN,
) -> np.ndarray:
    """Decodes one image file and resizes it.

    EXIF orientation is applied, transparency is composited on white, and gray, palette, CMYK and 16-bit images become
    RGB.

    Args:
        path: the image file.
        load_size: of the result.
        half: "left" or "right", to decode that half of the picture only; "" for all of it.
        is_label_map: whether to resize by the nearest pixel instead of by interpolation.
        resize: what becomes of a picture of another aspect (see `fitted`).
        values: how pixel values of more than 8 bits are read; without a range 16 bits are 0 to 65535.

    Returns:
        (height, width, c) uint8, c being 3 or, as `values` say, 1 (gray).

    Raises:
        Exception: whatever Pillow raises for a file that it cannot decode (many types, by format).
    """
    with Image.open(path) as opened:
        if not is_label_map and resize != OWN_SIZE:
            # A JPEG is decoded at the smallest scale (1/2, 1/4, 1/8) that still leaves the antialiasing below
            # something to average; other formats ignore it. The longer side, as the picture may lie on its side.
            side = 2 * max(height_width(load_size))
            opened.draft("RGB", ((2 if half else 1) * side, side))
        image = _half(_upright_rgb(opened, values), half)
        resampling = Image.Resampling.NEAREST if is_label_map else Image.Resampling.BILINEAR
        return np.atleast_3d(fitted(image, load_size, resize, resampling))


def resize(images: np.ndarray, load_size: Size, how: str = "squash") -> np.ndarray:
    """Resizes pixels like `decode_image`: (n, h, w, c) to (n, height, width, c) uint8, c being 1 or 3.

    The pixels of images that already have that size are unchanged.
    """
    sides = height_width(load_size)
    if images.shape[1:3] == sides:
        return np.ascontiguousarray(images)
    results = np.empty((len(images), *sides, images.shape[3]), np.uint8)
    for image, result in zip(images, results, strict=True):
        picture = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
        result[:] = fitted(picture, sides, how).reshape(result.shape)
    return results


def is_small(path: str, load_size: Size, half: str = "", resize: str = "squash") -> bool:
    """Whether an image file (or the half of it) is smaller than what is cropped from `load_size`: it is enlarged."""
    height, width = height_width(load_size)
    with Image.open(path) as opened:
        across, down = upright_size(opened)
    shorter = ((across // 2 if half else across) < SMALL * width, down < SMALL * height)
    if resize == OWN_SIZE:
        return False
    # Padded, a picture is only enlarged where both of its sides are too short.
    return all(shorter) if resize == "pad" else any(shorter)


def decode_rgb(path: str, values: Values = PLAIN) -> np.ndarray:
    """Decodes one image file at its own size, otherwise like `decode_image`: (h, w, 1 or 3) uint8."""
    with Image.open(path) as opened:
        return np.atleast_3d(np.asarray(_upright_rgb(opened, values), np.uint8))


def decode_precise(path: str, values: Values = PLAIN) -> np.ndarray:
    """Decodes one image file like `decode_rgb`, but one of more than 8 bits to float32 in [0, 255], not rounded."""
    with Image.open(path) as opened:
        if not kind_of(opened) or values.is_numbered:
            return np.atleast_3d(np.asarray(_upright_rgb(opened, values), np.uint8))
        pixels = np.atleast_3d(_tones(opened, values))
    if values.channels == 3:
        return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    # Pillow's weights.
    return pixels if pixels.shape[2] == 1 else pixels @ np.array([[0.299], [0.587], [0.114]], np.float32)


def fitted(
    image: Image.Image,
    size: Size,
    how: str = "squash",
    resampling: Image.Resampling = Image.Resampling.BILINEAR,
) -> np.ndarray:
    """A picture at a size, whatever its aspect is; all three ways are the same where it has the aspect of the size.

    Args:
        image: of any size.
        size: of the result.
        how: squash: its aspect is given up, as in Reed et al.'s code. crop: scaled until the shorter side fits, the
            middle of the longer is kept. pad: scaled until the longer side fits, and its border is repeated on both
            sides of the shorter: a border of one color goes on, and a label map gets no new label. own_size: its own
            pixels, the middle of a larger picture; a smaller one goes on as its mirror image, which looks like one.
        resampling: Pillow's.

    Returns:
        (height, width) uint8 or, of a picture with several channels, (height, width, c).
    """
    height, width = height_width(size)
    # Of the picture, pixels to one of the result.
    across, down = image.width / width, image.height / height
    if how == "crop" and across != down:
        scale = min(across, down)
        left, top = (image.width - scale * width) / 2, (image.height - scale * height) / 2
        box = (left, top, left + scale * width, top + scale * height)
        return np.asarray(image.resize((width, height), resampling, box, reducing_gap=3.0), np.uint8)
    if how == "pad" and across != down:
        scale = max(across, down)
        inside = (max(round(image.width / scale), 1), max(round(image.height / scale), 1))
        pixels = np.asarray(image.resize(inside, resampling, reducing_gap=3.0), np.uint8)
        missing = (height - inside[1], width - inside[0])
        around = [(pixels // 2, pixels - pixels // 2) for pixels in missing]
        return np.pad(pixels, around + [(0, 0)] * (pixels.ndim - 2), mode="edge")
    if how == OWN_SIZE:
        left, top = max((image.width - width) // 2, 0), max((image.height - height) // 2, 0)
        pixels = np.asarray(image, np.uint8)[top : top + height, left : left + width]
        around = [(0, height - pixels.shape[0]), (0, width - pixels.shape[1])] + [(0, 0)] * (pixels.ndim - 2)
        return np.pad(pixels, around, mode="symmetric")
    return np.asarray(image.resize((width, height), resampling, reducing_gap=3.0), np.uint8)


def _half(image: Image.Image, half: str) -> Image.Image:
    """The left or the right half of a picture; "" for all of it."""
    if not half:
        return image
    middle = image.width // 2
    return image.crop((0, 0, middle, image.height) if half == "left" else (middle, 0, *image.size))


def _upright_rgb(opened: Image.Image, values: Values) -> Image.Image:
    if values.is_numbered:
        return Image.fromarray(colors_of(_numbers(opened)))
    if kind_of(opened):
        image = _of_eight_bits(opened, values)
    else:
        image = _to_rgb(upright(opened))
        if values.scales_bytes:
            image = Image.fromarray(np.rint(scaled(np.asarray(image), values)).astype(np.uint8))
    return image.convert("L") if values.channels == 1 else image


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
    return Image.fromarray(np.rint(_tones(opened, values)).astype(np.uint8)).convert("RGB")


def _tones(opened: Image.Image, values: Values) -> np.ndarray:
    """(h, w) or (h, w, 3) float32 in [0, 255] of a file of more bits, on white where it is transparent."""
    pixels, opacity = pixels_of(opened)
    pixels = scaled(pixels, values)
    return pixels if opacity is None else 255.0 + opacity * (pixels - 255.0)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")
