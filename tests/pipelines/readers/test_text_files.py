"""Text that is not UTF-8: decoded where its bytes leave no doubt, else counted and named; no letter is lost."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import registry
from pipelines.examples import DataError
from pipelines.readers import captions, flowers
from pipelines.readers.cub_classes import TRAIN_CLASSES
from pipelines.readers.files import Found
from pipelines.readers.text_files import check_encoding, decode, read_text
from pipelines.reading import Reading
from tests.pipelines.files import write_image, write_text

FRENCH, CHINESE, JAPANESE = "un café crème, un élève\n", "一只红色的鸟\n", "赤い鳥が枝にとまっている\n"
MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def find(folder, encoding=""):
    """The records to train on, and the report's lines."""
    found = captions.find(str(folder), Reading(encoding=encoding))
    return Found(found.records["train"], tuple(found.report.lines()))


def captioned(folder, contents: dict[str, bytes]):
    for name, content in contents.items():
        write_image(folder / f"{name}.png")
        (folder / f"{name}.txt").write_bytes(content)
    return folder


@pytest.mark.parametrize("text", [FRENCH, CHINESE, "", "a"])
@pytest.mark.parametrize("encoding", MARKS)
def test_a_mark_says_how_a_text_is_encoded_whatever_else_is_named(text, encoding):
    content = MARKS[encoding] + text.encode(encoding)
    assert decode(content) == text
    # A folder may hold files of both kinds.
    assert decode(content, "cp1252") == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_mostly_latin_text_needs_no_mark(encoding):
    text = "un café crème \u2013 “un élève”\nŽluťoučký kůň pěl\n"
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["\n0 a", "\t1\r\n"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_line_break_before_a_digit_is_no_letter_of_utf_32(text, encoding):
    assert decode(text.encode(encoding)) == text


# U+4E00 has a byte 0 where Latin letters have none: in the other order, four of them would be "NNNN".
UNCERTAIN = {
    "latin-1": FRENCH.encode("latin-1"),
    "cp1252": "a “red” bird \u2013 on its nest\n".encode("cp1252"),
    "gbk": CHINESE.encode("gbk"),
    "shift_jis": JAPANESE.encode("shift_jis"),
    "iso2022_jp": JAPANESE.encode("iso2022_jp"),
    "koi8-r": "красная птица\n".encode("koi8-r"),
    "utf-16-le": CHINESE.encode("utf-16-le"),
    "utf-16-be": CHINESE.encode("utf-16-be"),
    "utf-16-le ": "一一一一".encode("utf-16-le"),
    "utf-16-be ": "一丁\n".encode("utf-16-be"),
    "a mark of UTF-16, but an odd byte": None,
    "half of a letter at the end": None,
    "a picture": None,
}
CONTENTS = {
    "a mark of UTF-16, but an odd byte": codecs.BOM_UTF16_LE + b"abc",
    "half of a letter at the end": FRENCH.encode()[:-1] + "é".encode()[:1],
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
}


@pytest.mark.parametrize("case", UNCERTAIN)
def test_what_is_uncertain_is_counted_and_named_and_none_of_it_is_a_caption(case, tmp_path):
    content = UNCERTAIN[case] or CONTENTS[case]
    found = find(captioned(tmp_path, {"good": b"a red bird\n", "other": content}))
    assert [(record.name, record.captions) for record in found.records] == [("good", ("a red bird",))]
    report = "\n".join(found.report)
    assert "skipped 1: the text is not UTF-8 (name its --encoding, such as latin-1" in report
    assert report.count("other.txt") == 1
    # Its picture is counted once.
    assert "without a caption" not in report


@pytest.mark.parametrize("case", [name for name, content in UNCERTAIN.items() if content])
def test_a_named_encoding_reads_it(case, tmp_path):
    content = UNCERTAIN[case]
    (record,) = find(captioned(tmp_path, {"other": content}), case.strip()).records
    assert record.captions == (content.decode(case.strip()).strip(),)


def test_what_is_not_valid_in_the_named_encoding_is_counted(tmp_path):
    found = find(captioned(tmp_path, {"good": b"a\n", "bad": b"a \x81 b\n"}), "cp1252")
    assert [record.name for record in found.records] == ["good"]
    assert "skipped 1: the text is not cp1252" in "\n".join(found.report)
    # Python would take this machine's order of bytes.
    found = find(
        captioned(tmp_path, {"good": codecs.BOM_UTF16_BE + b"\0a", "bad": CHINESE.encode("utf-16-be")}), "utf-16"
    )
    assert [record.captions for record in found.records] == [("a",)]


def test_a_named_encoding_that_garbles_utf8_is_said(tmp_path):
    contents = {"latin": FRENCH.encode("latin-1"), "utf8": FRENCH.encode(), "ascii": b"a bird\n"}
    folder = captioned(tmp_path, contents)
    report = "\n".join(find(folder, "latin-1").report)
    assert "1 text files were read as latin-1, as --encoding says, which are valid UTF-8, too: utf8.txt" in report
    write_text(folder / "captions.csv", "file,text\nutf8.png,un élève\n")
    report = "\n".join(find(folder, "latin-1").report)
    assert "1 text files were read as latin-1, as --encoding says, which are valid UTF-8, too: captions.csv" in report
    report = "\n".join(find(captioned(tmp_path / "wide", {"ascii": b"a bird!!"}), "utf-16-le").report)
    assert "valid UTF-8, too: ascii.txt" in report
    assert "valid UTF-8" not in "\n".join(find(captioned(tmp_path / "narrow", {"a": b"a bird\n"}), "cp1252").report)


ENCODINGS = [*MARKS, "cp1252", "gb18030", "shift_jis", "euc_kr", "koi8-r", "iso2022_jp"]
# Of the control characters, those that texts have.
LETTERS = st.one_of(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"]), st.sampled_from("\n\t\r"))
TEXTS = st.one_of(st.text(LETTERS), st.text(" \nabcé一丁鸟的ñДの", min_size=1))


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from(ENCODINGS), st.booleans())
def test_a_text_is_decoded_as_it_was_written_or_not_at_all(text, encoding, mark):
    try:
        content = (MARKS.get(encoding, b"") if mark else b"") + text.encode(encoding)
        decoded = decode(content)
    except UnicodeError:
        assert encoding != "utf-8"
        return
    # Of bytes that are UTF-8 nobody can tell that they were meant otherwise, but for NULs.
    assert decoded.removeprefix("\ufeff") == text.removeprefix("\ufeff") or decoded.encode() == content
    assert "\0" not in decoded or mark


@pytest.mark.parametrize("name", ["klingon", "base64", "undefined", "a\0b", " "])
def test_a_wrong_name_of_an_encoding_is_refused(name, tmp_path):
    for read in (check_encoding, lambda name: find(captioned(tmp_path, {"a": b"a"}), name)):
        with pytest.raises(DataError, match="encoding must be the name of a text encoding, such as latin-1"):
            read(name)


@pytest.mark.parametrize("name", ["captions.csv", "metadata.jsonl"])
def test_a_table_that_cannot_be_decoded_is_refused_and_read_if_its_encoding_is_named(name, tmp_path):
    captioned(tmp_path, {"a": b"from the text file"})
    rows = {
        "captions.csv": "file_name,text\na.png,un élève\n",
        "metadata.jsonl": '{"file_name":"a.png","text":"élève"}',
    }
    (tmp_path / name).write_bytes(rows[name].encode("latin-1"))
    line = 2 if name.endswith("csv") else 1
    with pytest.raises(DataError, match=rf"the table '{name}' must be UTF-8.*Received: b'.xe9.' in line {line}$"):
        find(tmp_path)
    assert "élève" in find(tmp_path, "latin-1").records[0].captions[0]
    (tmp_path / name).write_bytes(rows[name].encode("utf-16-be"))
    assert "élève" in find(tmp_path).records[0].captions[0]


@pytest.mark.parametrize("dataset", ["cub", "flowers"])
def test_published_captions_have_the_same_rule(dataset, tmp_path):
    folder, images = {"cub": (TRAIN_CLASSES[0], f"images/{TRAIN_CLASSES[0]}"), "flowers": ("class_00001", "jpg")}[
        dataset
    ]
    for number, content in ((1, b"a bird\n"), (2, FRENCH.encode("latin-1")), (3, b"a bird\n")):
        write_image(tmp_path / images / f"{number}.jpg")
        write_text(tmp_path / "text" / folder / f"{number}.txt", "").write_bytes(content)
    places = str(tmp_path), str(tmp_path / "cache")
    assert len(registry.load(dataset, "train", 8, *places)) == 2
    assert "skipped 1: the text is not UTF-8" in "\n".join(registry.load(dataset, "train", 8, *places).report.lines())
    examples = registry.load(dataset, "train", 8, *places, Reading(encoding="latin-1"))
    assert (FRENCH.strip(),) in examples.captions


def test_lists_of_classes_have_the_same_rule(tmp_path):
    path = tmp_path / flowers.TRAIN_LIST
    path.write_bytes("class_00001\r\n".encode("utf-16-le"))
    assert flowers.read_classes([str(tmp_path)])["train"] == ("class_00001",)
    path.write_bytes("class_00001 # élève\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"the list 'trainvalclasses\.txt' must be UTF-8"):
        flowers.read_classes([str(tmp_path)])


def test_a_file_that_cannot_be_opened(tmp_path):
    with pytest.raises(DataError, match="must be readable"):
        read_text(str(tmp_path))
