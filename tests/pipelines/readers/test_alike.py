"""What was recorded of a run's files decides in every later mode, whatever files there are then."""

import numpy as np
import pytest
from PIL import Image

from pipelines.examples import DataError, recorded_values
from pipelines.readers import captions, folder, pairs
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


def test_what_was_a_label_map_in_training_is_one_afterwards_and_nothing_else_is(tmp_path):
    numbers = np.kron(np.array([[0, 7], [11, 26]], np.uint8), np.ones((32, 32), np.uint8))
    for name in "ab":
        write(tmp_path / "data" / "A" / f"{name}.png", COLORS)
        write(tmp_path / "data" / "B" / f"{name}.png", numbers)
    trained = recorded_values(load_pairs(tmp_path))
    assert {side: of_side["is_label_map"] for side, of_side in trained.items()} == {"A": False, "B": True}
    # Now both sides look like the other one.
    for name in "ab":
        write(tmp_path / "data" / "A" / f"{name}.png", numbers + 100)
        write(
            tmp_path / "data" / "B" / f"{name}.png", np.kron(DEEP[::4, ::4] // 100 * 3, np.ones((9, 9))).astype("uint8")
        )
    found = load_pairs(tmp_path, recorded=trained)
    assert recorded_values(found) == trained
    # Mixed at the borders of a picture, not so of a map, however many colors that has.
    again = load_pairs(tmp_path, recorded=trained)
    assert len(np.unique(again.b.reshape(-1, 3), axis=0)) <= 64
    assert "A is treated" not in "".join(found.report.assumed)
    assert (
        "B is treated as label maps, as in training, resized without interpolating their colors" in found.report.assumed
    )


def test_numbers_of_labels_are_label_maps_in_an_older_record_that_does_not_say_so(tmp_path):
    for name in "ab":
        for side in "AB":
            write(tmp_path / "data" / side / f"{name}.png", COLORS[..., 0])
    recorded = {"B": {"is_numbered": True}}
    found = recorded_values(load_pairs(tmp_path, recorded=recorded))
    assert (found["A"]["is_label_map"], found["B"]["is_label_map"]) == (False, True)


@pytest.mark.parametrize("load", [folder.load, captions.load])
def test_a_set_without_sides_has_one_range(tmp_path, load):
    for name in "ab":
        write(tmp_path / "data" / f"{name}.png", DEEP)
        (tmp_path / "data" / f"{name}.txt").write_text("a picture")
    with pytest.raises(DataError, match=r"two numbers .* has no sides.* Received: 0,1,0,4000"):
        load("train", 32, str(tmp_path / "data"), str(tmp_path / "cache"), reading=Reading(value_range="0,1,0,4000"))


@pytest.mark.parametrize("value_range", ["0,100,0,50", "0,100"])
def test_it_is_said_that_numbers_of_labels_have_no_range(tmp_path, value_range):
    numbers = np.kron(np.array([[0, 7], [11, 26]], np.uint8), np.ones((32, 32), np.uint8))
    for name in "ab":
        write(tmp_path / "data" / "A" / f"{name}.png", COLORS)
        write(tmp_path / "data" / "B" / f"{name}.png", numbers)
    found = load_pairs(tmp_path, value_range=value_range)
    assert found.values["B"].is_numbered
    assert f"B: --value_range={value_range} is not used for numbers of labels" in found.report.assumed
    assert not any(
        "not used" in line for line in load_pairs(tmp_path, value_range="0,100", label_maps="none").report.assumed
    )
