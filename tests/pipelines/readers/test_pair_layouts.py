"""Pairs in the layouts that people have: each is recognized, or refused with what was found and what is accepted."""

import os
import unicodedata

import numpy as np
import pytest
from PIL import Image

from pipelines.examples import DataError
from pipelines.readers import pairs
from pipelines.reading import Reading
from pipelines.report import NO_TEST
from tests.pipelines.files import write_image

SIDE = 12
# Tones of the pictures of A and of B; the number of a pair is added.
A, B = 20, 150


def photo(seed, size=(48, 36)):
    """A smooth picture with a disc, as a photograph looks to a computer."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    pixels = np.stack([x * rng.uniform(1, 3) + 40, y * rng.uniform(1, 3) + 60, x + y + rng.integers(0, 60)], axis=-1)
    pixels[(x - size[0] / 2) ** 2 + (y - size[1] / 2) ** 2 < 80] = rng.integers(0, 255, 3)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def labels(seed, size=(48, 36)):
    image = Image.new("RGB", size, (0, 0, 170))
    left = 5 + seed % 7
    image.paste((255, 0, 0), (left, 8, left + 20, 28))
    return image


def beside(a, b):
    image = Image.new("RGB", (a.width + b.width, a.height))
    image.paste(a, (0, 0))
    image.paste(b, (a.width, 0))
    return image


def save(image, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def write(folder, pattern_a, pattern_b, counts=(("train", 3), ("test", 2)), **words):
    """Writes pairs of plain pictures; {split} and {name} stand in the patterns."""
    for split, count in counts:
        for index in range(count):
            number = index + (10 if split == "test" else 0)
            for pattern, tone in ((pattern_a, A), (pattern_b, B)):
                path = folder / pattern.format(split=words.get(split, split), name=f"{number:03}")
                write_image(path, (tone + number,) * 3, (SIDE, SIDE))


def load(folder, split="train", **reading):
    return pairs.load(split, SIDE, str(folder), str(folder.parent / "cache"), reading=Reading(**reading))


def check(folder, numbers, split="train", swapped=False, **reading):
    """The split has these pairs, each with the tones of its A and B."""
    found = load(folder, split, **reading)
    for images, tone in ((found.a, B if swapped else A), (found.b, A if swapped else B)):
        np.testing.assert_allclose(
            np.sort(images[:, 5, 5, 0].astype(int)), [tone + number for number in numbers], atol=2
        )
    # Each A with its own B.
    difference = found.b[:, 5, 5, 0].astype(int) - found.a[:, 5, 5, 0].astype(int)
    np.testing.assert_allclose(difference, (A - B) if swapped else (B - A), atol=3)


LAYOUTS = [
    ("A/{split}/{name}.png", "B/{split}/{name}.png"),
    ("{split}/A/{name}.png", "{split}/B/{name}.png"),
    ("{split}_A/{name}.png", "{split}_B/{name}.png"),
    ("{split}A/{name}.png", "{split}B/{name}.png"),
    ("A_{split}/{name}.png", "B_{split}/{name}.png"),
    ("a/{split}/{name}.png", "b/{split}/{name}.png"),
    ("{split}/input/{name}.png", "{split}/target/{name}.png"),
    ("inputs/{split}/{name}.png", "Targets/{split}/{name}.png"),
    ("images/{split}/{name}.png", "masks/{split}/{name}.png"),
    ("{split}/images/{name}.jpg", "{split}/masks/{name}.png"),
    ("{split}_images/{name}.png", "{split}_masks/{name}.png"),
    ("{split}/{name}.jpg", "{split}_masks/{name}_mask.gif"),
    ("mine/{split}/img/{name}.jpg", "mine/{split}/label/{name}.png"),
    ("{split}/{name}_real.png", "{split}/{name}_fake.png"),
    ("{split}/real_{name}.png", "{split}/fake_{name}.png"),
    ("{split}/{name}.png", "{split}/{name}_mask.png"),
    ("{split}/{name}_A.png", "{split}/{name}_B.png"),
    ("{split}/IMG-{name}.png", "{split}/IMG-{name}_mask.png"),
    ("{split}/IMG.{name} a.png", "{split}/IMG.{name} b.png"),
    ("{split}/input-{name}_x.png", "{split}/target-{name}_x.png"),
    ("{split}/cmp_b{name}.jpg", "{split}/cmp_b{name}.png"),
    ("images/{split}/{name}.jpg", "annotations/{split}/{name}.png"),
    (
        "leftImg8bit/{split}/ulm/ulm_{name}_000019_leftImg8bit.png",
        "gtFine/{split}/ulm/ulm_{name}_000019_gtFine_color.png",
    ),
    (
        "leftImg8bit_trainvaltest/leftImg8bit/{split}/ulm/ulm_{name}_000019_leftImg8bit.png",
        "gtFine_trainvaltest/gtFine/{split}/ulm/ulm_{name}_000019_gtFine_color.png",
    ),
    ("images/{split}/{name}.png", "labels/{split}/{name}.png"),
    ("photos/{split}/{name}.png", "labels/{split}/{name}.png"),
    ("LR/{split}/{name}.png", "HR/{split}/{name}.png"),
]


@pytest.mark.parametrize(("a", "b"), LAYOUTS)
@pytest.mark.parametrize("words", [{}, {"train": "Training", "test": "valid"}])
def test_layouts_that_people_have(folder, a, b, words):
    write(folder, a, b, **words)
    check(folder, range(3))
    check(folder, (10, 11), "test")


@pytest.mark.parametrize(("a", "b"), [pair for pair in LAYOUTS if "{split}A" not in pair[0]])
def test_without_folders_of_splits_all_pairs_are_trained_on(folder, a, b):
    a, b = (pattern.replace("{split}_", "").replace("{split}/", "").replace("_{split}", "") for pattern in (a, b))
    write(folder, a, b, counts=(("train", 4),))
    check(folder, range(4))
    check(folder, range(4), "test")
    assert NO_TEST in pairs.find(str(folder)).report.assumed


def test_the_facades_as_cmp_packs_them(folder):
    for index in range(4):
        save(photo(index), folder / "base" / f"cmp_b{index:04}.jpg")
        save(labels(index), folder / "base" / f"cmp_b{index:04}.png")
        (folder / "base" / f"cmp_b{index:04}.xml").write_text("<object/>")
    found = pairs.load("train", 36, str(folder), str(folder.parent / "cache"))
    assert found.names == tuple(f"base/cmp_b{index:04}" for index in range(4))
    assert {tuple(color) for color in found.b.reshape(-1, 3).tolist()} == {(0, 0, 170), (255, 0, 0)}
    assert len(np.unique(found.a[0].reshape(-1, 3), axis=0)) > 64
    lines = "\n".join(found.report.lines())
    assert "A is .jpg, B is .png" in lines
    assert "skipped 4: not a picture that Pillow decodes: base/cmp_b0000.xml" in lines


def test_the_other_maps_of_cityscapes_are_not_used(folder):
    write(folder, LAYOUTS[22][0], LAYOUTS[22][1])
    for form in ("labelIds", "instanceIds"):
        write_image(folder / "gtFine/train/ulm" / f"ulm_000_000019_gtFine_{form}.png", "white")
    check(folder, range(3))
    skipped = pairs.find(str(folder)).report.skipped["another form of a picture that is used"]
    assert sorted(skipped) == [
        f"gtFine/train/ulm/ulm_000_000019_gtFine_{form}.png" for form in ("instanceIds", "labelIds")
    ]


def test_names_of_composed_and_decomposed_letters_are_one(folder):
    for index, form in enumerate(("NFC", "NFD")):
        for number in range(3):
            name = unicodedata.normalize(form, f"café{number}")
            write_image(folder / "AB"[index] / f"{name}.png", ((A, B)[index] + number,) * 3, (SIDE, SIDE))
    check(folder, range(3))


def test_names_may_differ_in_case_unless_that_makes_two_one(folder):
    for number in range(3):
        write_image(folder / "A" / f"Img_{number}.png", (A + number,) * 3)
        write_image(folder / "B" / f"img_{number}.PNG", (B + number,) * 3)
    check(folder, range(3))
    write_image(folder / "A" / "img_0.png", (99,) * 3)
    # Now the letters tell these two apart; the others have one partner each.
    assert load(folder).names == ("Img_1", "Img_2", "img_0")


def test_unusual_sides_are_named(folder):
    write(folder, "{split}/sharp/{name}.png", "{split}/cartoon/{name}.png")
    with pytest.raises(DataError, match=r"Received: cartoon and sharp \(--sides=cartoon,sharp\)"):
        load(folder)
    check(folder, range(3), sides="sharp,cartoon")
    check(folder, (10, 11), "test", sides="sharp,cartoon")
    check(folder, range(3), swapped=True, sides="cartoon,sharp")
    with pytest.raises(DataError, match="--sides must name two folders"):
        load(folder, sides="sharp,drawing")


def test_names_of_sides_may_be_typed_in_another_form(folder):
    names = [unicodedata.normalize("NFD", name) for name in ("ölbild", "foto")]
    write(folder, f"{names[0]}/{{split}}/{{name}}.png", f"{names[1]}/{{split}}/{{name}}.png")
    check(folder, range(3), sides=unicodedata.normalize("NFC", "ölbild,foto"))


def test_segnet_layout(folder):
    write(folder, "{split}/{name}.png", "{split}annot/{name}.png")
    check(folder, range(3))
    check(folder, (10, 11), "test")


def test_unusual_ends_of_names_are_named(folder):
    write(folder, "{split}/{name}_in.png", "{split}/{name}_out.png")
    check(folder, range(3), sides="in,out")


def test_single_pictures_are_never_halved(folder):
    for index in range(6):
        save(photo(index), folder / "train" / f"{index}.png")
    with pytest.raises(DataError, match="do not look like two pictures side by side") as error:
        load(folder)
    assert "6 pictures in" in str(error.value)
    assert "\n" not in str(error.value)
    # Unless one says so.
    assert len(load(folder, sides="left,right")) == 6


@pytest.mark.parametrize("size", [(48, 36), (36, 36), (30, 44)])
def test_pictures_side_by_side_of_any_shape(folder, size):
    for index in range(4):
        save(beside(labels(index, size), photo(index, size)), folder / "train" / f"{index}.png")
    found = load(folder)
    assert len(found) == 4
    assert {tuple(color) for color in found.a.reshape(-1, 3).tolist()} == {(0, 0, 170), (255, 0, 0)}


def test_files_of_two_pictures_each_are_not_paired_by_their_names(folder):
    for index in range(3):
        for word in ("day", "night"):
            save(beside(labels(index), photo(index)), folder / "train" / f"{word}_{index}.png")
    with pytest.raises(DataError, match="--sides=left,right, which takes every file for two, and --sides=day,night"):
        load(folder)
    assert len(load(folder, sides="left,right")) == 6
    assert len(load(folder, sides="day,night")) == 3


def test_sides_and_splits_of_equal_names_sizes_and_times_are_apart(folder):
    for split, tone in (("train", 10), ("test", 50)):
        for side, more in (("A", 0), ("B", 100)):
            path = write_image(folder / split / side / "0.bmp", (tone + more,) * 3, (SIDE, SIDE))
            os.utime(path, (1, 1))
    for split, tone in (("train", 10), ("test", 50)):
        found = load(folder, split)
        assert (found.a[0, 0, 0, 0], found.b[0, 0, 0, 0]) == (tone, tone + 100)


def test_a_single_picture_among_pairs_is_counted(folder):
    for index in range(4):
        save(beside(labels(index), photo(index)), folder / "train" / f"{index}.png")
    save(photo(9), folder / "train" / "9.png")
    save(photo(8, (96, 36)), folder / "train" / "8.png")
    assert load(folder).names == ("0", "1", "2", "3")
    report = "\n".join(pairs.find(str(folder)).report.lines())
    assert "skipped 2: one picture, not two side by side: train/8.png, train/9.png" in report


def test_blank_middles_side_by_side_are_pairs_where_the_shape_says_so(folder):
    for index in range(4):
        drawing = Image.new("RGB", (40, 40), "white")
        drawing.paste((0, 0, 0), (10, 10, 30, 12))
        shoe = Image.new("RGB", (40, 40), "white")
        shoe.paste((90, 40, 10 + index), (10, 10, 30, 30))
        save(beside(drawing, shoe), folder / "train" / f"{index}.png")
    assert len(load(folder)) == 4


def test_pictures_of_twice_the_width_are_two_by_their_shape_and_the_report_doubts_it(folder):
    for index in range(4):
        save(photo(index, (72, 36)), folder / "train" / f"{index}.png")
    assert len(load(folder)) == 4
    assert "by its shape alone: 4 of 4 that were looked at" in "\n".join(pairs.find(str(folder)).report.lines())
    # Where names suggest something else, they are not halved.
    for index in range(4):
        save(photo(index + 9, (72, 36)), folder / "other" / f"{index}.png")
        (folder / "train" / f"{index}.png").replace(folder / f"{index}.png")
        save(photo(index, (72, 36)), folder / "one" / f"{index}.png")
        (folder / f"{index}.png").unlink()
    with pytest.raises(DataError, match="--sides=one,other"):
        load(folder)


@pytest.mark.parametrize(
    "names",
    [
        ("trainA/1", "trainA/2"),
        ("A/1", "A/2"),
        ("photos_of_streets/frame1", "colored/map1"),
        ("cat/1", "dog/2"),
        ("1_rgb", "1_semantic", "2_rgb", "2_semantic"),
    ],
)
def test_single_pictures_of_twice_the_width_in_other_layouts_are_refused(folder, names):
    for index, name in enumerate(names):
        save(photo(index, (72, 36)), folder / f"{name}.png")
    with pytest.raises(DataError, match="look like two pictures"):
        load(folder)


@pytest.mark.parametrize("files", [("A/0.png", "A/0.jpg"), ("A/0.png", "A/0.PNG"), ("B/1.bmp", "B/1.png")])
def test_two_files_of_one_name_are_refused_and_named(folder, files):
    write(folder, "A/{name}.png", "B/{name}.png", counts=(("train", 3),))
    for file in files:
        write_image(folder / file.replace("/0.", "/000.").replace("/1.", "/001."))
    with pytest.raises(DataError, match="a name must stand for one picture of a side") as error:
        load(folder)
    assert all(file.rpartition("/")[2].split(".")[1] in str(error.value) for file in files)


def test_two_files_of_one_name_side_by_side_are_refused_and_named(folder):
    for index in range(4):
        save(beside(labels(index), photo(index)), folder / "train" / f"{index}.png")
        save(beside(labels(index + 4), photo(index + 4)), folder / "train" / f"{index}.jpg")
    with pytest.raises(DataError, match=r"Received: train/0.jpg, train/0.png \(and 3 more\)"):
        load(folder)


def test_pairs_without_partner_are_named(folder):
    write_image(folder / "A" / "x.png")
    write_image(folder / "B" / "y.png")
    with pytest.raises(DataError, match=r"1 of A such as x; 1 of B such as y") as error:
        load(folder)
    assert "--dataset=unpaired" in str(error.value)


def test_what_is_in_neither_side_is_counted(folder):
    write(folder, "A/{name}.png", "B/{name}.png", counts=(("train", 3),))
    write_image(folder / "samples" / "s.png")
    check(folder, range(3))
    assert pairs.find(str(folder)).report.skipped["in neither side"] == ["samples/s.png"]


def test_the_report_says_which_side_is_which(folder):
    write(folder, "{split}/input/{name}.png", "{split}/target/{name}.png")
    assert pairs.find(str(folder)).report.lines()[1:4] == [
        "used: train 3, test 2",
        "assumed: the sides are folders: A is input, B is target",
        "assumed: the folders of the splits are train for training and test for test",
    ]
