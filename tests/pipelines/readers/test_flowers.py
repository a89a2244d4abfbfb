import os
import pickle

import pytest

from pipelines.examples import DataError
from pipelines.readers import download, flowers
from tests.pipelines.files import write_image, write_text


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(download, "is_reachable", lambda url: False)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    for number, class_number in enumerate((1, 1, 77, 77, 102, 102), start=1):
        write_image(folder / "jpg" / f"image_{number:05d}.jpg")
        write_text(folder / "text_c10" / f"class_{class_number:05d}" / f"image_{number:05d}.txt", "a flower\n" * 10)
    return folder


def load(split, data, tmp_path):
    return flowers.load(split, 8, str(data), str(tmp_path / "cache"))


def test_stand_in_split_has_82_and_20_classes_without_overlap():
    train, test = set(flowers.STAND_IN_TRAIN_CLASSES), set(flowers.STAND_IN_TEST_CLASSES)
    assert (len(train), len(test), len(train | test)) == (82, 20, 102)


def test_class_comes_from_the_caption_folder_and_the_stand_in_is_announced(data, tmp_path, caplog):
    train, test = load("train", data, tmp_path), load("test", data, tmp_path)
    assert train.names == tuple(f"image_{number:05d}" for number in (1, 2, 3, 4))
    assert train.class_names == ("class_00001", "class_00077")
    assert train.labels.tolist() == [0, 0, 1, 1]
    assert test.class_names == ("class_00102",)
    assert "NOT split as published" in caplog.text


@pytest.mark.parametrize("place", [".", "text_c10"])
@pytest.mark.parametrize("lists", [("testclasses.txt",), ("trainvalclasses.txt",)])
def test_published_lists_beside_the_captions_are_used(data, tmp_path, caplog, place, lists):
    unseen = {"class_00077", *(f"class_{number:05d}" for number in range(2, 21))}
    seen = set(flowers.CLASSES) - unseen
    for name in lists:
        write_text(data / place / name, "\n".join(sorted(unseen if name.startswith("test") else seen)) + "\n")
    assert load("train", data, tmp_path).class_names == ("class_00001", "class_00102")
    assert load("test", data, tmp_path).class_names == ("class_00077",)
    assert "of 7,034 train" in flowers.find("train", str(data), "").report.found
    assert "NOT split as published" not in caplog.text


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"testclasses.txt": "class_00103"}, "Received: 'class_00103'"),
        ({"testclasses.txt": "class_00001", "trainvalclasses.txt": "class_00001"}, "must share no class"),
        ({"testclasses.txt": ""}, "Received: 102 and 0"),
    ],
)
def test_unusable_lists_are_refused(data, tmp_path, lists, message):
    for name, text in lists.items():
        write_text(data / name, text)
    with pytest.raises(DataError, match=message):
        load("train", data, tmp_path)


def test_without_files_and_network_one_error(tmp_path):
    with pytest.raises(DataError) as raised:
        load("train", "", tmp_path)
    for part in ("jpg/<image name>.jpg", "102flowers.tgz, 345 MB", "text_c10/<class>", "testclasses.txt", "=birds"):
        assert part in str(raised.value)
    assert "\n" not in str(raised.value)


def write_names(data, split, numbers):
    (data / split).mkdir(parents=True, exist_ok=True)
    names = [f"jpg/image_{number:05d}" for number in numbers]
    (data / split / "filenames.pickle").write_bytes(pickle.dumps(names, protocol=2))


def test_stackgans_lists_of_images_give_the_published_split(data, tmp_path, caplog):
    write_names(data, "train", (1, 2, 5, 6, 8000))
    write_names(data, "test", (3, 4))
    assert load("train", data, tmp_path).class_names == ("class_00001", "class_00102")
    assert load("test", data, tmp_path).class_names == ("class_00077",)
    assert "NOT split as published" not in caplog.text
    # Reed's own lists come first.
    write_text(data / "testclasses.txt", "class_00102")
    assert load("test", data, tmp_path).class_names == ("class_00102",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"a": 1}), "must be a list of names. Received: it holds dict"),
        (pickle.dumps(os.getcwd), "must be a list of names. Received: it asks for (posix|nt).getcwd"),
        (b"\x80", "must be a list of names"),
        (pickle.dumps(["jpg/image_00002"]), "must share no class. Received: both with class_00001"),
    ],
)
def test_wrong_lists_of_images_are_one_line(data, tmp_path, content, message):
    write_names(data, "train", (1,))
    write_names(data, "test", ())
    (data / "test" / "filenames.pickle").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load("train", data, tmp_path)
    assert "\n" not in str(caught.value)
