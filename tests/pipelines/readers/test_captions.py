import contextlib
import csv
import io
import json
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.examples import DataError
from pipelines.readers import captions
from pipelines.readers.caption_files import clean_caption
from pipelines.readers.files import normal
from pipelines.reading import Reading
from tests.pipelines.files import write_image, write_text


def load(folder, split="train"):
    return captions.load(split, 8, str(folder), str(folder.parent / "cache"))


def found(folder, split="train"):
    return {record.name: record.captions for record in captions.find(str(folder)).records[split]}


def report(folder):
    return "\n".join(captions.find(str(folder)).report.lines())


def test_text_beside_each_image(folder):
    write_image(folder / "b.JPG", "blue")
    write_text(folder / "b.TXT", "a  blue\tone\r\n\r\n  another line \n")
    write_image(folder / "a.png", "red")
    write_text(folder / "a.txt", "\ufeffa red one")
    data = load(folder)
    assert data.names == ("a", "b")
    assert data.captions == (("a red one",), ("a blue one", "another line"))
    assert data.images.shape == (2, 8, 8, 3)
    assert data.images[0, 4, 4].tolist() == [255, 0, 0]
    assert data.labels is None
    assert data.class_names == ()


def test_jsonl_with_every_accepted_spelling(folder):
    for name in "abcd":
        write_image(folder / f"{name}.png")
    rows = [
        {"file_name": "a.png", "text": "one"},
        {"file_name": "./b.png", "caption": "two"},
        {"file_name": "c.png", "captions": ["three", " ", "four"]},
        {"file_name": "a.png", "text": "five"},
        {"file_name": "d.png", "text": ""},
    ]
    write_text(folder / "metadata.jsonl", "\n".join(map(json.dumps, rows)) + "\nnot json\n[1]\n\n")
    assert found(folder) == {"a": ("one", "five"), "b": ("two",), "c": ("three", "four")}
    assert "skipped 1: image without a caption, or with empty ones only: d.png" in report(folder)
    assert "metadata.jsonl:6, metadata.jsonl:7" in report(folder)


@pytest.mark.parametrize("header", ["file_name,text", "file,caption", "Caption , ID, File"])
def test_csv_with_repeated_rows(folder, header):
    write_image(folder / "some where" / "a.png")
    write_image(folder / "b.png")
    rows = [("some where/a.png", "red, round"), ("b.png", "blue"), ("some where\\a.png", 'a "quoted"\none')]
    stream = io.StringIO()
    writer = csv.writer(stream)
    for file, text in rows:
        writer.writerow([text, "7", file] if header.startswith("Cap") else [file, text])
    write_text(folder / "captions.csv", header + "\r\n" + stream.getvalue() + "b.png\n")
    assert found(folder) == {"some where/a": ("red, round", 'a "quoted" one'), "b": ("blue",)}


def test_table_wins_over_text_and_text_fills_the_gaps(folder):
    for name in "ab":
        write_image(folder / f"{name}.png")
        write_text(folder / f"{name}.txt", "from the text file")
    write_text(folder / "captions.csv", "file_name,text\na.png,from the table\n")
    assert found(folder) == {"a": ("from the table",), "b": ("from the text file",)}


def test_subfolders_are_classes(folder):
    for name in ("cats/1", "cats/2", "dogs/1"):
        write_image(folder / f"{name}.png")
        write_text(folder / f"{name}.txt", "an animal")
    data = load(folder)
    assert data.class_names == ("cats", "dogs")
    assert data.labels.tolist() == [0, 0, 1]
    assert data.labels.dtype == np.int32
    write_image(folder / "stray.png")
    write_text(folder / "stray.txt", "no class")
    assert load(folder).labels is None


def test_one_subfolder_is_no_class(folder):
    for name in "12":
        write_image(folder / "all" / f"{name}.png")
        write_text(folder / "all" / f"{name}.txt", "an animal")
    assert load(folder).labels is None


def test_train_and_test_folders_are_splits(folder):
    for name in ("train/cat/1", "train/dog/2", "test/cat/3"):
        write_image(folder / f"{name}.png")
        write_text(folder / f"{name}.txt", "an animal")
    write_image(folder / "test/cat/4.png")
    write_text(folder / "test" / "metadata.jsonl", '{"file_name": "cat/4.png", "text": "from its table"}')
    assert load(folder).names == ("train/cat/1", "train/dog/2")
    assert load(folder).class_names == ("cat", "dog")
    assert found(folder, "test") == {"test/cat/3": ("an animal",), "test/cat/4": ("from its table",)}
    assert "skipped" not in report(folder)


def test_without_split_folders_both_splits_are_all_images_and_the_report_mentions_it(folder):
    write_image(folder / "a.png")
    write_text(folder / "a.txt", "one")
    assert found(folder, "test") == found(folder, "train") == {"a": ("one",)}
    assert "there is no test split: scores and pictures are of the images that were trained on" in report(folder)


def test_what_is_skipped_is_reported_and_does_not_end_the_run(folder):
    for name in ("good1", "good2", "nocaption", "emptycaption", "broken"):
        write_image(folder / f"{name}.png")
    for name in ("good1", "good2", "broken", "lonely"):
        write_text(folder / f"{name}.txt", "a caption")
    write_text(folder / "emptycaption.txt", "\n  \n\ufffd\n")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    write_text(folder / "captions.csv", "file_name,text\nabsent.png,not here\n")
    write_text(folder / ".hidden.txt", "no")
    write_image(folder / "__MACOSX" / "good1.png")
    data = load(folder)
    assert data.names == ("good1", "good2")
    text = report(folder)
    assert "skipped 2: image without a caption, or with empty ones only: emptycaption.png, nocaption.png" in text
    assert "skipped 1: text file without its image: lonely.txt" in text
    assert "skipped 1: line of a table without its image: absent.png" in text
    assert "skipped 1: hidden or a system's folder: __MACOSX/" in text


def test_a_text_file_beside_two_images_is_refused_and_both_are_named(folder):
    for name in ("a.png", "b.png", "b.jpg"):
        write_image(folder / name)
    write_text(folder / "a.txt", "one")
    write_text(folder / "b.txt", "two")
    with pytest.raises(DataError, match=r"captions of one image, .* Received: b.txt, beside b.jpg, b.png"):
        load(folder)
    # A table names the files themselves.
    (folder / "b.txt").unlink()
    write_text(folder / "captions.csv", "file_name,text\nb.png,two\nb.jpg,three\n")
    assert found(folder) == {"a": ("one",), "b.png": ("two",), "b.jpg": ("three",)}


@pytest.mark.parametrize(("train", "test"), [("train", "val"), ("train", "validation"), ("Training", "Testing")])
@pytest.mark.parametrize("table", [True, False])
def test_folders_of_splits_by_their_usual_names(folder, train, test, table):
    for split, numbers in ((train, "012"), (test, "34")):
        for number in numbers:
            write_image(folder / split / f"{number}.png")
            if not table:
                write_text(folder / split / f"{number}.txt", f"number {number}")
        if table:
            rows = [json.dumps({"file_name": f"{number}.png", "text": f"number {number}"}) for number in numbers]
            write_text(folder / split / "metadata.jsonl", "\n".join(rows))
    assert list(found(folder).values()) == [("number 0",), ("number 1",), ("number 2",)]
    assert list(found(folder, "test").values()) == [("number 3",), ("number 4",)]
    assert load(folder).labels is None


def test_two_text_files_of_an_image_are_refused_and_named(folder):
    write_image(folder / "a.png")
    write_text(folder / "a.txt", "one")
    write_text(folder / "a.TXT", "two")
    with pytest.raises(DataError, match=r"must have one text file, .* Received: a.TXT, a.txt"):
        load(folder)


def test_splits_of_a_table_are_not_read_where_one_says_so(folder):
    for number in range(4):
        write_image(folder / f"{number}.png")
    rows = "".join(f"{number}.png,number {number},{'test' if number else 'train'}\n" for number in range(4))
    write_text(folder / "captions.csv", "file_name,text,split\n" + rows)
    assert len(captions.find(str(folder), Reading(splits="none")).records["train"]) == 4


def test_unclear_splits_are_refused(folder):
    for name in ("cat/1", "test/2"):
        write_image(folder / f"{name}.png")
        write_text(folder / f"{name}.txt", "one")
    with pytest.raises(DataError, match="no folder of training images"):
        load(folder)


def test_a_table_may_say_the_splits(folder):
    for number in range(5):
        write_image(folder / f"{number}.png")
    splits = ("train", "train", "restval", "test", "val")
    rows = "".join(f"{number}.png,number {number},{split}\n" for number, split in enumerate(splits))
    write_text(folder / "captions.csv", "file_name,text,split\n" + rows)
    assert list(found(folder)) == ["0", "1", "2"]
    assert list(found(folder, "test")) == ["3"]
    assert "skipped 1: validation image, where there are others to test on: 4.png" in report(folder)


def test_report_and_warning_are_logged_once(folder, caplog):
    for index in range(3):
        write_image(folder / f"{index}.png")
        write_text(folder / f"{index}.txt", "a caption\n" * (index + 1))
    (folder / "1.png").write_bytes(b"broken")
    with caplog.at_level("INFO", logger="absl"):
        load(folder)
        load(folder)
    lines = [record.getMessage() for record in caplog.records]
    assert sum("captions per image: 1 to 3, 2.0 on average" in line for line in lines) == 1
    assert sum("could not be decoded: 1 (UnidentifiedImageError" in line for line in lines) == 1
    assert any("too few for a GAN" in record.getMessage() for record in caplog.records if record.levelname == "WARNING")


def test_loops_of_links_end(folder):
    write_image(folder / "in" / "a.png")
    write_text(folder / "in" / "a.txt", "one")
    os.symlink(folder, folder / "in" / "loop")
    assert list(found(folder)) == ["in/a"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "must hold images"),
        ({"a.txt": "no image"}, "must hold images"),
        ({"a.png": None}, "must have a caption"),
        ({"a.png": None, "a.txt": "x"}, "at least 2 images"),
        ({"a.png": None, "captions.csv": "name;words\n"}, "Received: 'name;words'"),
        ({"a.png": None, "captions.csv": ""}, "must name a column"),
        ({"a.png": None, "captions.csv": "file,text\n../a.png,x\n"}, r"Received: '../a.png' at captions.csv:2"),
        ({"a.png": None, "metadata.jsonl": '{"file_name": "/a.png", "text": "x"}'}, "Received: '/a.png'"),
        ({"a.png": None, "metadata.jsonl": '{"file_name": "C:\\\\a.png", "text": "x"}'}, "inside of data_dir"),
        ({"a.png": None, "captions.csv": 'file,text\na.png,"' + "x" * 200_000}, "must close every quote"),
    ],
)
def test_unusable_folders_give_one_clear_line(folder, files, message):
    for name, text in files.items():
        write_image(folder / name) if text is None else write_text(folder / name, text)
    with pytest.raises(DataError, match=message) as raised:
        load(folder)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("data_dir", ["", "missing"])
def test_missing_folder(data_dir):
    with pytest.raises(DataError, match=f"existing folder.*Received: '{data_dir}'"):
        captions.load("train", 8, data_dir, "")


def test_unknown_split(folder):
    with pytest.raises(DataError, match=r"'train', 'test'. Received: 'valid'"):
        load(folder, "valid")


# Names that Linux accepts for a file, and that survive as they are: no slash, no NUL, no leading dot.
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0"), min_size=1, max_size=20).filter(
    lambda name: not name.startswith(".") and name.strip() == name and len(name.encode()) < 80 and name[1:2] != ":"
)
# A file with NULs or switches of ISO-2022 is not UTF-8 (test_text_files).
LETTERS = st.characters(codec="utf-8", exclude_characters="\0\x1b")
CAPTIONS = st.lists(st.text(LETTERS, max_size=30).filter(clean_caption), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    examples=st.dictionaries(NAMES, CAPTIONS, min_size=1, max_size=4),
    table=st.sampled_from(["metadata.jsonl", "captions.csv"]),
)
def test_tables_keep_any_name_and_any_caption(tmp_path_factory, examples, table):
    folder = tmp_path_factory.mktemp("any")
    for name in examples:
        (folder / f"{name}.png").write_bytes(b"")
    rows = [(f"{name}.png", text) for name, texts in examples.items() for text in texts]
    stream = io.StringIO()
    if table.endswith(".jsonl"):
        stream.writelines(json.dumps({"file_name": name, "text": text}) + "\n" for name, text in rows)
    else:
        csv.writer(stream).writerows([("file_name", "text"), *rows])
    (folder / table).write_bytes(stream.getvalue().encode())
    joined = found(folder)
    # Names that differ only in Unicode composition are one name; the property is about all the others.
    if len({normal(name) for name in examples}) == len(examples):
        assert joined == {name: tuple(map(clean_caption, texts)) for name, texts in examples.items()}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["metadata.jsonl", "captions.csv", "a.txt"]))
def test_no_content_of_a_text_file_crashes(tmp_path_factory, content, name):
    folder = tmp_path_factory.mktemp("fuzz")
    for image in "ab":
        (folder / f"{image}.png").write_bytes(b"")
    (folder / "b.txt").write_text("one")
    (folder / name).write_bytes(content)
    with contextlib.suppress(DataError):
        assert "b" in found(folder)


def test_captions_that_the_encoder_cannot_read_are_reported(folder, caplog):
    for name, text in (
        ("a", "赤い鳥"),
        ("b", "a red bird, called 赤い鳥"),
        ("c", "ein grüner Vogel"),
        ("d", "красная птица"),
    ):
        write_image(folder / f"{name}.png")
        write_text(folder / f"{name}.txt", text)
    with caplog.at_level("INFO", logger="absl"):
        assert len(load(folder)) == 4
    assert "2 images have captions in letters that the char-CNN-RNN does not know" in caplog.text
    assert caplog.text.count(": a, d") == 1


def test_captions_that_are_read_in_part_only_are_reported(folder, caplog):
    for name, text in (("a", "a" * 201), ("b", "b" * 202), ("c", "c\n" + "c" * 300 + "\n" + "é" * 101), ("d", "d")):
        write_image(folder / f"{name}.png")
        write_text(folder / f"{name}.txt", text)
    with caplog.at_level("INFO", logger="absl"):
        # Nothing is lost in the reader: embeddings of whole captions may be used.
        assert load(folder).captions[1] == ("b" * 202,)
    line = "3 captions are longer than 201 characters, and the char-CNN-RNN does not read the rest: b, c"
    assert caplog.text.count(line) == 1


@pytest.mark.parametrize(("folders", "classes"), [(("", ""), {None}), (("/cat", "/dog"), {"cat", "dog"})])
def test_folders_of_splits_are_no_classes_where_a_table_says_the_splits(folder, folders, classes):
    rows = {"train2017": [], "val2017": []}
    for split, listed in rows.items():
        for number, below in enumerate(folders):
            name = f"{split}{number}.png"
            write_image(folder / f"{split}{below}" / name)
            listed.append({"image": name, "caption": "x"})
        write_text(folder / f"captions_{split}.json", json.dumps(listed))
    records = captions.find(str(folder)).records
    assert {split: len(records[split]) for split in records} == {"train": 2, "test": 2}
    assert {record.class_name for record in records["train"]} == classes
