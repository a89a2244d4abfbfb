"""Classes in tables beside pictures: no pictures are needed, only their names."""

import hypothesis
import pytest
from hypothesis import strategies

from pipelines.examples import DataError
from pipelines.readers.class_tables import columns_line, columns_of, in_order, read_classes
from pipelines.readers.split_tables import splits_of
from pipelines.readers.tables import tables_in
from tests.pipelines.files import write_text

NAMES = ["1.jpg", "2.jpg", "3.jpg", "10.jpg"]
KINDS = {"1.jpg": "cat", "2.jpg": "dog", "3.jpg": "cat", "10.jpg": "big dog"}
CELEBA = "3\nBald Smiling\n000001.jpg -1  1\n000002.jpg -1 -1\n000003.jpg  1 -1\n"
FACES = [f"img/{number:06}.jpg" for number in (1, 2, 3)]


def classes(folder, column="kind", names=NAMES, **options):
    return read_classes(str(folder), tables_in(str(folder)), column, names, **options)


@pytest.mark.parametrize(
    ("file", "separator", "header", "cell"),
    [
        ("labels.csv", ",", "file_name", "{name}"),
        ("labels.csv", ";", "Filename", "{stem}"),
        ("labels.tsv", "\t", "image_id", "images/{name}"),
        ("any name.CSV", ",", "id", "{stem}"),
        ("labels.csv", ",", "picture of it", "{name}"),
        ("labels.csv", ",", "path", "C:\\photos\\{name}"),
        ("labels.csv", ",", "path", "/home/me/data/{name}"),
        ("labels.csv", ",", "id", "{stem:0>6}"),
        ("labels.csv", ",", "file", "{stem}.PNG"),
        ("labels.csv", ",", "file", '"{name}"'),
    ],
)
def test_tables_that_people_have(tmp_path, file, separator, header, cell):
    rows = [separator.join(("number", header, "kind"))]
    for number, (name, kind) in enumerate(KINDS.items()):
        stem = name.partition(".")[0]
        rows.append(separator.join((f"{number}00", cell.format(name=name, stem=stem), kind)))
    write_text(tmp_path / file, "\ufeff" + "\r\n".join(rows) + "\r\n")
    assert classes(tmp_path) == (KINDS, {})
    assert classes(tmp_path, "Kind") == (KINDS, {})


@pytest.mark.parametrize("start", ["", "sep=;\n", "\n\n", "\ufeffSEP=;\n"])
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_ends_of_lines_and_the_line_that_excel_writes(tmp_path, start, end):
    text = f"{start}number;file;kind\n" + "".join(f"1,5;{name};{kind}\n" for name, kind in KINDS.items())
    (tmp_path / "t.csv").write_bytes(text.replace("\n", end).encode())
    assert classes(tmp_path) == (KINDS, {})


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_ends_of_lines_of_a_table_of_white_space(tmp_path, end):
    (tmp_path / "list_attr_celeba.txt").write_bytes(CELEBA.replace("\n", end).encode())
    assert len(classes(tmp_path, "Smiling", FACES)[0]) == 3


def test_a_note_of_several_lines_is_one_cell(tmp_path):
    write_text(tmp_path / "t.csv", 'note,file,kind\n"a, ""b""\nand c",1.jpg,cat\n"x\n\ny",2.jpg,dog\n')
    assert classes(tmp_path)[0] == {"1.jpg": "cat", "2.jpg": "dog"}


def test_what_has_no_class_is_counted(tmp_path):
    text = "file,kind\n1.jpg,cat\n1.jpg,cat\n2.jpg,dog\n3.jpg,\n4.jpg,cat\n5.jpg\nb/7.jpg,cat\n8,cat\n8,dog\n9,cat\n"
    write_text(tmp_path / "labels.csv", text)
    names = ["1.jpg", "2.jpg", "3.jpg", "6.jpg", "a/7.jpg", "8.png", "9.jpg", "9.png"]
    assert classes(tmp_path, names=names) == (
        {"1.jpg": "cat", "2.jpg": "dog"},
        {
            "row without a class": ["labels.csv:5 3.jpg"],
            "row of the table without a picture": ["labels.csv:6 4.jpg", "labels.csv:8 b/7.jpg"],
            "row with too few cells": ["labels.csv:7"],
            "row whose name fits several pictures": ["labels.csv:11 9"],
            "picture to which labels.csv gives several classes": ["8.png"],
            "picture without a class in labels.csv": ["3.jpg", "6.jpg", "a/7.jpg", "9.jpg", "9.png"],
        },
    )


@pytest.mark.parametrize("header", ["file", "Image Name", "image-path", "Photo"])
def test_of_two_columns_of_pictures_the_one_that_is_called_so(tmp_path, header):
    write_text(tmp_path / "t.csv", f"next,{header},kind\n2.jpg,1.jpg,cat\n3.jpg,2.jpg,dog\n1.jpg,3.jpg,cat\n")
    assert classes(tmp_path)[0] == {"1.jpg": "cat", "2.jpg": "dog", "3.jpg": "cat"}


def test_one_name_in_several_folders_is_told_apart_by_the_folders(tmp_path):
    write_text(tmp_path / "t.csv", "file,kind\na/1.jpg,cat\nb/1.jpg,dog\n2.jpg,cat\nc/3.jpg,dog\n")
    names = ["a/1.jpg", "b/1.jpg", "2.jpg", "x/2.jpg", "3.png", "3.jpg"]
    found, problems = classes(tmp_path, names=names)
    assert found == {"a/1.jpg": "cat", "b/1.jpg": "dog", "2.jpg": "cat", "3.jpg": "dog"}
    assert problems == {"picture without a class in t.csv": ["x/2.jpg", "3.png"]}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("list_attr_celeba.txt", CELEBA),
        ("list_attr_celeba.csv", "image_id,Bald,Smiling\n000001.jpg,-1,1\n000002.jpg,-1,-1\n000003.jpg,1,-1\n"),
        ("zeros.csv", "image_id,Bald,Smiling\n000001.jpg,0,1\n000002.jpg,0,0\n000003.jpg,1,0\n"),
        ("one.tsv", "image_id\tSmiling\n000001.jpg\t1\n000002.jpg\t-1\n000003.jpg\t-1\n"),
    ],
)
def test_an_attribute_is_two_classes_without_it_first(tmp_path, file, text):
    write_text(tmp_path / file, text)
    found, problems = classes(tmp_path, "Smiling", FACES)
    assert list(found.values()) == ["Smiling", "not Smiling", "not Smiling"]
    assert not problems
    assert in_order(found.values()) == ("not Smiling", "Smiling")


def test_labels_that_are_numbers_stay_numbers(tmp_path):
    write_text(tmp_path / "labels.csv", "file,label\n1.jpg,0\n2.jpg,1\n3.jpg,0\n10.jpg,1\n")
    assert set(classes(tmp_path, "label")[0].values()) == {"0", "1"}
    assert in_order(["10", "0", "2", "-1", "2"]) == ("-1", "0", "2", "10")
    assert in_order(["smiling", "not smiling"]) == ("not smiling", "smiling")


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("file,kind\n1.jpg,cat\n", "sort", r"a column of a table \(.csv, .*\) .* there are labels.csv: file, kind. R"),
        ("file,kind\n1.jpg,a\n2.jpg,a\n", "kind", "class_column=kind must name at least two .* 1 in labels.csv: a"),
        (
            "file,kind\na.jpg,cat\nb.jpg,dog\n",
            "kind",
            "names of the pictures .* none .* 4 pictures; .* file, kind",
        ),
        (
            'file,kind\n1.jpg,cat\n2.jpg,"dog\n3.jpg,cat\n',
            "kind",
            "must close every quote.* line 3 .*where the file ends$",
        ),
        (
            'file,kind\n1.jpg,"cat\n2.jpg,dog"\n3.jpg,cat\n',
            "kind",
            "must close every quote.* line 2 .*where another row begins$",
        ),
        (
            'file,kind\n1.jpg,"cat\n2.jpg,"dog"\n3.jpg,cat\n',
            "kind",
            "must close every quote.* line 2 .*where another row begins$",
        ),
        ('file,kind,note\n1.jpg,cat,"on\n2.jpg,dog,x\n3.jpg,cat,"y"\n', "kind", "must close every quote.* line 2 "),
        ('kind,note,file\ncat,"on,1.jpg\ndog,"off",2.jpg\ncat,a,3.jpg\n', "kind", "must close every quote.* line 2 "),
        ('file,kind\n"1.jpg,cat\n2.jpg,dog\n3.jpg,cat\n', "kind", "must close every quote.* line 2 "),
        ("just one column\n", "kind", "there is no table. Received: kind"),
        ("Some notes on these\npictures, and no table.\n", "kind", "at the top of data_dir.*Received: kind"),
    ],
)
def test_what_gives_no_classes_is_one_line(tmp_path, text, column, message):
    write_text(tmp_path / "labels.csv", text)
    with pytest.raises(DataError, match=message) as caught:
        classes(tmp_path, column)
    assert "\n" not in str(caught.value)


def test_a_column_of_names_or_measurements_is_no_class(tmp_path):
    names = [f"{number}.jpg" for number in range(30)]
    write_text(tmp_path / "t.csv", "file,age\n" + "".join(f"{name},0.{name[:-4]}\n" for name in names))
    with pytest.raises(DataError, match=r"which several pictures share. Received: another value for each of the 30"):
        classes(tmp_path, "age", names)


def test_text_that_is_no_utf8_is_read_as_it_is_said_to_be(tmp_path):
    (tmp_path / "t.csv").write_bytes("file,kind\n1.jpg,Elster\n2.jpg,Möwe\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"'t.csv' must be UTF-8.*--encoding"):
        classes(tmp_path)
    assert set(classes(tmp_path, encoding="latin-1")[0].values()) == {"Elster", "Möwe"}


def test_a_column_in_several_tables_is_refused_and_may_be_chosen(tmp_path):
    write_text(tmp_path / "a.csv", "file,kind\n1.jpg,cat\n2.jpg,dog\n")
    write_text(tmp_path / "b.csv", "file,kind\n1.jpg,x\n2.jpg,y\n")
    # What is about other pictures is not meant.
    write_text(tmp_path / "sample_submission.csv", "file,kind\nother.jpg,cat\n")
    with pytest.raises(DataError, match=r"--class_column=a.csv:kind says which. Received: kind, which is in a.csv, b"):
        classes(tmp_path)
    assert set(classes(tmp_path, "b.csv:kind")[0].values()) == {"x", "y"}


def test_the_columns_that_there_are_are_told(tmp_path):
    write_text(tmp_path / "list_attr_celeba.txt", CELEBA)
    write_text(tmp_path / "list_eval_partition.txt", "000001.jpg 0\n000002.jpg 1\n")
    write_text(tmp_path / "other.csv", "file,kind\nnowhere.jpg,cat\n")
    write_text(tmp_path / "splits.csv", "file,Split\n000001,train\n")
    (tmp_path / "binary.csv").write_bytes(b"\xff\x00\x81,\n")
    found = columns_of(str(tmp_path), tables_in(str(tmp_path)), FACES)
    assert found == {"list_attr_celeba.txt": ("Bald", "Smiling"), "splits.csv": ()}
    assert "list_attr_celeba.txt has Bald, Smiling): --class_column=NAME reads" in columns_line(found)
    assert columns_line({}) == ""


@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(
    strategies.text(strategies.sampled_from('file,kind;\t"\n\r 1.jpg23x\x00-01é'), max_size=60), strategies.booleans()
)
def test_whatever_a_table_holds_it_is_read_or_refused_in_one_line(tmp_path_factory, text, headed):
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    folder.mkdir(exist_ok=True)
    (folder / "t.csv").write_bytes((("file,kind\n1.jpg,cat\n" if headed else "") + text).encode())
    refusal, found, problems = "", {}, {}
    try:
        found, problems = classes(folder)
    except DataError as error:
        refusal = str(error)
    assert "\n" not in refusal
    if not refusal:
        assert set(found) | {name for names in problems.values() for name in names} >= set(NAMES)
    columns_line(columns_of(str(folder), ["t.csv"], NAMES))
    try:
        splits_of(str(folder), ["t.csv"], NAMES)
    except DataError as error:
        refusal = str(error)
    assert "\n" not in refusal
