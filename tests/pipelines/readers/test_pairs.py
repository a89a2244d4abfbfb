import numpy as np
import pytest
from PIL import Image

from pipelines.examples import DataError
from pipelines.readers import pairs
from pipelines.reading import Reading
from tests.pipelines.files import write_image, write_noise, write_text


def write_pair(path, left, right, side=10):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate([np.full((side, side, 3), color, np.uint8) for color in (left, right)], 1)).save(
        path
    )


def load(folder, split="train", size=8, **reading):
    return pairs.load(split, size, str(folder / "data"), str(folder / "cache"), reading=Reading(**reading))


def test_side_by_side(tmp_path):
    for index in range(3):
        write_pair(tmp_path / "data" / "train" / f"{index}.png", 10 * index, 100 + 10 * index)
    write_pair(tmp_path / "data" / "val" / "x.png", 1, 2)
    found = load(tmp_path)
    assert found.names == ("0", "1", "2")
    assert found.a.shape == found.b.shape == (3, 8, 8, 3)
    assert found.a[:, 0, 0, 0].tolist() == [0, 10, 20]
    assert found.b[:, 7, 0, 0].tolist() == [100, 110, 120]
    # val stands in for test where there is no test.
    assert load(tmp_path, "test").names == ("x",)
    write_pair(tmp_path / "data" / "test" / "y.png", 1, 2)
    assert load(tmp_path, "test").names == ("y",)


@pytest.mark.parametrize("split_folders", [True, False])
def test_parallel_folders_are_matched_by_name(tmp_path, caplog, split_folders):
    inside = "train" if split_folders else "."
    for name, color in (("one", 10), ("deep/two", 20), ("alone", 30)):
        write_image(tmp_path / "data" / "A" / inside / f"{name}.png", (color,) * 3)
    for name, color in (("deep/two", 120), ("one", 110), ("other", 130)):
        write_image(tmp_path / "data" / "B" / inside / f"{name}.jpg", (color,) * 3)
    with caplog.at_level("INFO", logger="absl"):
        found = load(tmp_path)
    assert found.names == ("deep/two", "one")
    assert found.a[:, 0, 0, 0].tolist() == [20, 10]
    np.testing.assert_allclose(found.b[:, 0, 0, 0], [120, 110], atol=1)
    text = caplog.text
    assert "used: train 2, test 0" in text
    assert "the sides are folders: A is a, B is b" in text
    where = "train/" if split_folders else ""
    assert f"A without a B of the same name: A/{where}alone.png" in text
    assert f"B without a A of the same name: B/{where}other.jpg" in text


def test_label_maps_are_resized_without_interpolating_their_colors(tmp_path, caplog):
    rng = np.random.default_rng(0)
    for index in range(2):
        labels = np.kron(rng.integers(0, 2, (3, 3, 1)), np.ones((10, 10, 1), int))
        labels = labels.astype(np.uint8) * np.array([200, 100, 50], np.uint8)
        photograph = rng.integers(0, 256, (30, 30, 3)).astype(np.uint8)
        (tmp_path / "data" / "train").mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.concatenate([photograph, labels], 1)).save(tmp_path / "data" / "train" / f"{index}.png")
    with caplog.at_level("INFO", logger="absl"):
        found = load(tmp_path, size=13)
    assert {tuple(pixel) for pixel in found.b.reshape(-1, 3).tolist()} == {(0, 0, 0), (200, 100, 50)}
    assert len(np.unique(found.a.reshape(-1, 3), axis=0)) > 100
    assert "B is treated as label maps" in caplog.text
    assert "A is treated as label maps" not in caplog.text


def test_one_side_that_cannot_be_decoded_leaves_the_pair_out(tmp_path, caplog):
    for name in ("good", "bad"):
        for side in "AB":
            folder = tmp_path / "data" / side
            folder.mkdir(parents=True, exist_ok=True)
            write_noise(folder / f"{name}.png", size=12)
    write_text(tmp_path / "data" / "B" / "bad.png", "no picture")
    with caplog.at_level("INFO", logger="absl"):
        found = load(tmp_path)
    assert found.names == ("good",)
    assert "skipped 1: B could not be decoded: bad" in caplog.text
    assert "skipped 1: A whose B could not be decoded: bad" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "must be an existing folder"),
        ([], "at least one pair"),
        (["train/x.txt"], "at least one pair"),
        (["val/x.png"], "no folder of training images"),
        (["A/x.png", "B/y.png"], "at least one pair"),
        (["train/x.png"], "at least one pair must be decodable"),
    ],
)
def test_what_holds_no_pairs_is_one_line(tmp_path, content, message):
    if content is not None:
        (tmp_path / "data").mkdir()
        for name in content:
            write_text(tmp_path / "data" / name, "no picture")
    with pytest.raises(DataError, match=message) as raised:
        load(tmp_path)
    assert "\n" not in str(raised.value)
