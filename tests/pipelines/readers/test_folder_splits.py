"""Train and test in folders, files and tables of the user's, by whatever names."""

import os

import pytest

from pipelines.examples import DataError
from pipelines.readers import folder as image_folder
from pipelines.reading import Reading
from tests.pipelines.files import write_image


def load(folder, split="train", **reading):
    return image_folder.load(split, 8, str(folder), str(folder.parent / "cache"), Reading(**reading))


def report(folder, **reading):
    return "\n".join(image_folder.find(str(folder), Reading(**reading)).report.lines())


def write(folder, *names):
    for name in names:
        write_image(folder / name)


SPLIT_FOLDERS = [
    *(("train", test) for test in ("test", "val", "valid", "validation", "dev")),
    ("training", "testing"),
    ("Train", "Test"),
    ("TRAIN", "Valid"),
    ("train_images", "test_images"),
    ("train2017", "val2017"),
    ("training_set", "test_set"),
]


@pytest.mark.parametrize(("train", "test"), SPLIT_FOLDERS)
@pytest.mark.parametrize("pattern", ["{split}/{name}/{file}", "{name}/{split}/{file}", "mine/{split}/{name}/{file}"])
def test_folders_of_splits(folder, train, test, pattern):
    for split, name, file in ((train, "cat", 1), (train, "dog", 2), (test, "dog", 3), (test, "dog", 4)):
        write_image(folder / pattern.format(split=split, name=name, file=f"{file}.png"))
    write(folder, "stray.png")
    trained, held_out = load(folder), load(folder, "test")
    assert [name[-1] for name in trained.names] == ["1", "2"]
    assert [name[-1] for name in held_out.names] == ["3", "4"]
    # The same classes in both, though the test split has but one of them.
    assert trained.class_names == held_out.class_names == ("cat", "dog")
    assert held_out.labels.tolist() == [1, 1]
    assert "skipped 1: outside of the folders of the splits: stray.png" in report(folder)
    assert "used: train 2, test 2" in report(folder)
    assert "there is no test split" not in report(folder)


def test_test_goes_before_val(folder):
    write(folder, "train/1.png", "train/2.png", "test/3.png", "test/4.png", "val/5.png")
    assert load(folder, "test").names == ("test/3", "test/4")
    assert "skipped 1: validation image, where there are others to test on: val/5.png" in report(folder)


def test_a_class_that_train_does_not_know_is_skipped(folder):
    write(
        folder, "train/cat/1.png", "train/dog/2.png", "test/cat/3.png", "test/cat/4.png", "test/cow/5.png", "test/6.png"
    )
    assert load(folder, "test").names == ("test/cat/3", "test/cat/4")
    assert "skipped 2: in no folder of a class of train: test/6.png, test/cow/5.png" in report(folder)


def test_a_folder_train_alone_is_no_class(folder):
    write(folder, "train/cat/1.png", "train/dog/2.png")
    assert load(folder).class_names == load(folder, "test").class_names == ("cat", "dog")
    write(folder, "stray.png")
    assert load(folder).names == ("train/cat/1", "train/dog/2")
    assert "skipped 1: outside of the folders of the splits: stray.png" in report(folder)


@pytest.mark.parametrize(
    ("names", "received"),
    [
        (("train/1.png", "car/2.png"), "Received: train, beside car in .*: pictures outside of the folder train"),
        (("cat/1.png", "test/2.png"), "Received: test, beside cat in .*: no folder of training images"),
        (("val/cat/1.png", "val/dog/2.png"), "Received: val in .*: no folder of training images"),
        # Nobody would find out that these were trained on.
        (("cat/train/1.png", "cat/test/2.png", "dog/3.png"), r"Received: test, train, .*no such folders in dog"),
        (("cat/1.png", "dog/2.png", "dog/test/3.png"), "Received: test, beside cat/1.png, dog/2.png in"),
    ],
)
def test_unclear_splits_are_refused_and_can_be_named(folder, names, received):
    write(folder, *names)
    with pytest.raises(DataError, match=f"--splits=none takes no folder for a split. {received}"):
        load(folder)
    # A class may be called train or test, if one says so.
    assert len(load(folder, splits="none")) == len(names)


def test_a_split_may_be_a_word_of_the_class_folders(folder):
    write(folder, "cat_train/1.png", "dogTrain/2.png", "cat_test/3.png", "dogTest/4.png", "steam_train/5.png")
    assert load(folder).class_names == ("cat", "dog", "steam")
    assert load(folder, "test").names == ("cat_test/3", "dogTest/4")


@pytest.mark.parametrize("pattern", ["{split}_{n}.png", "{n}-{split}.png", "{split}{n}.png", "cat/{split} {n}.png"])
def test_a_split_may_be_a_word_of_the_file_names(folder, pattern):
    numbers = (("train", 1), ("train", 2), ("Val", 3), ("Val", 4))
    write(folder, *(pattern.format(split=split, n=n) for split, n in numbers))
    write(folder, "cat/steam.png")
    assert [name for name in load(folder).names if "train" in name] == list(load(folder).names)
    assert [name for name in load(folder, "test").names if "Val" in name] == list(load(folder, "test").names)
    assert "used: train 2, test 2" in report(folder)
    assert "skipped 1: a name that says no split: cat/steam.png" in report(folder)
    assert len(load(folder, splits="none")) == 5


def test_a_steam_train_is_a_class(folder):
    write(folder, "steam_train/1.png", "test tube/2.png", "validator/3.png")
    assert load(folder).class_names == ("steam_train", "test tube", "validator")


def test_splits_of_other_names_are_named(folder):
    write(folder, "fit/cat/1.png", "fit/dog/2.png", "Score/cat/3.png", "Score/dog/4.png")
    found = load(folder, "test", splits="fit,score")
    assert found.names == ("Score/cat/3", "Score/dog/4")
    assert found.class_names == ("cat", "dog")
    with pytest.raises(DataError, match=r"--splits must name the folders of train and test. Received: learn,grade"):
        load(folder, splits="learn,grade")


def test_a_test_folder_that_links_to_train_is_no_test_split(folder):
    write(folder, "train/cat/1.png", "train/dog/2.png")
    os.symlink("train", folder / "test")
    assert load(folder, "test").names == load(folder).names == ("train/cat/1", "train/dog/2")
    assert "skipped 2: a link to a training image: no test image: test/cat/1.png, test/dog/2.png" in report(folder)
    assert "there is no test split" in report(folder)


def test_test_images_that_link_to_training_images_are_left_out(folder):
    write(folder, "train/1.png", "train/2.png", "test/3.png", "test/4.png")
    os.symlink("../train/1.png", folder / "test" / "5.png")
    assert load(folder, "test").names == ("test/3", "test/4")
    assert "skipped 1: a link to a training image: no test image: test/5.png" in report(folder)


def test_a_class_of_test_in_other_letters_is_the_same(folder):
    write(folder, "train/cat/1.png", "train/dog/2.png", "test/Cat/3.png", "test/DOG/4.png")
    assert load(folder, "test").labels.tolist() == [0, 1]


def test_folds_are_no_classes(folder):
    write(folder, *(f"fold_{fold}/{name}/{fold}.png" for fold in range(3) for name in ("cat", "dog")))
    with pytest.raises(DataError, match=r"cross-validation are no classes; .* Received: fold_0, fold_1, fold_2"):
        load(folder)
    assert load(folder, splits="fold_0,fold_1").class_names == ("cat", "dog")


@pytest.mark.parametrize(
    "pattern", ["Training/Training/{name}", "a/b/c/d/e/f/{split}/{name}", "seg_{split}/seg_{split}/{name}"]
)
def test_splits_in_folders_in_folders(folder, pattern):
    for split, number in (("train", 1), ("test", 2)):
        for name in ("cat", "dog"):
            place = pattern.replace("Training", "Training" if split == "train" else "Testing")
            write_image(folder / place.format(split=split, name=name) / f"{number}.png")
            write_image(folder / place.format(split=split, name=name) / f"{number + 2}.png")
    found = load(folder, "test")
    assert found.class_names == ("cat", "dog")
    assert found.labels.tolist() == [0, 0, 1, 1]


def test_a_class_may_be_called_as_its_split_is(folder):
    write(folder, *(f"{split}/{name}/{split}.png" for split in ("train", "test") for name in ("cat", "train")))
    assert load(folder).class_names == load(folder, "test").class_names == ("cat", "train")
    assert len(load(folder)) == 2


def test_a_number_after_the_split_is_no_other_word(folder):
    write(folder, "our485/low/1.png", "our485/high/2.png", "eval15/low/3.png", "eval15/high/4.png")
    with pytest.raises(DataError, match="no folder of training images"):
        load(folder)
    assert load(folder, splits="our485,eval15").class_names == ("high", "low")


def test_the_report_of_a_split_counts_what_is_decoded(folder):
    write(folder, "train/1.png", "train/2.png", "train/3.png", "test/4.png", "test/5.png", "test/6.png")
    for name in ("train/3.png", "test/6.png"):
        (folder / name).write_text("x")
    assert load(folder).report.used == {"train": 2, "test": 3}
    assert load(folder, "test").report.used == {"test": 2}


def test_test_images_outside_of_the_classes_are_said_to_be(folder):
    write(folder, "train/cat/1.png", "train/dog/2.png", "test/3.png")
    assert "assumed: no test image is in a folder of a class of train: there is no test split" in report(folder)


def test_splits_in_a_table_beside_a_flat_folder(folder):
    write(folder, *(f"{number}.png" for number in range(1, 6)))
    (folder / "list.csv").write_text("file,split,kind\n1.png,train,a\n2.png,train,b\n3.png,val,a\n4.png,val,b\n")
    assert load(folder).names == ("1", "2")
    assert load(folder, "test", class_column="kind").names == ("3", "4")
    assert "skipped 1: in no split of the table: 5.png" in report(folder)
