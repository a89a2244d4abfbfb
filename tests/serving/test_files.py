"""JPEG and PNG files in a graph, against Pillow."""

import io

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.examples import PLAIN, Values
from pipelines.readers.decode import decode_precise, decode_rgb
from serving.depths import decoded
from serving.files import kinds, sides

FILE = [tf.TensorSpec([], tf.string)]
PIXELS = np.random.default_rng(0).integers(0, 256, (13, 9, 4), np.uint8)
# Some opaque and some clear, where that is a case of its own.
PIXELS[:3, :, 3], PIXELS[3:6, :, 3] = 255, 0
COLORS, GRAYS = Image.fromarray(PIXELS[..., :3]), Image.fromarray(PIXELS[..., 0])
NUMBERS = np.random.default_rng(1).integers(0, 2**16, (13, 9), np.uint16)


def file_of(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned(orientation):
    exif = Image.Exif()
    exif[0x112] = orientation
    return exif


def deep_colors(channels, alpha=None):
    """A PNG file of 16 bits a color, which Pillow does not write."""
    numbers = np.random.default_rng(2).integers(0, 2**16, (13, 9, channels), np.uint16)
    if alpha is not None:
        numbers[..., -1] = alpha
    return tf.io.encode_png(numbers).numpy()


FILES = {
    "colors": file_of(COLORS, "png"),
    "transparent colors": file_of(Image.fromarray(PIXELS), "png"),
    "gray": file_of(GRAYS, "png"),
    "transparent gray": file_of(Image.fromarray(PIXELS[..., [0, 3]], "LA"), "png"),
    "one bit": file_of(GRAYS.convert("1"), "png"),
    "palette": file_of(COLORS.quantize(200), "png"),
    "palette of four bits": file_of(COLORS.quantize(16), "png"),
    "palette of four bits with a clear color": file_of(COLORS.quantize(16), "png", transparency=3),
    "gray with a clear tone": file_of(GRAYS, "png", transparency=int(PIXELS[0, 0, 0])),
    "colors with a clear one": file_of(COLORS, "png", transparency=tuple(map(int, PIXELS[0, 0, :3]))),
    "interlaced": file_of(COLORS, "png", interlace=1),
    "16 bits": file_of(Image.fromarray(NUMBERS), "png"),
    "16-bit colors": deep_colors(3),
    "16-bit colors, transparent": deep_colors(4),
    "16-bit gray, transparent": deep_colors(2),
    "jpeg": file_of(COLORS, "jpeg", quality=90),
    "jpeg, chroma subsampled": file_of(COLORS, "jpeg", subsampling=2),
    "gray jpeg": file_of(GRAYS, "jpeg"),
    "progressive jpeg": file_of(COLORS, "jpeg", progressive=True),
    "cmyk jpeg": file_of(COLORS.convert("CMYK"), "jpeg"),
    "jpeg behind a profile": file_of(COLORS, "jpeg", exif=turned(6), icc_profile=bytes(3000)),
    "broken exif": file_of(COLORS, "jpeg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"),
    "exif that ends early": file_of(COLORS, "jpeg", exif=b"Exif\0\0II*\0\x08\0\0\0\x05"),
    **{f"jpeg, orientation {which}": file_of(COLORS, "jpeg", exif=turned(which)) for which in range(10)},
    **{f"png, orientation {which}": file_of(COLORS, "png", exif=turned(which)) for which in range(1, 9)},
}


@pytest.fixture(scope="module")
def read():
    """A reader for each way of reading, traced once."""
    traced = {}

    def reader(values=PLAIN, channels=3, precise=False):
        key = (values, channels, precise)
        if key not in traced:
            traced[key] = tf.function(
                lambda file: decoded(file, values, channels, precise=precise), input_signature=FILE
            )
        return traced[key]

    return reader


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("channels", [3, 1])
def test_the_pixels_are_those_of_pillow(name, channels, read, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(FILES[name])
    wanted = decode_rgb(str(path), Values(channels=channels))
    found = read(channels=channels)(FILES[name]).numpy()
    assert (found.dtype, found.shape) == (np.uint8, wanted.shape)
    # Some versions of the two libraries mix inks otherwise.
    assert np.abs(found.astype(int) - wanted).max() <= (2 if "cmyk" in name else 0)


@pytest.mark.parametrize("name", ["16 bits", "16-bit colors", "16-bit colors, transparent", "colors", "palette"])
@pytest.mark.parametrize(
    "values", [Values(0, 65535, "integers"), Values(100, 40000, "integers"), Values(0, 65535, "integers", channels=1)]
)
def test_files_of_more_bits_keep_them(name, values, read, tmp_path):
    path = tmp_path / "file.png"
    path.write_bytes(FILES[name])
    wanted = decode_precise(str(path), values).astype(np.float32)
    found = read(values, values.channels, precise=True)(FILES[name]).numpy()
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    assert np.ptp(found) > 100


def test_a_range_that_is_given_holds_for_8_bits(read, tmp_path):
    values = Values(50, 200, scales_bytes=True)
    for name in ("colors", "16 bits", "jpeg"):
        (tmp_path / "file").write_bytes(FILES[name])
        np.testing.assert_array_equal(read(values)(FILES[name]), decode_rgb(str(tmp_path / "file"), values))


@pytest.mark.parametrize("deep", [False, True])
def test_numbers_of_labels_become_their_colors(deep, read, tmp_path):
    values = Values(is_numbered=True)
    numbers = np.arange(117).reshape(13, 9).astype(np.uint16 if deep else np.uint8) * (500 if deep else 2)
    file = file_of(Image.fromarray(numbers), "png")
    (tmp_path / "file.png").write_bytes(file)
    np.testing.assert_array_equal(read(values)(file), decode_rgb(str(tmp_path / "file.png"), values))
    with pytest.raises(tf.errors.InvalidArgumentError, match="image_bytes must hold numbers of labels"):
        read(values)(FILES["colors"])


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["png", "jpeg"]), st.integers(1, 8))
@settings(max_examples=25, deadline=None)
def test_sides_are_those_of_the_header(width, height, kind, orientation):
    file = file_of(Image.new("RGB", (width, height)), kind, exif=turned(orientation))
    # Not turned: a limit on both sides holds for either.
    np.testing.assert_array_equal(sides(tf.constant([file, FILES["gray"]])), [[height, width], [13, 9]])


def test_kinds_are_told_by_the_first_bytes():
    others = {kind: file_of(COLORS, kind) for kind in ("gif", "bmp", "webp", "tiff")}
    files = [FILES["jpeg"], FILES["gray"], *others.values(), b"", b"no picture", b"\xff\xd8", b"\0\0\0 ftypavif"]
    assert [kind.decode() for kind in kinds(tf.constant(files)).numpy()] == [
        "JPEG",
        "PNG",
        "a GIF file",
        "a BMP file",
        "a WebP file",
        "a TIFF file",
        "an empty file",
        "a file of another kind",
        "a file of another kind",
        "an AVIF file",
    ]


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_broken_exif_leaves_a_picture_as_it_lies(content):
    file = file_of(COLORS, "jpeg", exif=b"Exif\0\0" + content)
    found = decoded_as_it_is(tf.constant(file)).numpy()
    assert sorted(found.shape) == [3, 9, 13]


@tf.function(input_signature=FILE)
def decoded_as_it_is(file):
    return decoded(file, PLAIN, 3)
