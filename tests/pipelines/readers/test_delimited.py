"""CSV as people write it: no row is swallowed by a quote, none is cut, and legitimate quotes keep working."""

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.examples import DataError
from pipelines.readers.caption_rows import NotATableError, rows_in

IMAGES = {f"{number}.jpg" for number in range(1, 7)}


def rows(text, path="captions.csv"):
    return [(row.file, row.captions) for row in rows_in(text, path, IMAGES.__contains__)]


OPEN = {
    "to the end": ('file_name,text\n1.jpg,a red bird\n3.jpg,"a white bird\n4.jpg,a green bird\n', 3),
    "in the last row": ('file_name,text\n1.jpg,a red bird\n3.jpg,"a white bird\n', 3),
    "in the last row, without an end of line": ('file_name,text\n1.jpg,a red bird\n3.jpg,"a white bird', 3),
    "until the next quote": ('file_name,text\n2.jpg,"a white bird\n3.jpg,"a green bird"\n4.jpg,a bird\n', 2),
    "until a quote some rows later": ('file_name,text\n2.jpg,"a white\n3.jpg,a bird\n4.jpg,"a gray bird"\n', 2),
    "until a quote within a caption": ('file_name,text\n2.jpg,"a white\n3.jpg,a bird of 5" or so\n', 2),
    "where every cell is quoted": ('"file_name","text"\n"1.jpg","a white bird\n"2.jpg","a bird"\n"3.jpg","b"\n', 2),
    "of the name": ('"text","file"\n"a white bird","1.jpg\n"a bird","2.jpg"\n"b","3.jpg"\n', 2),
    "of the name, until the next quote": ('text,file\na,"1.jpg\nb,"2.jpg"\nc,3.jpg\n', 2),
    "of a name that is no image's": ('text,file\na,"x\nb,"y"\nc,1.jpg\n', 2),
    "before the name": ('text,file\n"a white bird,3.jpg\na green bird,4.jpg\n', 2),
    "before the name, until the next quote": ('text,file\n"a white bird,3.jpg\n"a green bird",4.jpg\na,5.jpg\n', 2),
    "with Windows's ends of lines": ('file_name,text\r\n1.jpg,a\r\n3.jpg,"a white bird\r\n4.jpg,a green bird\r\n', 3),
    "after a space": ('file_name, text\n1.jpg, "a white bird\n2.jpg, "a green bird"\n', 2),
    "with semicolons": ('id;image;caption\n1;1.jpg;"a white bird\n2;2.jpg;a green bird\n', 2),
    "of names that are not in the folder": ('file_name,text\n8.png,"a white bird\n9.PNG,"a green bird"\n', 2),
    "after a text of several lines": ('file_name,text\n1.jpg,"a\n\nb"\n2.jpg,"a bird\n3.jpg,"a bird"\n', 5),
    "with more columns after it": ('file,text,n\n1.jpg,"a bird,1\n2.jpg,"a bird",2\n3.jpg,a,3\n', 2),
}


@pytest.mark.parametrize("case", OPEN)
def test_an_open_quote_is_refused_and_its_line_named(case):
    text, line = OPEN[case]
    with pytest.raises(DataError, match=rf"captions.csv must close every quote.*opened in line {line} .*is still open"):
        rows(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('1.jpg,"a red bird,\non a twig"\n2.jpg,b\n', {"1.jpg": "a red bird,\non a twig", "2.jpg": "b"}),
        ('1.jpg,"a ""red"" bird"\n', {"1.jpg": 'a "red" bird'}),
        ('1.jpg,"a bird\nlike the one of 2.jpg, but red"\n', {"1.jpg": "a bird\nlike the one of 2.jpg, but red"}),
        ('1.jpg,a bird of 5" or 6"\n2.jpg,b\n', {"1.jpg": 'a bird of 5" or 6"', "2.jpg": "b"}),
        ('1.jpg, "a red, round bird"\n', {"1.jpg": "a red, round bird"}),
        ('"1.jpg","a\n\n\nb"\n\n\n', {"1.jpg": "a\n\n\nb"}),
        # The last line ends without an end of line, within a row of two lines.
        ('1.jpg,"a\nb"', {"1.jpg": "a\nb"}),
        # A comma too many, in the last column: nothing is cut off.
        ("1.jpg,a red bird, with wings, and a bill\n2.jpg,b,,\n", {"1.jpg": "a red bird, with wings, and a bill"}),
    ],
)
def test_quotes_and_line_breaks_that_mean_something_keep_it(text, wanted):
    read = {file: captions[0].strip() for file, captions in rows("file_name,text\n" + text)}
    assert {file: read[file] for file in wanted} == wanted


def test_a_row_of_several_lines_before_the_name():
    assert rows('text,id,file\n"a\nb",1,1.jpg\nc,2,2.jpg\n') == [("1.jpg", ["a\nb"]), ("2.jpg", ["c"])]


@pytest.mark.parametrize("header", ["file_name{0}text", "ID{0}Image Name{0} Caption", '"IMAGE"{0}"x"{0}"Sentence"'])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "| "])
def test_the_separator_is_the_one_of_the_header(header, separator):
    line = {2: "1.jpg{0}a bird", 3: "1.jpg{0}1.jpg{0}a bird"}[header.count("{0}") + 1]
    if header.startswith("ID"):
        line = "7{0}1.jpg{0}a bird"
    elif header.startswith('"'):
        line = "1.jpg{0}x{0}a bird"
    text = f"{header}\n{line}\n".format(separator)
    assert [(file, [caption.strip() for caption in captions]) for file, captions in rows(text)] == [
        ("1.jpg", ["a bird"])
    ]


@pytest.mark.parametrize("start", ["sep=;\r\n", "\n\r\n", "SEP=;\n\n"])
def test_the_header_is_the_first_line_that_is_one(start):
    (row,) = rows_in(f"{start}image;caption\n1.jpg;a bird\n", "captions.csv", bool)
    assert (row.file, row.captions, row.line) == ("1.jpg", ["a bird"], 2 + start.count("\n"))


def test_what_is_cut_by_separators_is_joined_only_where_it_is_certain():
    (row,) = rows_in("file,text\n1.jpg,a, b\n", "captions.csv", bool)
    assert (row.captions, row.is_joined) == (["a, b"], True)
    (row,) = rows_in('n,file,text\n"1,5",1.jpg,a, b\n', "captions.csv", bool)
    assert (row.captions, row.is_joined) == (["a,b"], True)
    # Of which column is the comma too many?
    (row,) = rows_in("text,file\na,b,1.jpg\n", "captions.csv", bool)
    assert (row.file, row.captions) == ("", None)


@pytest.mark.parametrize("text", ["", "\n", "name;words\n", "1.jpg,a bird\n", "file_name\n1.jpg\n", "text,x\na,b\n"])
def test_a_file_without_the_columns_is_no_table(text):
    with pytest.raises(NotATableError, match="must name a column of file_name"):
        rows(text)


def test_several_captions_in_a_row():
    text = "image,caption 1,caption 2\n1.jpg,a,b\n"
    assert rows(text) == [("1.jpg", ["a", "b"])]
    text = 'raw,split,filename\n"[""a"", ""b""]",test,1.jpg\n'
    (row,) = rows_in(text, "flickr_annotations_30k.csv", bool)
    assert (row.file, row.captions, row.split) == ("1.jpg", ["a", "b"], "test")


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@settings(max_examples=100, deadline=None)
@given(
    captions=st.lists(CELLS, min_size=1, max_size=4),
    separator=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    file_first=st.booleans(),
)
def test_what_a_csv_writer_writes_is_read(captions, separator, quoting, file_first):
    stream = io.StringIO()
    table = [("file_name", "text"), *((f"{number}.jpg", text) for number, text in enumerate(captions, start=1))]
    writer = csv.writer(stream, delimiter=separator, quoting=quoting)
    writer.writerows(row if file_first else row[::-1] for row in table)
    read = [(file, [text.strip() for text in texts]) for file, texts in rows(stream.getvalue())]
    assert read == [(file, [text.strip()]) for file, text in table[1:]]


@settings(max_examples=100, deadline=None)
@given(
    captions=st.lists(st.text("ab ,.\n", max_size=12), min_size=1, max_size=5),
    broken=st.integers(0, 4),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_no_open_quote_swallows_a_row(captions, broken, quoting):
    """A quote is lost, or one too many: the file is refused, or each name is still there."""
    stream = io.StringIO()
    csv.writer(stream, quoting=quoting).writerows(
        [("file_name", "text"), *((f"{number}.jpg", text) for number, text in enumerate(captions, start=1))]
    )
    text = stream.getvalue()
    start = text.find(f"{broken % len(captions) + 1}.jpg")
    start = text.index(",", start) + 1
    text = text[:start] + '"' + text[start + (text[start] == '"') :]
    read = set()
    with contextlib.suppress(DataError):
        read = {file for file, _ in rows(text)}
    assert not read or read >= {f"{number}.jpg" for number in range(1, len(captions) + 1)}
