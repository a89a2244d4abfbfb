"""What was recorded of a run's files decides in every later mode, whatever files there are then."""

import numpy as np
import pytest
from PIL import Image

from pipelines.examples import recorded_values
from pipelines.readers import folder, pairs
from pipelines.reading import Reading

COLORS = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
DEEP = np.kron(np.linspace(0, 4095, 64).reshape(8, 8), np.ones((4, 4))).astype(np.uint16)


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def load_pairs(tmp_path, **reading):
    return pairs.load("train", 32, str(tmp_path / "data"), str(tmp_path / "cache"), reading=Reading(**reading))


@pytest.mark.parametrize("pixels", [DEEP, (DEEP // 16).astype(np.uint8)])
def test_a_run_of_plain_files_takes_no_range_and_no_channels_of_files_that_come_later(tmp_path, pixels):
    for name in "ab":
        for side in "AB":
            write(tmp_path / "data" / side / f"{name}.png", pixels)
    # In training they would be gray, of 12 bits.
    assert load_pairs(tmp_path).a.shape[-1] == 1
    found = load_pairs(tmp_path, recorded={})
    assert found.a.shape[-1] == found.b.shape[-1] == 3
    assert found.a.max() == (255 if pixels.dtype == np.uint8 else 16)


def test_a_run_of_plain_files_without_sides_takes_no_range_of_files_that_come_later(tmp_path):
    for name in "ab":
        write(tmp_path / "data" / f"{name}.tif", DEEP.astype(np.int32) - 1024)
    # Of an unknown range, which is refused in training, and skipped afterwards.
    write(tmp_path / "data" / "c.png", COLORS)
    write(tmp_path / "data" / "d.png", COLORS)
    found = folder.load("train", 32, str(tmp_path / "data"), str(tmp_path / "cache"), reading=Reading(recorded={}))
    assert found.names == ("c", "d")
    assert recorded_values(found) == {}
