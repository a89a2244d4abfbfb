import os

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipelines.examples import DataError
from pipelines.readers import folder as image_folder
from pipelines.readers import records as image_records
from pipelines.readers.files import SHEET_MARK
from pipelines.reading import Reading
from tests.pipelines.files import write_image


def load(folder, split="train", **reading):
    return image_folder.load(split, 8, str(folder), str(folder.parent / "cache"), Reading(**reading))


def report(folder, **reading):
    return "\n".join(image_folder.find(str(folder), Reading(**reading)).report.lines())


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
    assert "there is no test split: scores and pictures are of the images that were trained on" in report(folder)


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
    assert "classes: 2: cats (2), dogs (1)" in report(folder)


def test_classes_are_in_natural_order(folder):
    write(folder, *(f"{label}/1.png" for label in (10, 2, 0, 1, 11)))
    assert load(folder).class_names == ("0", "1", "2", "10", "11")
    write(folder, *(f"{name}/1.png" for name in ("b 2", "b 10", "a")))
    assert load(folder).class_names == ("0", "1", "2", "10", "11", "a", "b 2", "b 10")


def test_what_this_program_has_written_is_no_data(folder):
    write(folder, "cat/1.png", "dog/2.png", "run/pictures/samples-1.png", "sheet/data.png")
    (folder / "run" / "run.json").write_text("{}")
    text = PngInfo()
    text.add_text("Software", SHEET_MARK)
    Image.new("RGB", (9, 9)).save(folder / "sheet" / "data.png", pnginfo=text)
    assert load(folder).class_names == ("cat", "dog")
    lines = "run/pictures/samples-1.png, run/run.json, sheet/data.png"
    assert f"skipped 3: written by this program: {lines}" in report(folder)


def test_folders_of_systems_are_no_classes(folder):
    write(folder, "cat/1.png", "dog/2.png", "@eaDir/3.png", ".cache/4.png", "__MACOSX/5.png")
    assert load(folder).class_names == ("cat", "dog")
    assert "skipped 3: hidden or a system's folder: .cache/, @eaDir/, __MACOSX/" in report(folder)


def test_a_class_that_cannot_be_decoded_is_refused(folder):
    write(folder, "cat/1.png", "dog/2.png")
    (folder / "fox").mkdir()
    (folder / "fox" / "3.png").write_text("x")
    with pytest.raises(DataError, match=r"each class must have an image that can be decoded. Received: none of fox"):
        load(folder)


def test_loops_of_links_end(folder):
    write(folder, "cat/1.png", "dog/2.png")
    os.symlink("..", folder / "cat" / "up")
    os.symlink("self", folder / "dog" / "self")
    assert load(folder).names == ("cat/1", "dog/2")
    assert "skipped 1: link to a folder that is read elsewhere: cat/up" in report(folder)
    assert "skipped 1: the link leads nowhere: dog/self" in report(folder)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("all/1.png", "all/2.png"), "no classes: there are not two sub-folders"),
        (("1.png", "2.png"), "no classes: there are not two sub-folders"),
        (
            ("cats/1.png", "dogs/2.png", "stray.png"),
            "no classes: 1 images are outside of the 2 sub-folders, such as stray.png",
        ),
    ],
)
def test_what_makes_no_classes(folder, names, reason):
    write(folder, *names)
    found = load(folder)
    assert len(found) == len(names)
    assert found.labels is None
    assert reason in report(folder)


def test_a_folder_around_the_classes_is_none(folder):
    write(folder, "animals/cat/1.png", "animals/dog/2.png")
    assert load(folder).class_names == ("cat", "dog")


def test_every_file_is_used_or_counted(folder, caplog):
    write(folder, "a.png", "b.png", "b.jpg", "b.JPG", "broken.png", "._c.png")
    (folder / "d.jfif").write_bytes((folder / "b.jpg").read_bytes())
    (folder / "photograph").write_bytes((folder / "b.jpg").read_bytes())
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    (folder / "e.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (folder / "notes.txt").write_text("notes")
    os.symlink("/gone/f.png", folder / "f.png")
    with caplog.at_level("INFO", logger="absl"):
        assert load(folder).names == ("a", "b.JPG", "b.jpg", "b.png", "d", "photograph")
    for line in (
        "could not be decoded: broken (UnidentifiedImageError",
        "skipped 2: not a picture that Pillow decodes: e.heic, notes.txt",
        "skipped 1: the link leads nowhere: f.png",
        "skipped 1: hidden file: ._c.png",
        "too few for a GAN",
        "used: train 6, test 0",
    ):
        assert line in caplog.text


@pytest.mark.parametrize("suffix", [".jfif", ".JPEG", ".tif", ".avif", ".webp", ".gif", ".bmp", ".ppm", ".jp2", ".tga"])
def test_a_class_of_whatever_pillow_decodes(folder, suffix):
    write(folder, "cat/1.png", f"dog/2{suffix}", f"dog/3{suffix}")
    found = load(folder)
    assert found.class_names == ("cat", "dog")
    assert found.labels.tolist() == [0, 1, 1]


def test_names_of_other_bytes_stay_apart(folder):
    for letter in (b"\xe8", b"\xe9"):
        write_image(folder / os.fsdecode(b"caf" + letter + b".png"))
    assert load(folder).names == (r"caf\xe8", r"caf\xe9")


def test_the_second_load_decodes_nothing(folder, monkeypatch):
    write(folder, "a.png", "b.png")
    first = load(folder)
    monkeypatch.setattr(image_records, "decode_image", lambda *arguments: pytest.fail("decoded again"))
    np.testing.assert_array_equal(load(folder).images, first.images)


def test_unusable_folders(folder):
    for path in ("", str(folder / "missing")):
        with pytest.raises(DataError, match=f"data_dir must be an existing folder; accepted are .*Received: '{path}'"):
            image_folder.load("train", 8, path, "")
    with pytest.raises(DataError, match=r"must hold images; accepted are .*Received: none in"):
        load(folder)
    write(folder, "a.png")
    with pytest.raises(DataError, match=r"at least 2 images of train must be decodable. Received: 1"):
        load(folder)
    with pytest.raises(DataError, match=r"'train', 'test'. Received: 'valid'"):
        load(folder, "valid")


TABLE = "image_id,animal,age\n1.png,dog,2\n2.png,cat,3\n3.png,dog,2\n4.png,cat,1\n"


def test_classes_in_a_table_beside_a_flat_folder(folder):
    write(folder, *(f"{number}.png" for number in range(1, 6)))
    (folder / "list.csv").write_text(TABLE)
    found = load(folder, class_column="animal")
    assert found.class_names == ("cat", "dog")
    assert dict(zip(found.names, found.labels.tolist(), strict=True)) == {"1": 1, "2": 0, "3": 1, "4": 0}
    lines = report(folder, class_column="animal")
    assert "skipped 1: picture without a class in list.csv: 5.png" in lines
    assert "classes: 2: cat (2), dog (2)" in lines
    assert load(folder).labels is None
    assert "no classes from tables (list.csv has animal, age): --class_column=NAME reads them" in report(folder)
    with pytest.raises(DataError, match="class_column must be a column of a table"):
        load(folder, class_column="species")


def test_a_class_that_only_test_has_is_left_out_and_counted(folder):
    write(folder, *(f"{number}.png" for number in range(1, 7)))
    rows = "1.png,train,a\n2.png,train,b\n3.png,train,\n4.png,test,a\n5.png,test,c\n6.png,test,b\n"
    (folder / "list.csv").write_text(f"file,split,kind\n{rows}")
    found = load(folder, "test", class_column="kind")
    assert found.names == ("4", "6")
    assert found.class_names == ("a", "b")
    lines = report(folder, class_column="kind")
    assert "skipped 1: its class is not in train: 5.png" in lines
    assert "skipped 1: picture without a class in list.csv: 3.png" in lines
