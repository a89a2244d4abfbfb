"""Images of two kinds in the layouts that people have."""

import os

import pytest

from pipelines.examples import DataError
from pipelines.readers import unpaired
from pipelines.reading import Reading
from pipelines.report import NO_TEST
from tests.pipelines.files import write_image, write_text


def load(folder, split="train", **reading):
    return unpaired.load(split, 8, str(folder), str(folder.parent / "cache"), reading=Reading(**reading))


def tones(folder, split="train", **reading):
    """The tones of A and of B, sorted."""
    found = load(folder, split, **reading)
    return tuple(sorted(images[:, 0, 0, 0].tolist()) for images in (found.a, found.b))


def report(folder, **reading):
    return "\n".join(unpaired.find(str(folder), reading=Reading(**reading)).report.lines())


LAYOUTS = [
    "{split}{side}/{name}.png",
    "{split}_{side}/{name}.png",
    "{side}_{split}/{name}.png",
    "{split}/{side}/{name}.png",
    "{side}/{split}/{name}.png",
    "mine/{split}{side}/deep/{name}.png",
]


@pytest.mark.parametrize("pattern", LAYOUTS)
@pytest.mark.parametrize("sides", ["AB", "ab", ("domainA", "domainB"), ("day", "night"), ("Horses", "zebras")])
@pytest.mark.parametrize("splits", [("train", "test"), ("training", "valid"), ("Train", "Val")])
def test_layouts_that_people_have(folder, pattern, sides, splits):
    if "{split}{side}" in pattern and len(sides[0]) > 1:
        sides = tuple(side.title() for side in sides)
    for split, numbers in zip(splits, ((0, 1, 2), (10, 11)), strict=True):
        for side, tone in zip(sides, (20, 120), strict=True):
            for number in numbers:
                path = pattern.format(split=split, side=side, name=f"{side}{number}")
                write_image(folder / path, (tone + number,) * 3)
    assert tones(folder) == ([20, 21, 22], [120, 121, 122])
    assert tones(folder, "test") == ([30, 31], [130, 131])
    assert "used: train A 3, train B 3, test A 2, test B 2" in report(folder)


def test_two_folders_of_any_names(folder):
    for name, tone in (("zebras/1", 120), ("horses/1", 20), ("horses/2", 21)):
        write_image(folder / f"{name}.png", (tone,) * 3)
    assert tones(folder) == ([20, 21], [120])
    assert "assumed: A is the folder horses, B the folder zebras" in report(folder)
    assert tones(folder, sides="zebras,horses") == ([120], [20, 21])
    assert tones(folder, "test") == ([20, 21], [120])
    assert f"assumed: B: {NO_TEST}" in report(folder)


@pytest.mark.parametrize(
    ("first", "second"), [("horse", "horses"), ("photo 1", "photo-1"), ("♀", "♂"), ("cats", "trains")]
)
def test_folders_whose_names_are_nearly_the_same(folder, first, second):
    for split in ("train", "test"):
        for name, tone in ((first, 20), (second, 120)):
            write_image(folder / split / name / "1.png", (tone,) * 3)
    assert tones(folder) == tones(folder, "test") == ([20], [120])
    assert tones(folder, sides=f"{second},{first}") == ([120], [20])


def test_what_is_skipped_is_counted(folder, caplog):
    for name in ("trainA/x", "trainA/deep/y", "trainB/x", "samples/s"):
        write_image(folder / f"{name}.png")
    write_text(folder / "trainB" / "broken.jpg", "no picture")
    os.symlink("/gone.png", folder / "trainA" / "gone.png")
    with caplog.at_level("INFO", logger="absl"):
        found = load(folder)
    assert (found.names_a, found.names_b) == (("trainA/deep/y", "trainA/x"), ("trainB/x",))
    for line in (
        "skipped 1: outside of the folders of the splits: samples/s.png",
        "skipped 1: the link leads nowhere: trainA/gone.png",
        "skipped 1: B could not be decoded: trainB/broken",
        "used: train A 2, train B 1, test A 0, test B 0",
    ):
        assert line in caplog.text


def test_images_of_one_side_to_test_on_leave_the_other_to_training_images(folder):
    for name in ("trainA/x", "trainB/x", "testA/z"):
        write_image(folder / f"{name}.png")
    test = load(folder, "test")
    assert (test.names_a, test.names_b) == (("testA/z",), ("trainB/x",))
    assert test.report.lacks_test


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), r"must be clear which images are A .* Received: 0 images in '[^']*'$"),
        (("x.png",), r"Received: 1 images in .*, in the top \(1\)"),
        (("cat/1.png", "dog/2.png", "cow/3.png"), r"in cat \(1\), cow \(1\), dog \(1\)"),
        (("trainA/1.png",), r"Received: 1 images in .*, in trainA \(1\)"),
        (("testA/1.png", "testB/1.png"), "no folder of training images"),
        (("A/train/1.png", "B/test/2.png"), "must be an image of B to train on; accepted are .* Received: none in"),
    ],
)
def test_what_is_no_such_folder_is_one_line(folder, names, message):
    for name in names:
        write_image(folder / name)
    with pytest.raises(DataError, match=message) as error:
        load(folder)
    assert "\n" not in str(error.value)


def test_a_side_that_cannot_be_decoded_is_refused(folder):
    write_image(folder / "trainA" / "x.png")
    write_text(folder / "trainB" / "broken.png", "no picture")
    with pytest.raises(DataError, match="at least one image of B must be decodable"):
        load(folder)
    with pytest.raises(DataError, match="data_dir must be an existing folder"):
        load(folder / "missing")
