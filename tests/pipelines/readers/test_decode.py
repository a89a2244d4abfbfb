import numpy as np
import pytest
from PIL import Image

from pipelines.readers.decode import decode_image


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *((mode, ".png") for mode in ("RGB", "L", "1", "P", "I;16")),
        *((mode, ".jpg") for mode in ("RGB", "L", "CMYK", "YCbCr")),
        *((mode, ".tif") for mode in ("RGB", "L", "1", "P", "I;16", "CMYK", "YCbCr")),
    ],
)
def test_every_mode_becomes_rgb_of_the_same_color(tmp_path, mode, suffix):
    # White survives every mode, also black and white; a 16-bit white that was only clipped or shifted would, too,
    # so the test below looks at 16-bit gray.
    image = Image.new("RGB", (20, 10), "white").convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.fromarray(np.full((10, 20), 65535, np.uint16))
    path = tmp_path / f"image{suffix}"
    image.save(path)
    decoded = decode_image(str(path), 8)
    assert decoded.shape == (8, 8, 3)
    assert decoded.dtype == np.uint8
    assert decoded.min() >= 252


def test_sixteen_bit_gray_keeps_its_range(tmp_path):
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((10, 10), 128 * 257, np.uint16)).save(path)
    assert np.all(decode_image(str(path), 4) == 128)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
def test_transparency_is_laid_on_white(tmp_path, mode):
    path = tmp_path / "clear.png"
    if mode == "P":
        Image.new("P", (8, 8), 0).save(path, transparency=0)
    else:
        Image.new("RGBA", (8, 8), (0, 0, 0, 0)).convert("LA" if mode in ("LA", "PA") else mode).save(path)
    assert np.all(decode_image(str(path), 4) == 255)


def test_orientation_is_applied_and_aspect_ratio_given_up(tmp_path):
    left_half_red = Image.new("RGB", (40, 20), "blue")
    left_half_red.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right: left becomes top
    left_half_red.save(tmp_path / "turned.png", exif=exif)
    decoded = decode_image(str(tmp_path / "turned.png"), 8)
    assert decoded[0, 4].tolist() == [255, 0, 0]
    assert decoded[7, 4].tolist() == [0, 0, 255]


def test_a_large_jpeg_is_averaged_not_sampled(tmp_path):
    # One-pixel checks: nearest-neighbor sampling would give black or white, an antialiased one gives gray.
    checks = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    Image.fromarray(checks).save(tmp_path / "checks.jpg", quality=95)
    decoded = decode_image(str(tmp_path / "checks.jpg"), 16)
    assert np.all(np.abs(decoded.astype(int) - 127) < 12)
