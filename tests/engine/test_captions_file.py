"""--captions_file and --encoding of --mode=sample, without TensorFlow."""

import pytest

from engine.command import CommandError, Sample
from engine.experiment import captions_of


def captions(tmp_path, content: bytes, **fields):
    path = tmp_path / "mine.txt"
    path.write_bytes(content)
    return captions_of(Sample(captions_file=str(path), **fields))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_a_file_of_captions_is_read_in_every_encoding_that_is_certain(encoding, tmp_path):
    content = "a café\r\n\r\n un  élève \r\n".encode(encoding)
    assert captions(tmp_path, content) == ("a café", "un élève")
    assert captions(tmp_path, content, caption=(" a\tbird ",))[0] == "a bird"


@pytest.mark.parametrize(("encoding", "text"), [("latin-1", "un élève"), ("gbk", "一只红色的鸟")])
def test_another_encoding_is_refused_unless_it_is_named(encoding, text, tmp_path):
    content = text.encode(encoding)
    with pytest.raises(CommandError, match=r"--captions_file 'mine.txt' must be UTF-8.*--encoding.*Received.*line 1"):
        captions(tmp_path, content)
    assert captions(tmp_path, content, encoding=encoding) == (text,)


def test_a_file_that_is_not_valid_in_the_named_encoding(tmp_path):
    with pytest.raises(CommandError, match=r"must be cp1252.*Received: b'.x81b' in line 2"):
        captions(tmp_path, b"a bird\n\x81b\n", encoding="cp1252")


def test_a_wrong_name_of_an_encoding(tmp_path):
    with pytest.raises(CommandError, match=r"^--encoding must be the name of a text encoding.*Received: klingon$"):
        captions(tmp_path, b"a", encoding="klingon")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match=r"--captions_file .*must be readable"):
        captions_of(Sample(captions_file=str(tmp_path / "none.txt")))
