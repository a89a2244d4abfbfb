"""A file is translated as the pixels that training would have seen: one reader for both, at the file's own size."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.readers import unpaired
from pipelines.readers.decode import decode_image, decode_rgb
from pipelines.readers.halves import size_of

# Each kind of file: its suffix, and the mode in which it is saved.
KINDS = [
    *((".png", mode) for mode in ("RGB", "L", "LA", "RGBA", "P", "1", "I;16", "transparent P")),
    *((".jpg", mode) for mode in ("RGB", "L", "CMYK")),
    *((".tif", mode) for mode in ("RGB", "L", "CMYK", "I;16", "RGBA")),
    *((".webp", mode) for mode in ("RGB", "RGBA")),
]


def encoded(kind, size, orientation, seed) -> bytes:
    """A file of noise."""
    suffix, mode = kind
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (size[1], size[0], 4), np.uint8)
    options = {}
    if mode == "I;16":
        image = Image.fromarray(rng.integers(0, 65536, (size[1], size[0]), np.uint16))
    elif mode == "transparent P":
        image, options = Image.fromarray(pixels[..., :3]).convert("P"), {"transparency": 3}
    else:
        image = Image.fromarray(pixels).convert("RGB" if mode == "CMYK" else "RGBA").convert(mode)
    if orientation:
        options["exif"] = Image.Exif()
        options["exif"][0x0112] = orientation
    file = io.BytesIO()
    image.save(file, Image.registered_extensions()[suffix], **options)
    return file.getvalue()


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    orientation=st.integers(0, 8),
    seed=st.integers(0, 9),
)
def test_training_at_a_files_own_size_reads_what_sampling_reads(tmp_path_factory, kind, size, orientation, seed):
    path = tmp_path_factory.getbasetemp() / f"one{kind[0]}"
    path.write_bytes(encoded(kind, size, orientation, seed))
    sampled = decode_rgb(str(path))
    assert sampled.shape == ((*size, 3) if orientation >= 5 else (size[1], size[0], 3))
    np.testing.assert_array_equal(decode_image(str(path), sampled.shape[:2]), sampled)
    assert size_of(str(path)) == (sampled.shape[1], sampled.shape[0])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("suffix", "mode"), [(".png", "RGB"), (".tif", "RGB"), (".tif", "L"), (".tif", "RGBA")])
def test_an_orientation_is_what_a_viewer_shows(tmp_path, orientation, suffix, mode):
    # A viewer shows red at the top left and green beside it; the file has the pixels as the camera lay.
    shown = np.zeros((4, 6, 3), np.uint8)
    shown[0, 0], shown[0, 5], shown[3, 0] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    stored = {
        1: shown,
        2: shown[:, ::-1],
        3: shown[::-1, ::-1],
        4: shown[::-1],
        5: shown.transpose(1, 0, 2),
        6: np.rot90(shown, 1),
        7: np.rot90(shown, 2).transpose(1, 0, 2),
        8: np.rot90(shown, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned{suffix}"
    Image.fromarray(np.ascontiguousarray(stored)).convert(mode).save(path, exif=exif)
    shown = np.asarray(Image.fromarray(shown).convert(mode).convert("RGB"))
    np.testing.assert_array_equal(decode_rgb(str(path)), shown)
    np.testing.assert_array_equal(decode_image(str(path), (4, 6)), shown)


def test_transparency_is_white_and_deep_pictures_keep_their_tones(tmp_path):
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    clear.putpixel((0, 0), (255, 0, 0, 255))
    clear.save(tmp_path / "clear.png")
    pixels = decode_rgb(str(tmp_path / "clear.png"))
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert (pixels[1:] == 255).all()
    Image.fromarray(np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(decode_rgb(str(tmp_path / "deep.png"))[..., 0].ravel(), np.arange(256))


def test_what_training_loads_is_what_sampling_reads(tmp_path):
    kinds = {f"{index:02}{kind[0]}": encoded(kind, (12, 12), index % 9, index) for index, kind in enumerate(KINDS)}
    for side in "AB":
        (tmp_path / f"train{side}").mkdir()
        for name, content in kinds.items():
            (tmp_path / f"train{side}" / name).write_bytes(content)
    examples = unpaired.load("train", 12, str(tmp_path), str(tmp_path / "cache"))
    assert len(examples.names_a) == len(kinds)
    for name, image in zip(kinds, examples.a, strict=True):
        np.testing.assert_array_equal(image, decode_rgb(str(tmp_path / "trainA" / name)))
