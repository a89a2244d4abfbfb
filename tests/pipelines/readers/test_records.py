import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from pipelines.examples import DataError, Record
from pipelines.readers import records as image_records
from pipelines.readers.decode import decode_image
from pipelines.readers.records import decode_images
from pipelines.reading import Reading
from tests.pipelines.files import write_disc, write_image, write_noise


def records_of(*paths):
    return [Record(path.name, str(path), ("a caption",)) for path in paths]


@pytest.fixture
def no_decoding(monkeypatch):
    def refuse():
        def fail(*_):
            raise AssertionError("decoded although it is cached")

        monkeypatch.setattr(image_records, "decode_image", fail)

    return refuse


def test_broken_files_are_reported_and_skipped_in_order(tmp_path, monkeypatch):
    good, other = write_image(tmp_path / "a.png", "red"), write_image(tmp_path / "e.png", "blue")
    truncated = write_noise(tmp_path / "b.png")
    truncated.write_bytes(truncated.read_bytes()[:2000])
    empty = tmp_path / "c.jpg"
    empty.write_bytes(b"")
    bomb = write_image(tmp_path / "d.png", size=(300, 300))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    missing = tmp_path / "missing.png"
    records = records_of(good, truncated, empty, bomb, missing, other)
    for _ in range(2):  # decoded, then from the cache
        kept, images, skipped = decode_images(records, 8, str(tmp_path / "cache"))
        assert [record.name for record in kept] == ["a.png", "e.png"]
        assert images[:, 0, 0].tolist() == [[255, 0, 0], [0, 0, 255]]
        assert [name for name, _ in skipped] == ["b.png", "c.jpg", "d.png", "missing.png"]
        assert "DecompressionBomb" in skipped[2][1]
        assert str(tmp_path) not in skipped[3][1]


def test_second_run_decodes_nothing(tmp_path, no_decoding):
    records = records_of(*(write_noise(tmp_path / f"{index}.png", index) for index in range(5)))
    _, first, _ = decode_images(records, 8, str(tmp_path / "cache"))
    no_decoding()
    kept, second, _ = decode_images(records, 8, str(tmp_path / "cache"))
    assert kept == records
    np.testing.assert_array_equal(first, second)
    assert len(os.listdir(tmp_path / "cache")) == 2  # no temporary file stays behind


def test_cache_follows_the_files_and_the_size(tmp_path):
    path, cache = write_image(tmp_path / "a.png", "red"), str(tmp_path / "cache")
    decode_images(records_of(path), 8, cache)
    assert decode_images(records_of(path), 4, cache)[1].shape == (1, 4, 4, 3)
    write_image(path, "blue", size=(30, 30))
    assert decode_images(records_of(path), 8, cache)[1][0, 0, 0].tolist() == [0, 0, 255]


def test_the_cache_tells_sizes_and_ways_of_resizing_apart(tmp_path):
    records, cache = records_of(write_disc(tmp_path / "a.png")), str(tmp_path / "cache")
    for size, how in itertools.product((8, (8, 12), (12, 8)), ("squash", "crop", "pad")):
        for _ in range(2):
            _, images, _ = decode_images(records, size, cache, reading=Reading(resize=how))
            np.testing.assert_array_equal(images[0], decode_image(records[0].path, size, resize=how))
    # A square has one name; what does not touch the pixels has none.
    before = sorted(os.listdir(cache))
    assert len(before) == 18
    for size in (8, (8, 8)):
        decode_images(records, size, cache, reading=Reading(splits="none", encoding="gbk"))
    assert sorted(os.listdir(cache)) == before


# Flipped bits are found by a checksum, for which a memory-mapped file would have to be read as a whole: not there.
@pytest.mark.parametrize(
    ("damage", "limit"),
    [
        *((damage, "1GB") for damage in ("cut", "garbage", "flipped", "notes", "shape")),
        *((damage, "0b") for damage in ("cut", "garbage", "notes", "shape")),
    ],
)
def test_a_damaged_cache_is_made_again(tmp_path, damage, limit, memory):
    memory(limit)
    records, cache = records_of(*(write_noise(tmp_path / f"{index}.png", index) for index in range(3))), tmp_path / "c"
    _, first, _ = decode_images(records, 8, str(cache))
    first = np.array(first)
    (array,) = cache.glob("*.npy")
    content = bytearray(array.read_bytes())
    if damage == "cut":
        content = content[:-5]
    elif damage == "garbage":
        content = bytearray(b"not an array")
    elif damage == "flipped":
        content[-1] ^= 255
    elif damage == "notes":
        array.with_suffix(".npy.json").write_text("{")
    array.unlink()  # mapped pages of the first run stay as they were
    array.write_bytes(content)
    if damage == "shape":
        np.save(array, np.zeros((2, 8, 8, 3), np.uint8))
    _, second, _ = decode_images(records, 8, str(cache))
    np.testing.assert_array_equal(first, second)


def test_a_large_set_is_memory_mapped_with_the_same_pixels(tmp_path, no_decoding, memory):
    memory("100b")
    paths = [write_noise(tmp_path / f"{index:02d}.png", index, size=16) for index in range(12)]
    paths[3].write_bytes(b"broken")
    records = records_of(*paths)
    kept, images, _ = decode_images(records, 8, str(tmp_path / "mapped"))
    assert isinstance(images, np.memmap)
    assert images.shape == (11, 8, 8, 3)
    assert len(kept) == 11
    memory("1MB")
    np.testing.assert_array_equal(images, decode_images(records, 8, str(tmp_path / "memory"))[1])
    no_decoding()
    memory("100b")
    assert isinstance(decode_images(records, 8, str(tmp_path / "mapped"))[1], np.memmap)


def test_a_cache_folder_that_cannot_be_written_is_no_obstacle(tmp_path, memory):
    (tmp_path / "file").write_text("not a folder")
    records = records_of(write_image(tmp_path / "a.png", "red"))
    _, images, _ = decode_images(records, 8, str(tmp_path / "file" / "cache"))
    assert images[0, 0, 0].tolist() == [255, 0, 0]
    memory("0b")
    with pytest.raises(DataError, match=r"cache_dir must be a folder that can be written.*Received: '.*file/cache'"):
        decode_images(records, 8, str(tmp_path / "file" / "cache"))


def test_readers_do_not_import_tensorflow():
    names = "pipelines.readers.cub, pipelines.readers.flowers, pipelines.readers.captions"
    code = f"import sys, {names}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_load_size_must_be_positive(tmp_path):
    with pytest.raises(DataError, match="Received: 0"):
        decode_images([], 0, str(tmp_path))


def test_images_that_are_enlarged_are_named(tmp_path, caplog):
    paths = [write_image(tmp_path / f"{name}.png", size=size) for name, size in (("a", (40, 30)), ("b", (40, 10)))]
    with caplog.at_level("INFO", logger="absl"):
        decode_images(records_of(*paths), 20, str(tmp_path / "cache"))
    assert "1 of 2 images are smaller than 17 pixels and are enlarged: b.png" in caplog.text
    caplog.clear()
    # Of a file that holds two pictures, each half counts.
    halves = [Record(side, str(paths[0]), half=side) for side in ("left", "right")]
    with caplog.at_level("INFO", logger="absl"):
        decode_images(halves, 25, str(tmp_path / "cache"))
    assert "2 of 2 images are smaller than 21 pixels" in caplog.text
