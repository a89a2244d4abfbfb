"""Named sets: found in a folder, unpacked from an archive that lies there, or asked for in one line."""

import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from pipelines.examples import DataError
from pipelines.readers import download, lookbook, published
from pipelines.registry import DATASETS, load
from tests.pipelines.files import write_image


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(download, "is_reachable", lambda url: False)


def write_pair(path, left, right, side=10):
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = [np.full((side, side, 3), color, np.uint8) for color in (left, right)]
    Image.fromarray(np.concatenate(halves, 1)).save(path)


@pytest.mark.parametrize("below", ["", "facades"])
def test_a_folder_of_the_user(tmp_path, below, caplog):
    rng = np.random.default_rng(0)
    photograph, labels = rng.integers(0, 256, (20, 20, 3)), rng.integers(0, 256, (20, 20, 3))
    path = tmp_path / below / "train" / "1.png"
    path.parent.mkdir(parents=True)
    Image.fromarray(np.concatenate([photograph, labels], 1).astype(np.uint8)).save(path)
    write_pair(tmp_path / below / "val" / "2.png", 3, 4)
    with caplog.at_level("INFO", logger="absl"):
        found = load("facades", "train", 10, str(tmp_path), str(tmp_path / "cache"))
    assert "B is treated as label maps" in caplog.text
    colors = {tuple(pixel) for pixel in labels.reshape(-1, 3)}
    # However many colors they have: none is mixed.
    assert {tuple(pixel) for pixel in found.b.reshape(-1, 3)} <= colors
    assert load("facades", "test", 10, str(tmp_path), str(tmp_path / "cache")).names == ("2",)


def test_an_archive_that_lies_there_is_unpacked(tmp_path, caplog):
    write_pair(tmp_path / "source" / "facades" / "train" / "1.png", 1, 2)
    (tmp_path / "given").mkdir()
    with tarfile.open(tmp_path / "given" / "facades.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "source" / "facades", "facades")
    found = load("facades", "train", 8, str(tmp_path / "given"), str(tmp_path / "cache"))
    assert found.names == ("1",)
    assert "There is no published checksum of facades.tar.gz" in caplog.text
    # Then it is found without the archive.
    assert load("facades", "train", 8, "", str(tmp_path / "cache")).names == ("1",)


def test_an_archive_with_another_checksum_is_refused(tmp_path):
    write_image(tmp_path / "x.png")
    with zipfile.ZipFile(tmp_path / "horse2zebra.zip", "w") as archive:
        archive.write(tmp_path / "x.png", "horse2zebra/trainA/x.png")
    with pytest.raises(DataError, match="could not download and unpack horse2zebra"):
        load("horse2zebra", "train", 8, str(tmp_path), str(tmp_path / "cache"))
    assert not (tmp_path / "cache" / "horse2zebra" / "horse2zebra").exists()


@pytest.mark.parametrize("name", [*published.PAIRS, *published.UNPAIRED])
def test_without_files_and_network_one_line_says_what_goes_where(tmp_path, name):
    with pytest.raises(DataError) as caught:
        load(name, "train", 8, "", str(tmp_path))
    message = str(caught.value)
    assert "\n" not in message
    for part in (f"{name}: no network", "train", str(tmp_path / name), "--data_dir", f"datasets/{name}", "MB"):
        assert part in message
    with pytest.raises(DataError, match="data_dir must be an existing folder"):
        load(name, "train", 8, str(tmp_path / "nowhere"), str(tmp_path))


def test_unpaired_sets_are_read_from_their_folders(tmp_path):
    for name in ("trainA/1", "trainB/2", "testA/3", "testB/4"):
        write_image(tmp_path / "monet2photo" / f"{name}.jpg")
    found = load("monet2photo", "train", 8, str(tmp_path), str(tmp_path / "cache"))
    assert (found.names_a, found.names_b) == (("trainA/1",), ("trainB/2",))


def test_the_names_are_in_the_registry():
    assert {*published.PAIRS, *published.UNPAIRED} == {
        name
        for name, entry in DATASETS.items()
        if entry.loader.startswith("pipelines.readers.published.") and entry.options
    }


def test_lookbook(tmp_path, caplog):
    # Forty products, each with a picture of its own and one to three people in it.
    for product in range(40):
        write_image(tmp_path / f"PID{product:06}_CLEAN1_IID{product:06}.jpg", (product,) * 3)
        for person in range(1 + product % 3):
            write_image(
                tmp_path / f"PID{product:06}_CLEAN0_IID{100 + product + 40 * person:06}.jpg", (100 + product,) * 3
            )
    write_image(tmp_path / "PID000099_CLEAN1_IID000099.jpg")
    write_image(tmp_path / "cover.jpg")
    with caplog.at_level("INFO", logger="absl"):
        train, test = (lookbook.load(split, 8, str(tmp_path), str(tmp_path / "cache")) for split in ("train", "test"))
    assert len(np.unique(train.labels)) == 38
    assert len(np.unique(test.labels)) == 2
    assert train.report.used == {"train": len(train), "test": len(test)}
    assert test.report.used == {"test": len(test)}
    for examples, first in ((train, 0), (test, 38)):
        np.testing.assert_allclose(examples.b[:, 0, 0, 0], first + examples.labels, atol=1)
        np.testing.assert_allclose(examples.a[:, 0, 0, 0], 100 + first + examples.labels, atol=1)
    assert "not named PID..._CLEAN..._IID...: cover.jpg" in caplog.text
    with pytest.raises(DataError, match="must be the folder of PID"):
        lookbook.load("train", 8, "", str(tmp_path / "cache"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="there must be a garment"):
        lookbook.load("train", 8, str(tmp_path / "empty"), str(tmp_path / "cache"))
