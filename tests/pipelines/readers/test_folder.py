import numpy as np
import pytest

from pipelines.examples import DataError
from pipelines.readers import folder as image_folder
from pipelines.readers import records as image_records
from tests.pipelines.files import write_image


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "mine"
    path.mkdir()
    return path


def load(folder, split="train"):
    return image_folder.load(split, 8, str(folder), str(folder.parent / "cache"))


def report(folder, split="train"):
    return "\n".join(image_folder.find(split, str(folder))[0].report)


def write(folder, *names):
    for name in names:
        write_image(folder / name)


def test_images_alone(folder):
    write_image(folder / "b.JPG", "blue")
    write_image(folder / "a.png", "red")
    found = load(folder)
    assert found.names == ("a", "b")
    assert found.images.shape == (2, 8, 8, 3)
    assert found.images[0, 4, 4].tolist() == [255, 0, 0]
    assert found.labels is None
    assert found.class_names == ()
    assert load(folder, "test").names == found.names
    assert "testing uses the training images" in report(folder, "test")


def test_the_folders_at_the_top_are_classes(folder):
    write(folder, "dogs/1.png", "cats/2.png", "cats/kittens/deep/3.png")
    found = load(folder)
    assert found.class_names == ("cats", "dogs")
    assert dict(zip(found.names, found.labels.tolist(), strict=True)) == {
        "dogs/1": 1,
        "cats/2": 0,
        "cats/kittens/deep/3": 0,
    }
    assert found.labels.dtype == np.int32
    assert "2 classes, named after the sub-folders" in report(folder)


@pytest.mark.parametrize("test", ["test", "val"])
def test_folders_of_splits(folder, test):
    write(folder, "train/cat/1.png", "train/dog/2.png", f"{test}/dog/3.png", f"{test}/dog/4.png", "stray.png")
    train, held_out = load(folder), load(folder, "test")
    assert train.names == ("train/cat/1", "train/dog/2")
    assert held_out.names == (f"{test}/dog/3", f"{test}/dog/4")
    # The same classes in both, though the test split has but one of them.
    assert train.class_names == held_out.class_names == ("cat", "dog")
    assert held_out.labels.tolist() == [1, 1]
    assert "skipped 1: image in none of the splits' folders: stray.png" in report(folder)
    assert "uses the training images" not in report(folder, "test")


def test_test_goes_before_val(folder):
    write(folder, "train/1.png", "train/2.png", "test/3.png", "test/4.png", "val/5.png")
    assert load(folder, "test").names == ("test/3", "test/4")
    assert "image in none of the splits' folders: val/5.png" in report(folder, "test")


def test_a_class_that_train_does_not_know_is_skipped(folder):
    write(
        folder, "train/cat/1.png", "train/dog/2.png", "test/cat/3.png", "test/cat/4.png", "test/cow/5.png", "test/6.png"
    )
    assert load(folder, "test").names == ("test/cat/3", "test/cat/4")
    assert "skipped 2: image in no folder of a class of train: test/6.png, test/cow/5.png" in report(folder, "test")


def test_a_folder_train_alone_is_no_class(folder):
    write(folder, "train/cat/1.png", "train/dog/2.png")
    assert load(folder).class_names == load(folder, "test").class_names == ("cat", "dog")


def test_a_class_may_be_called_train(folder):
    write(folder, "train/1.png", "car/2.png")
    assert load(folder).class_names == ("car", "train")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("all/1.png", "all/2.png"), "no classes: 1 sub-folder"),
        (("1.png", "2.png"), "no classes: 0 sub-folder"),
        (
            ("cats/1.png", "dogs/2.png", "stray.png"),
            "no classes: 1 images are outside of the 2 sub-folders, e.g. stray.png",
        ),
    ],
)
def test_what_makes_no_classes(folder, names, reason):
    write(folder, *names)
    found = load(folder)
    assert len(found) == len(names)
    assert found.labels is None
    assert reason in report(folder)


def test_what_is_skipped_is_logged(folder, caplog):
    write(folder, "a.png", "b.png", "b.jpg", "broken.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    with caplog.at_level("INFO", logger="absl"):
        assert load(folder).names == ("a", "b")
    assert "could not be decoded: broken (UnidentifiedImageError" in caplog.text
    assert "whose name differs from another one only in the suffix: b.png" in caplog.text
    assert "too few for a GAN" in caplog.text


def test_the_second_load_decodes_nothing(folder, monkeypatch):
    write(folder, "a.png", "b.png")
    first = load(folder)
    monkeypatch.setattr(image_records, "decode_image", lambda *arguments: pytest.fail("decoded again"))
    np.testing.assert_array_equal(load(folder).images, first.images)


def test_unusable_folders(folder):
    for path in ("", str(folder / "missing")):
        with pytest.raises(DataError, match=f"data_dir must be an existing folder; accepted are .*; got '{path}'"):
            image_folder.load("train", 8, path, "")
    with pytest.raises(DataError, match=r"must hold images; accepted are .*; got none in"):
        load(folder)
    write(folder, "a.png")
    with pytest.raises(DataError, match="at least 2 images of train must be decodable; got 1"):
        load(folder)
    with pytest.raises(DataError, match="'train', 'test', got 'valid'"):
        load(folder, "valid")
