"""Splits in tables beside pictures: no pictures are needed, only their names."""

import pytest

from pipelines.examples import DataError
from pipelines.readers.files import scan
from pipelines.readers.split_tables import divided_by_tables, splits_of
from pipelines.readers.splits import divide
from pipelines.readers.tables import tables_in
from pipelines.reading import DEFAULT
from tests.pipelines.files import write_text

FACES = [f"img/{number:06}.jpg" for number in (1, 2, 3)]


def told(folder, names=FACES, **options):
    return splits_of(str(folder), tables_in(str(folder)), names, **options)


def divided(folder, names=FACES):
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    scanned = scan(str(folder))
    return divided_by_tables(scanned, tables_in(str(folder)), divide(scanned, "folder", DEFAULT))


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("list_eval_partition.txt", "000001.jpg 0\n000002.jpg 1\n000003.jpg 2\n", ["train", "validation", "test"]),
        ("list_eval_partition.csv", "image_id,partition\n000001.jpg,2\n000002.jpg,0\n", ["test", "train"]),
        ("t.csv", "file,kind,Split\n000001,a,Train\n000002,b,val\n000003,a,TEST\n", ["train", "validation", "test"]),
        ("t.csv", "file,phase\n000001,train\n000002,test\n", ["train", "test"]),
        ("t.csv", "image,Data Split\n000001,training set\n000002,test_images\n", ["train", "test"]),
        ("t.csv", "file,Usage\n000001,Training\n000002,PublicTest\n", ["train", "test"]),
        # The column that says splits, not the first one of such a name.
        ("t.csv", "file,split,subset\n000001,0,train\n000002,1,test\n", ["train", "test"]),
        ("t.csv", "file,kind\n000001,train\n", []),
    ],
)
def test_splits_in_a_table(tmp_path, file, text, expected):
    write_text(tmp_path / file, text)
    found = told(tmp_path)
    assert found.of == dict(zip(FACES, expected, strict=False))
    assert found.where.endswith(f" of {file}" if expected else "")
    assert bool(found.where) == bool(expected)
    assert not found.skipped


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("000002,\n", "in no split of the table"),
        ("000002\n", "in no split of the table"),
        ("", "in no split of the table"),
        ("000002,holdout\n", "its split in the table is not known"),
        ("000002,2\n", "its split in the table is not known"),
        ("000002,train\n000002,test\n", "the table gives it several splits"),
    ],
)
def test_a_cell_that_says_no_split_loses_its_picture_and_not_the_column(tmp_path, rows, reason):
    write_text(tmp_path / "t.csv", f"file,split\n000001,train\n{rows}000003,test\n")
    found = divided(tmp_path)
    assert found.of == {FACES[0]: "train", FACES[2]: "test"}
    ((said, (name,)),) = found.skipped.items()
    assert said == reason
    assert name.startswith(FACES[1])
    assert "holdout" not in rows or name.endswith("(holdout)")


@pytest.mark.parametrize("rows", ["000001,\n000002,\n", "000001,\n", ""])
def test_where_only_those_to_test_on_are_named_all_others_are_trained_on(tmp_path, rows):
    write_text(tmp_path / "t.csv", f"file,split\n{rows}000003,test\n")
    found = divided(tmp_path)
    assert found.of == {FACES[0]: "train", FACES[1]: "train", FACES[2]: "test"}
    assert "the splits are those of column split of t.csv" in found.assumed
    assert "2 pictures without a split there are trained on" in found.assumed


def test_nothing_is_trained_on_that_the_table_keeps_from_it(tmp_path):
    write_text(tmp_path / "t.csv", "file,split\n000001,holdout\n000002,val\n000003,test\n")
    with pytest.raises(DataError, match=r"column split of t.csv must say train .*--splits=none.*Received: .*holdout"):
        divided(tmp_path)


@pytest.mark.parametrize("values", ["01", ["blue", "red"]])
def test_a_column_that_says_no_split_at_all_is_said(tmp_path, values):
    write_text(tmp_path / "t.csv", f"file,set\n000001,{values[0]}\n000002,{values[1]}\n")
    found = divided(tmp_path)
    assert set(found.of.values()) == {"train"}
    assert f"column set of t.csv names no split that is known ({values[0]}, {values[1]})" in found.assumed


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('file,split\n000001,"train\n000002,test\n', r"t.csv must .*every quote.*Received: .* line 2"),
        ("file,split,kind\n000001,train,Möwe\n000002,test,x\n".encode("latin-1"), r"'t.csv' must be UTF-8.*--encoding"),
    ],
)
def test_a_damaged_table_of_splits_is_refused(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message) as caught:
        told(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_damaged_table_of_other_things_is_none_of_splits(tmp_path):
    write_text(tmp_path / "a.csv", 'file,kind\n000001,"train\n000002,test\n')
    (tmp_path / "b.csv").write_bytes("file,kind\n000001,Möwe\n".encode("latin-1"))
    write_text(tmp_path / "c.csv", 'file,split\nelsewhere,"train\n')
    assert not told(tmp_path).of


def test_tables_that_agree_are_one_and_others_are_refused(tmp_path):
    write_text(tmp_path / "list_eval_partition.txt", "000001.jpg 0\n000002.jpg 1\n000003.jpg 2\n")
    write_text(tmp_path / "list_eval_partition.csv", "image_id,partition\n000001.jpg,0\n000003.jpg,2\n")
    found = told(tmp_path)
    assert found.of == dict(zip(FACES, ["train", "validation", "test"], strict=True))
    assert "list_eval_partition.csv" in found.where
    assert "list_eval_partition.txt" in found.where
    write_text(tmp_path / "t.csv", "file,split\n000001,test\n")
    with pytest.raises(DataError, match=r"agree.*--splits=none.*Received: img/000001.jpg, which is .*train.*test"):
        divided(tmp_path)
    with pytest.raises(DataError, match=r"or mend the table\. Received"):
        told(tmp_path)
