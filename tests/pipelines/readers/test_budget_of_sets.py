"""Every kind of set obeys the budget of memory: as a whole, with the same pixels, and said before it is decoded."""

import json
import subprocess
import sys

import numpy as np
import pytest

from pipelines import registry
from pipelines.readers import records as image_records
from pipelines.rows import ImageRows
from tests.pipelines.files import write_idx, write_noise, write_text

SIDE = 8
PICTURE = SIDE * SIDE * 3


def noise(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_noise(path, seed, size=12)


def pairs(folder):
    for index in range(6):
        split = "test" if index < 2 else "train"
        for side in "AB":
            noise(folder / split / side / f"{index}.png", index + 10 * (side == "B"))
    return 12 * PICTURE, "6 pairs"


def unpaired(folder):
    for index, name in enumerate(("trainA", "trainA", "trainB", "testA", "testB")):
        noise(folder / name / f"{index}.png", index)
    return 5 * PICTURE, "5 images"


def plain(folder):
    for index in range(5):
        noise(folder / ("train" if index < 3 else "test") / f"{index}.png", index)
    return 5 * PICTURE, "5 images"


def captions(folder):
    for index in range(4):
        noise(folder / f"{index}.png", index)
        write_text(folder / f"{index}.txt", "a bird\n")
    # Both splits are the same images, which count once.
    return 4 * PICTURE, "4 images"


def lookbook(folder):
    for product in range(2):
        for index, clean in enumerate((0, 0, 1)):
            noise(folder / f"PID{product:06}_CLEAN{clean}_IID{index:06}.png", 3 * product + index)
    return 6 * PICTURE, "6 images"


def idx(folder):
    for prefix in ("train", "t10k"):
        write_idx(folder / f"{prefix}-images-idx3-ubyte", np.arange(3 * 25).reshape(3, 5, 5))
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", np.arange(3))
    return 3 * SIDE * SIDE, "3 images"


SETS = {"pairs": pairs, "unpaired": unpaired, "folder": plain, "captions": captions, "lookbook": lookbook, "idx": idx}


def sides_of(examples):
    names = ("images",) if hasattr(examples, "images") else ("a", "b")
    return [getattr(examples, name) for name in names]


def is_mapped(images):
    return isinstance(images.images if isinstance(images, ImageRows) else images, np.memmap)


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_in_memory_up_to_its_last_byte_and_else_mapped_as_a_whole(tmp_path, memory, name, caplog):
    needed, what = SETS[name](tmp_path / "data")
    loaded = {}
    for amount, where in ((needed, "in memory"), (needed - 1, "mapped from disk")):
        memory(f"{amount}b")
        caplog.clear()
        with caplog.at_level("INFO", logger="absl"):
            # A cache of its own, so that each is decoded.
            loaded[where] = [
                registry.load(name, split, SIDE, str(tmp_path / "data"), str(tmp_path / where))
                for split in ("train", "test")
            ]
        (line,) = {line for line in caplog.messages if "--memory is" in line}
        assert line.startswith(f"{name}: {what} of 8 x 8 pixels: ")
        assert f", {where} (" in line
        for examples in loaded[where]:
            assert [is_mapped(images) for images in sides_of(examples)] == [where != "in memory"] * len(
                sides_of(examples)
            )
    for examples, others in zip(*loaded.values(), strict=True):
        assert getattr(examples, "names", None) == getattr(others, "names", None)
        for images, mapped in zip(sides_of(examples), sides_of(others), strict=True):
            np.testing.assert_array_equal(np.asarray(images), np.asarray(mapped))


def test_it_is_said_before_anything_is_decoded(tmp_path, memory, monkeypatch, caplog):
    pairs(tmp_path / "data")
    said = []

    def decode(*_):
        said.append([line for line in caplog.messages if "mapped from disk" in line])
        return np.zeros((SIDE, SIDE, 3), np.uint8)

    monkeypatch.setattr(image_records, "decode_image", decode)
    memory("0b")
    with caplog.at_level("INFO", logger="absl"):
        registry.load("pairs", "train", SIDE, str(tmp_path / "data"), str(tmp_path / "cache"))
    assert len(said[0]) == 1


def test_without_a_test_split_the_images_are_in_memory_once(tmp_path, memory):
    captions(tmp_path / "data")
    memory("1MB")
    train, test = (
        registry.load("captions", split, SIDE, str(tmp_path / "data"), str(tmp_path / "cache"))
        for split in ("train", "test")
    )
    assert train.images is test.images


CHILD = """
import json, resource, sys, types
import numpy as np
import tensorflow as tf
from engine.parts.parts import fingerprint
from pipelines import registry
from pipelines.batches.pairs import paired_batches
from pipelines.budget import Budget, use
from pipelines.examples import PairedImages
from pipelines.holdout import hold_out

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

def steps(examples):
    return [float(tf.reduce_sum(batch["input"])) for batch in paired_batches(examples, config).dataset(0, 3)]

data, cache = sys.argv[1:]
config = types.SimpleNamespace(sides=(256, 256), batch_size=1, seed=0, flip=True, direction="AtoB")
config.channels_a = config.channels_b = 0
nothing = np.zeros((9, 286, 286, 3), np.uint8)
steps(PairedImages(nothing, nothing, tuple("012345678")))
before = peak()
# The one that takes less first, as the highest peak stays.
for memory in ("100MB", "1GiB"):
    use(Budget(memory))
    train, test = (registry.load("pairs", split, 286, data, cache + memory) for split in ("train", "test"))
    kept, held = hold_out(train, 0.1, 0)
    figures = [steps(train), steps(kept), fingerprint(train.a), fingerprint(kept.b), fingerprint(test.a), len(train)]
    print(json.dumps([peak() - before, figures]))
"""


def test_a_set_takes_little_more_than_its_pixels_and_mapped_a_part_of_them(tmp_path):
    """A tenth of what benchmarks/large_sets.py measures: both splits, a part held out, batches, fingerprints."""
    for index in range(4):
        write_noise(tmp_path / f"{index}.png", index, size=16)
    contents = [(tmp_path / f"{index}.png").read_bytes() for index in range(4)]
    for index in range(300):
        for side in "AB":
            path = tmp_path / "data" / side / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents[(index + (side == "B")) % 4])
    pixels = 2 * 300 * 286 * 286 * 3
    command = [sys.executable, "-c", CHILD, str(tmp_path / "data"), str(tmp_path / "cache")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (mapped, batches), (held, others) = map(json.loads, result.stdout.splitlines()[-2:])
    assert mapped < 0.5 * pixels
    assert held < 1.4 * pixels
    # The same batches, of the same images, to the last bit.
    assert batches == others
