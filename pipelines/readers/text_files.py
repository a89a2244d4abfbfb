"""Decoding text files: what is certain is decoded, nothing is guessed."""

import codecs
import os

from pipelines.examples import DataError

# Named in messages, for whoever does not know what an encoding is called.
SUCH_AS = "such as latin-1, cp1252, gbk, shift_jis or utf-16-le"
# UTF-32's mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Names that leave the order of the bytes to a mark. Python takes this machine's order where there is none.
_NEED_A_MARK = {"utf-16", "utf-32"}
# ISO-2022-JP and its like are ASCII by their bytes: these sequences switch the letters' meaning.
_SWITCHES = (b"\x1b$", b"\x1b(")
# Without a mark: of UTF-16 in mostly Latin text, one byte of two is NUL, always the same one. In the other order of the
# bytes this would be characters such as U+4E00, which are frequent in Chinese; but no text has U+2000, U+0A00 or
# U+2C00, which would be its spaces, line breaks and commas.
_LATIN_SHARE, _SEPARATORS = 0.5, frozenset(" \n,")


# The end of the planes with letters; U+A0030 in UTF-32 would be a line break and a 0 in UTF-16.
_LAST_LETTER = "\U0003ffff"


class TextError(DataError):
    """A text file that cannot be decoded for certain."""


def check_encoding(encoding: str) -> None:
    """DataError if this is the name of no encoding of text that Python knows; "" is accepted."""
    try:
        found = codecs.lookup(encoding or "utf-8")
        # Other codecs, such as base64, turn bytes into bytes; "undefined" decodes nothing.
        is_text = found._is_text_encoding and found.name != "undefined"
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        raise DataError(f"encoding must be the name of a text encoding, {SUCH_AS}. Received: {encoding}")


def decode(content: bytes, encoding: str = "") -> str:
    """Decodes a text file: UTF-8, also with a mark, UTF-16 and UTF-32 with a mark or where they are certain without.

    Args:
        content: the file.
        encoding: how a file without a mark is encoded, by a name that Python knows; "" for UTF-8.

    Raises:
        UnicodeError: it is not valid.
    """
    if not content:
        return ""
    marked = [codec for mark, codec in _MARKS if content.startswith(mark)]
    for codec in marked:
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    name = codecs.lookup(encoding).name if encoding else "utf-8"
    if marked and not encoding:
        raise UnicodeError(f"a mark of {marked[0]}, but other text")
    if name == "utf-8" or name in _NEED_A_MARK:
        if unmarked := _without_mark(content):
            return content.decode(unmarked)
        if name in _NEED_A_MARK:
            raise UnicodeError(f"no mark, and so no order of the bytes: name {name}-le or {name}-be")
    if name == "utf-8":
        for sign in (b"\0", *_SWITCHES):
            if sign in content:
                raise UnicodeDecodeError("utf-8", content, content.index(sign), content.index(sign) + 1, "not text")
    return content.decode(name)


def _without_mark(content: bytes) -> str:
    """The Unicode encoding of a text without a mark that holds NULs, if its bytes leave no doubt; else ""."""
    if b"\0" not in content:
        return ""
    if len(content) % 4 == 0:
        for codec in ("utf-32-le", "utf-32-be"):
            # Of four bytes one is 0, and another at most 3, as no letters are beyond: that is nothing else by chance.
            if _is_valid(content, codec) and max(content.decode(codec)) <= _LAST_LETTER:
                return codec
    first, second = content[0::2].count(0), content[1::2].count(0)
    if len(content) % 2 or min(first, second) > 0 or max(first, second) < _LATIN_SHARE * len(content) / 2:
        return ""
    codec = "utf-16-be" if first else "utf-16-le"
    return codec if _is_valid(content, codec) and not _SEPARATORS.isdisjoint(content.decode(codec)) else ""


def _is_valid(content: bytes, encoding: str) -> bool:
    try:
        return "\0" not in content.decode(encoding)
    except UnicodeDecodeError:
        return False


def is_garbled(content: bytes, encoding: str, text: str) -> bool:
    """Whether a file that was read in another encoding is valid UTF-8, and other text in it.

    Args:
        content: the file.
        encoding: the encoding that was named; "" if none was.
        text: what the file was decoded to.
    """
    return bool(encoding) and _is_valid(content, "utf-8") and content.decode("utf-8-sig") != text


def read_bytes(path: str, what: str = "the file") -> bytes:
    """The content of a file; DataError, which says what the file is, if it cannot be opened."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise DataError(f"{what} {path!r} must be readable. Received: {error}") from error


def read_text(path: str, encoding: str = "", what: str = "the file") -> str:
    """Reads a text file, see `decode`.

    Args:
        path: the file.
        encoding: how it is encoded if it has no mark; "" for UTF-8.
        what: what the file is, for the message.

    Raises:
        DataError: the file cannot be opened, or the encoding does not exist.
        TextError: the file is not valid in the encoding.
    """
    check_encoding(encoding)
    content = read_bytes(path, what)
    try:
        return decode(content, encoding)
    except UnicodeError as error:
        raise TextError(
            f"{what} {os.path.basename(path)!r} must be {encoding or 'UTF-8, or UTF-16 or UTF-32 with a mark'}; "
            f"--encoding=NAME names another encoding, {SUCH_AS}. Received: {_place(error)}"
        ) from None


def _place(error: UnicodeError) -> str:
    """Where a file is not valid."""
    if not isinstance(error, UnicodeDecodeError):
        return str(error)
    line = error.object.count(b"\n", 0, error.start) + 1
    return f"{error.object[error.start : error.start + 2]!r} in line {line}"
