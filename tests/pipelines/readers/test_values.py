"""One range of values for all files: known ones are scaled, unknown ones refused, and the same for both splits."""

import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pipelines.examples import DataError, Record, Values, recorded_values
from pipelines.readers import folder, pairs, unpaired
from pipelines.readers.decode import decode_image, decode_precise, decode_rgb
from pipelines.readers.values import Look, look_at, range_of, scaled, values_of, values_of_input
from pipelines.reading import Reading

# Tones from black to white, as what is in a picture.
TONES = np.linspace(0.0, 1.0, 256).reshape(16, 16)


def write_values(path, values, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path, **options)
    return Record(path.stem, str(path))


def write_deep_colors(path, pixels):
    """A PNG file of (h, w, 3 or 4) uint16, which Pillow cannot write."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[channels], 0, 0, 0)
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    )
    return Record(path.stem, str(path))


def of_bits(bits):
    return np.rint(TONES * (2**bits - 1)).astype(np.uint16)


def load(folder_path, split="train", **reading):
    return folder.load(split, 16, str(folder_path / "data"), str(folder_path / "cache"), reading=Reading(**reading))


def write_two(tmp_path, values, suffix):
    for name in "ab":
        write_values(tmp_path / "data" / f"{name}{suffix}", values)


FLOATS = TONES.astype(np.float32)
KNOWN = {
    "8 bits in 16": (of_bits(8), ".png"),
    "10 bits in 16": (of_bits(10), ".png"),
    "12 bits in 16": (of_bits(12), ".png"),
    "14 bits in 16": (of_bits(14), ".tif"),
    "16 bits": (of_bits(16), ".png"),
    "16 bits, TIFF": (of_bits(16), ".tif"),
    "12 bits in int32": (of_bits(12).astype(np.int32), ".tif"),
    "0 to 1": (FLOATS, ".tif"),
    "-1 to 1": (FLOATS * 2 - 1, ".tif"),
    "0 to 255": (FLOATS * 255, ".tif"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_range_becomes_black_to_white(tmp_path, caplog, name):
    values, suffix = KNOWN[name]
    write_two(tmp_path, values, suffix)
    with caplog.at_level("INFO", logger="absl"):
        images = load(tmp_path).images
    np.testing.assert_allclose(images[0, ..., 0], 255 * TONES, atol=1)
    assert re.search(r"values: -?\d+ to \d+ become black to white.*in 2 files \(a, b\)", caplog.text)


UNKNOWN = {
    "floats up to 4000": (FLOATS * 4000, "floats from 0 to 4000 in 2 files (a, b)"),
    "meters": (FLOATS * 80, "floats from 0 to 80"),
    "Hounsfield units": ((TONES * 4095 - 1024).astype(np.int32), "integers from -1024 to 3071"),
    "millimeters": ((TONES * 5000).astype(np.uint16), "integers from 0 to 5000"),
    "too large": ((TONES * 100_000).astype(np.int32), "integers from 0 to 100000"),
    "hardly anything of 0 to 1": (FLOATS * 0.01, "floats from 0 to 0.01"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_range_is_refused_in_one_line_that_names_the_way_out(tmp_path, name):
    values, found = UNKNOWN[name]
    write_two(tmp_path, values, ".tif")
    with pytest.raises(DataError, match=r"--value_range=LOW,HIGH.* Received: ") as raised:
        load(tmp_path)
    assert found in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_range_that_is_given_is_obeyed_and_what_is_outside_is_clipped(tmp_path, caplog):
    write_two(tmp_path, (TONES * 4000 - 1000).astype(np.int32), ".tif")
    with caplog.at_level("INFO", logger="absl"):
        images = load(tmp_path, value_range="0,2000").images[0, ..., 0]
    np.testing.assert_allclose(images, np.clip((TONES * 4000 - 1000) / 2000 * 255, 0, 255), atol=1)
    assert (images.min(), images.max()) == (0, 255)
    assert "0 to 2000 become black to white, as given: integers from -1000 to 3000" in caplog.text


def test_the_range_that_is_given_is_of_files_of_8_bits_where_there_are_no_others(tmp_path):
    write_two(tmp_path, np.rint(TONES * 100).astype(np.uint8), ".png")
    assert load(tmp_path).images.max() == 100
    np.testing.assert_allclose(load(tmp_path, value_range="0,100").images[0, ..., 0], 255 * TONES, atol=2)


def test_a_deeper_file_is_read_in_the_range_of_the_others_once(tmp_path):
    """A range that was given for files of 8 bits holds for a deeper one that comes later, in every way to read it."""
    tones = np.rint(TONES * 200 + 20)
    records = [
        write_values(tmp_path / "bytes.png", tones.astype(np.uint8)),
        write_values(tmp_path / "deep.png", tones.astype(np.uint16)),
        write_deep_colors(tmp_path / "colors.png", np.stack([tones] * 3, axis=-1).astype(np.uint16)),
        write_values(tmp_path / "floats.tif", tones.astype(np.float32)),
    ]
    for record in records:
        for read in (decode_rgb, decode_precise):
            pixels = read(record.path, Values(50, 200, scales_bytes=True))
            np.testing.assert_allclose(pixels[..., 0], np.clip((tones - 50) / 150 * 255, 0, 255), atol=0.51)


def test_both_splits_have_one_range(tmp_path):
    # The training split alone uses 12 bits.
    write_values(tmp_path / "data" / "train" / "a.png", of_bits(12))
    write_values(tmp_path / "data" / "train" / "b.png", of_bits(12))
    write_values(tmp_path / "data" / "test" / "c.png", of_bits(16))
    write_values(tmp_path / "data" / "test" / "d.png", of_bits(12))
    train, test = load(tmp_path), load(tmp_path, "test")
    assert train.images.max() == 16
    assert test.images.max() == 255
    assert recorded_values(train) == recorded_values(test)
    assert recorded_values(train)[""]["high"] == 65535
    # One file of more bits makes the others nearly black, and that is said.
    lines = "\n".join(train.report.lines())
    assert "3 files use less than a sixteenth of that range and are nearly black: train/a, train/b, test/d" in lines


def test_both_splits_of_a_side_have_one_range(tmp_path):
    for side in "AB":
        write_values(tmp_path / "data" / "train" / side / "a.png", of_bits(12))
        write_values(tmp_path / "data" / "test" / side / "b.png", of_bits(16))
    for loader in (pairs, unpaired):
        found = loader.load("train", 16, str(tmp_path / "data"), str(tmp_path / "cache"))
        assert (found.a.max(), found.b.max()) == (16, 16)


def test_a_file_of_another_kind_than_was_recorded_is_skipped(tmp_path, caplog):
    write_two(tmp_path, of_bits(12), ".png")
    write_values(tmp_path / "data" / "floats.tif", FLOATS)
    with caplog.at_level("INFO", logger="absl"):
        found = load(tmp_path, recorded={"": {"low": 0.0, "high": 4095.0, "kind": "integers"}})
    assert found.names == ("a", "b")
    assert re.search(r"skipped 1: .*floats, where the other files hold integers", caplog.text)


def test_what_was_recorded_is_obeyed_whatever_files_there_are_now(tmp_path):
    write_two(tmp_path, of_bits(16), ".png")
    recorded = {"": {"low": 0.0, "high": 4095.0, "kind": "integers"}}
    images = load(tmp_path, recorded=recorded).images[0, ..., 0]
    np.testing.assert_allclose(images, np.minimum(255, TONES * 65535 / 4095 * 255), atol=1)


def test_each_side_has_its_range(tmp_path):
    for name in "ab":
        write_values(tmp_path / "data" / "A" / f"{name}.png", of_bits(12))
        write_values(tmp_path / "data" / "B" / f"{name}.tif", FLOATS * 2 - 1)
    found = pairs.load("train", 16, str(tmp_path / "data"), str(tmp_path / "cache"))
    np.testing.assert_allclose(found.a[0, ..., 0], 255 * TONES, atol=1)
    np.testing.assert_allclose(found.b[0, ..., 0], 255 * TONES, atol=1)
    assert [(side, read["low"], read["high"]) for side, read in recorded_values(found).items()] == [
        ("A", 0, 4095),
        ("B", -1, 1),
    ]


def test_a_range_can_be_given_for_each_side(tmp_path):
    for side in "AB":
        write_values(tmp_path / "data" / f"train{side}" / "a.tif", FLOATS * 4000)
    given = Reading(value_range="0,4000,0,8000")
    found = unpaired.load("train", 16, str(tmp_path / "data"), str(tmp_path / "cache"), reading=given)
    assert (found.a.max(), found.b.max()) == (255, 128)


def test_a_photograph_is_no_deeper_because_its_depth_is(tmp_path):
    """A range for the side that needs one is none for the other."""
    photograph = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    write_values(tmp_path / "data" / "A" / "a.png", photograph)
    write_values(tmp_path / "data" / "B" / "a.tif", FLOATS * 10)
    given = Reading(value_range="0,10")
    found = pairs.load("train", 16, str(tmp_path / "data"), str(tmp_path / "cache"), reading=given)
    np.testing.assert_array_equal(found.a[0], photograph)
    assert found.b.max() == 255
    # For each side it is.
    given = Reading(value_range="0,510,0,10")
    found = pairs.load("train", 16, str(tmp_path / "data"), str(tmp_path / "cache"), reading=given)
    np.testing.assert_allclose(found.a[0], photograph / 2, atol=1)


def test_files_of_8_bits_beside_deeper_ones_are_read_as_ever(tmp_path, caplog):
    write_values(tmp_path / "data" / "a.png", of_bits(12))
    write_values(tmp_path / "data" / "b.png", of_bits(8).astype(np.uint8))
    with caplog.at_level("INFO", logger="absl"):
        images = load(tmp_path).images
    np.testing.assert_allclose(images[0], images[1], atol=1)
    assert "1 other files have 8 bits and are read as 0 to 255" in caplog.text


def test_floats_beside_integers_are_refused(tmp_path):
    write_values(tmp_path / "data" / "a.png", of_bits(12))
    write_values(tmp_path / "data" / "b.tif", FLOATS)
    with pytest.raises(DataError, match=r"Received: integers from 0 to 4095 in 1 files \(a\) and floats from 0 to 1"):
        load(tmp_path)
    # Also where one range would hold both.
    write_values(tmp_path / "data" / "a.png", of_bits(8).astype(np.uint16))
    write_values(tmp_path / "data" / "b.tif", FLOATS * 255)
    with pytest.raises(DataError, match="Received: integers from 0 to 255 in 1 files"):
        load(tmp_path)
    assert load(tmp_path, value_range="0,255").images.shape[0] == 2


@pytest.mark.parametrize("strange", [np.nan, np.inf])
def test_a_file_with_values_that_are_not_finite_is_skipped_and_counted(tmp_path, caplog, strange):
    write_two(tmp_path, FLOATS, ".tif")
    broken = FLOATS.copy()
    broken[3, 3] = strange
    write_values(tmp_path / "data" / "broken.tif", broken)
    with caplog.at_level("INFO", logger="absl"):
        assert load(tmp_path).names == ("a", "b")
    assert re.search(r"skipped 1: .*broken.*not finite", caplog.text)


@pytest.mark.parametrize("channels", [3, 4])
def test_colors_of_12_bits_are_no_darker_than_gray(tmp_path, channels):
    pixels = np.stack([of_bits(12), of_bits(12).T, of_bits(12)[::-1], np.full((16, 16), 65535, np.uint16)], axis=-1)
    record = write_deep_colors(tmp_path / "colors.png", pixels[..., :channels])
    assert look_at(record.path) == Look("integers", 0.0, 4095.0, is_gray=False)
    decoded = decode_rgb(record.path, Values(0, 4095, "integers"))
    np.testing.assert_allclose(decoded, pixels[..., :3] / 4095 * 255, atol=1)


def test_colors_of_16_bits_are_those_of_8(tmp_path):
    tones = np.random.default_rng(0).integers(0, 256, (16, 16, 4), np.uint8)
    record = write_deep_colors(tmp_path / "deep.png", tones.astype(np.uint16) * 257)
    Image.fromarray(tones).save(tmp_path / "plain.png")
    deep, plain = decode_rgb(record.path), decode_rgb(str(tmp_path / "plain.png"))
    np.testing.assert_allclose(deep, plain, atol=1)


def test_the_first_of_several_pages_is_read_and_that_is_said(tmp_path):
    pages = [Image.fromarray(of_bits(16) // divisor) for divisor in (1, 2, 4)]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    record = Record("pages", str(tmp_path / "pages.tif"))
    _, lines = values_of({"": [record]}, str(tmp_path / "cache"), {"": None}, "folder")
    assert "1 TIFF files have several pages, of which the first is read: pages" in lines
    assert decode_image(record.path, 16)[..., 0].max() == 255


def test_files_of_8_bits_are_not_decoded_to_know_their_range(tmp_path):
    photograph = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    record = write_values(tmp_path / "cut.png", photograph)
    whole = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    assert look_at(record.path) == Look(is_gray=False)
    values, lines = values_of({"": [record]}, str(tmp_path / "cache"), {"": None}, "folder")
    assert (values[""], lines) == (Values(), [])


def test_files_are_looked_at_once(tmp_path, monkeypatch):
    write_two(tmp_path, of_bits(12), ".png")
    first = load(tmp_path)
    monkeypatch.setattr("pipelines.readers.values.look_at", lambda path: pytest.fail("looked at again"))
    assert recorded_values(load(tmp_path)) == recorded_values(first)


def test_what_is_translated_leaves_no_notes(tmp_path, monkeypatch):
    record = write_values(tmp_path / "a.png", of_bits(12))
    monkeypatch.chdir(tmp_path)
    values, _ = values_of_input([record.path], Values(channels=1))
    assert (values.high, values.channels) == (4095, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_file_that_changed_is_looked_at_again(tmp_path):
    write_two(tmp_path, of_bits(12), ".png")
    load(tmp_path)
    write_two(tmp_path, of_bits(10), ".png")
    assert load(tmp_path).images.max() == 255


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        # More than half of what the bits can hold.
        (0, 128, 255),
        (0, 127, None),
        (0, 512, 1023),
        (0, 511, None),
        (0, 2048, 4095),
        (0, 4096, None),
        (0, 8192, 16383),
        (0, 32768, 65535),
        (0, 65536, None),
        (-1, 4000, None),
        (0, 0, None),
    ],
)
def test_bits_are_those_that_the_highest_value_needs_and_uses(low, high, wanted):
    found = range_of([Look("integers", float(low), float(high)), Look("integers", 0.0, 1.0), Look()])
    assert (found and found[2]) == wanted


def test_floats_of_a_range_that_nobody_named_are_not_decoded():
    with pytest.raises(ValueError, match="not known"):
        scaled(FLOATS, Values())
