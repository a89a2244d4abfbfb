"""CelebA as people have it, drawn here: the place of each photograph's pixels is in its colors."""

import numpy as np
import pytest
from PIL import Image

from pipelines.examples import DataError
from pipelines.readers import celeba
from pipelines.reading import Reading
from pipelines.registry import load
from tests.pipelines.files import write_text

SMILES = [1, -1, -1, 1, -1, 1]
PARTITION = [0, 0, 0, 1, 2, 2]


def write_photographs(folder, size=(178, 218), count=6, suffix="png"):
    """Rows in red, columns in green, the number in blue."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, columns = np.mgrid[: size[1], : size[0]]
    for number in range(1, count + 1):
        pixels = np.stack([rows, columns, np.full_like(rows, number)], axis=2).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:06}.{suffix}")


def write_lists(folder, style="txt", suffix="jpg"):
    rows = [(f"{number:06}.{suffix}", smile) for number, smile in enumerate(SMILES, 1)]
    splits = [f"{number:06}.{suffix}" for number in range(1, 7)]
    if style == "txt":
        write_text(folder / "list_attr_celeba.txt", "6\nBald Smiling\n" + "".join(f"{n}  1 {s:2}\n" for n, s in rows))
        text = "".join(f"{name} {part}\n" for name, part in zip(splits, PARTITION, strict=True))
    else:
        text = "image_id,Bald,Smiling\n" + "".join(f"{name},1,{smile}\n" for name, smile in rows)
        write_text(folder / "list_attr_celeba.csv", text)
        text = "image_id,partition\n" + "".join(f"{n},{p}\n" for n, p in zip(splits, PARTITION, strict=True))
    write_text(folder / f"list_eval_partition.{style}", text)


def read(folder, split="train", side=108, column=""):
    reading = Reading(class_column=column)
    return load("celeb_a", split, side, str(folder), str(folder.parent / "cache"), reading)


@pytest.mark.parametrize(
    ("photographs", "lists", "style", "named"),
    [
        ("img_align_celeba", "", "txt", ""),
        ("img_align_celeba/img_align_celeba", "", "csv", ""),
        ("img_align_celeba", "", "txt", "img_align_celeba"),
        ("img_align_celeba/img_align_celeba", "", "csv", "img_align_celeba"),
        ("img_align_celeba/img_align_celeba", "", "csv", "img_align_celeba/img_align_celeba"),
        ("celeba/img_align_celeba", "celeba", "txt", ""),
        ("celeb_a/celeba/img_align_celeba", "celeb_a/celeba", "txt", ""),
        ("Img/img_align_celeba_png", "Anno", "txt", ""),
        ("img_align_celeba", "img_align_celeba", "csv", ""),
        ("", "", "csv", ""),
    ],
)
def test_photographs_and_lists_are_found(tmp_path, photographs, lists, style, named):
    data = tmp_path / "data"
    write_photographs(data / photographs)
    write_lists(data / lists, style)
    train, test = (read(data / named, split, column="Smiling") for split in ("train", "test"))
    assert train.images[:, 0, 0, 2].tolist() == [1, 2, 3]
    assert test.images[:, 0, 0, 2].tolist() == [5, 6]
    assert train.class_names == test.class_names == ("not Smiling", "Smiling")
    assert train.report.classes == test.report.classes == {"not Smiling": 2, "Smiling": 1}
    assert train.report.used == test.report.used == {"train": 3, "test": 2}
    assert train.labels.tolist() == [1, 0, 0]
    assert test.labels.tolist() == [0, 1]


def test_the_square_in_the_middle_is_cut_out(tmp_path):
    write_photographs(tmp_path / "data" / "img_align_celeba")
    found = read(tmp_path / "data")
    assert len(found) == 6
    assert found.labels is None
    # Rows 55 to 162 and columns 35 to 142.
    assert found.images[0, 0, 0].tolist() == [55, 35, 1]
    assert found.images[5, -1, -1].tolist() == [162, 142, 6]


@pytest.mark.parametrize(
    ("size", "corner", "side"), [((89, 109), (27, 17), 54), ((64, 64), (0, 0), 64), ((60, 100), (20, 0), 60)]
)
def test_smaller_photographs_are_cut_in_proportion_and_it_is_said(tmp_path, size, corner, side, caplog):
    caplog.set_level("INFO", logger="absl")
    write_photographs(tmp_path / "data" / "img_align_celeba", size)
    found = read(tmp_path / "data", side=side)
    assert found.images[0, 0, 0, :2].tolist() == list(corner)
    assert found.images[0, -1, -1, :2].tolist() == [part + side - 1 for part in corner]
    width, height = size
    assert (
        f"photographs of {width} x {height} pixels, not the aligned ones' 178 x 218: the {side} x {side}" in caplog.text
    )


def test_what_is_left_out_is_counted(tmp_path, caplog):
    caplog.set_level("INFO", logger="absl")
    data = tmp_path / "data"
    write_photographs(data / "img_align_celeba", count=8)
    (data / "img_align_celeba" / "000002.png").write_bytes(b"no picture")
    write_lists(data)
    found = read(data, column="smiling")
    assert [name[-6:] for name in found.names] == ["000001", "000003"]
    assert found.labels.tolist() == [1, 0]
    for line in (
        "used: train 2, test 2",
        "skipped 1: for validation, which is not used: img_align_celeba/000004.png",
        "skipped 2: in no split of the list: img_align_celeba/000007.png, img_align_celeba/000008.png",
        "skipped 2: picture without a class in list_attr_celeba.txt: img_align_celeba/000007.png",
        "skipped 1: the image could not be decoded: img_align_celeba/000002.png (UnidentifiedImageError",
        "classes: 2: not Smiling (1), Smiling (1)",
    ):
        assert line in caplog.text
    # Found again in the cache, with the same rows.
    again = read(data, column="smiling")
    np.testing.assert_array_equal(again.images, found.images)
    assert again.names == found.names


def test_without_a_list_of_the_splits_there_is_no_test_split(tmp_path, caplog):
    caplog.set_level("INFO", logger="absl")
    write_photographs(tmp_path / "data" / "img_align_celeba")
    write_lists(tmp_path / "data")
    (tmp_path / "data" / "list_eval_partition.txt").unlink()
    assert len(read(tmp_path / "data")) == 6
    assert "there is no list of the splits: all are trained on" in caplog.text
    assert "list_attr_celeba.txt has Bald, Smiling): --class_column=NAME reads them" in caplog.text
    with pytest.raises(DataError, match=r"must be named by list_eval_partition.txt"):
        read(tmp_path / "data", "test")


def test_another_attribute_is_refused_with_what_there_is(tmp_path):
    write_photographs(tmp_path / "data" / "img_align_celeba")
    write_lists(tmp_path / "data")
    with pytest.raises(DataError, match=r"list_attr_celeba.txt: .*Bald, Smiling.*Received: Frowning"):
        read(tmp_path / "data", column="Frowning")
    with pytest.raises(DataError, match=r"class_column=Bald must name at least two classes.*: Bald"):
        read(tmp_path / "data", column="Bald")


@pytest.mark.parametrize("names", [["portrait.jpg"], []])
def test_other_pictures_are_not_taken_for_celeba(tmp_path, names):
    for name in names:
        Image.new("RGB", (178, 218)).save(tmp_path / name)
    assert celeba.find(str(tmp_path)) is None
    assert celeba.find(str(tmp_path / "nowhere")) is None


def test_both_forms_of_the_list_of_splits_are_one(tmp_path):
    write_photographs(tmp_path / "data/img_align_celeba")
    for style in ("txt", "csv"):
        write_lists(tmp_path / "data", style)
    found = read(tmp_path / "data", "test", 8)
    assert len(found) == 2
    assert found.report.used == {"train": 3, "test": 2}
