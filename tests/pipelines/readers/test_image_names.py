"""Which image a name in a table means."""

import pytest

from pipelines.readers.image_names import split_word
from tests.pipelines.readers.tables import tables, tree


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("captions_train2017.json", "train"),
        ("Flickr_8k.devImages.txt", "validation"),
        ("val", "validation"),
        ("Validation", "validation"),
        ("latest.csv", ""),
        ("train_test.csv", ""),
        ("captions.csv", ""),
        ("TESTING-set", "test"),
    ],
)
def test_the_split_in_a_name(name, wanted):
    assert split_word(name) == wanted


@pytest.mark.parametrize(
    ("images", "table", "name", "wanted"),
    [
        (["a/1.jpg"], "t.csv", "a/1.jpg", "a/1.jpg"),
        (["a/1.jpg"], "t.csv", "a\\1.jpg", "a/1.jpg"),
        (["a/1.jpg"], "t.csv", "./a//1.jpg", "a/1.jpg"),
        (["a/1.jpg"], "t.csv", "a/1", "a/1.jpg"),
        (["a/1.jpg"], "t.csv", "1", "a/1.jpg"),
        (["a/1.JPG"], "t.csv", "1.jpg", "a/1.JPG"),
        (["1.jpg"], "t.csv", "data/images/1.jpg", "1.jpg"),
        (["x/images/1.jpg", "x/masks/1.jpg"], "t.csv", "images/1.jpg", "x/images/1.jpg"),
        (["a/1.jpg"], "annotations/t.csv", "a/1.jpg", "a/1.jpg"),
        (["a/1.jpg"], "annotations/t.csv", "../a/1.jpg", "a/1.jpg"),
        (["a/1.jpg"], "a/t.csv", "1.jpg", "a/1.jpg"),
        (["a/1.jpg", "b/1.jpg"], "a/t.csv", "1.jpg", "a/1.jpg"),
        (["cafe\u0301.jpg"], "t.csv", "caf\u00e9.jpg", "cafe\u0301.jpg"),
        (["a/caf\u00e9.jpg"], "t.csv", "cafe\u0301", "a/caf\u00e9.jpg"),
        # The name with its suffix comes first.
        (["1", "1.jpg.png", "1.jpg"], "t.csv", "1.jpg", "1.jpg"),
        # Not the picture of that name in another folder.
        (["a/1.jpg", "b/2.jpg"], "t.csv", "b/1.jpg", None),
        (["a/1.jpg", "b/2.jpg"], "b/t.csv", "1.jpg", None),
        (["test/1.jpg", "train/2.jpg"], "train.csv", "1.jpg", None),
        (["a/1.jpg"], "t.csv", "1.png", None),
        (["a/1.jpg"], "t.csv", "11.jpg", None),
    ],
)
def test_the_image_that_a_name_means(images, table, name, wanted, tmp_path):
    found = tables(tree(tmp_path, images, {table: f"image,caption\n{name},x\n"}))
    assert found.captions == ({wanted: ["x"]} if wanted else {})
    assert bool(found.skipped.get("line of a table without its image")) == (wanted is None)


def test_a_name_that_fits_two_images_is_named_and_not_taken(tmp_path):
    found = tables(tree(tmp_path, ["a/1.jpg", "b/1.jpg", "b/2.jpg"], {"t.csv": "image,caption\n1.jpg,x\n2.jpg,y\n"}))
    assert found.captions == {"b/2.jpg": ["y"]}
    (line,) = found.skipped["line of a table whose name fits several images"]
    assert line == "t.csv:2 (1.jpg: a/1.jpg, b/1.jpg)"


def test_of_two_rows_for_pictures_of_one_name_none_gets_the_others_caption(tmp_path):
    """The second folder of a data set was not downloaded, or the pictures lie elsewhere."""
    rows = {"t.csv": "image,caption\ncats/1.jpg,a cat\ndogs/1.jpg,a dog\n"}
    assert tables(tree(tmp_path / "here", ["cats/1.jpg"], rows)).captions == {"cats/1.jpg": ["a cat"]}
    found = tables(tree(tmp_path / "elsewhere", ["all/1.jpg"], rows))
    assert found.captions == {}
    assert len(found.skipped["line of a table without its image"]) == 2


def test_names_that_were_looked_up_elsewhere_are_said(tmp_path):
    found = tables(tree(tmp_path, ["Images/1.jpg"], {"t.csv": "image,caption\n1.jpg,x\n"}))
    assert found.assumed == ["1 names in a table were looked up by the file's own name, with or without suffix: 1.jpg"]
    assert tables(tree(tmp_path, ["1.jpg"], {"t.csv": "image,caption\n1.jpg,x\n"})).assumed == []
