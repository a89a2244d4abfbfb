"""Reading and cleaning text files of captions."""

from pipelines.examples import DataError

# Control characters, halves of surrogate pairs (an emoji cut in two), byte order marks and U+FFFD, which replaces
# undecodable bytes, separate words; they are not text.
_TO_SPACE = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFEFF, 0xFFFD], " ")


def read_text(path: str) -> str:
    """Reads a text file as UTF-8 (or UTF-16 with a byte order mark); undecodable bytes become U+FFFD.

    Raises:
        DataError: the file cannot be opened.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise DataError(f"the file {path!r} must be readable, got {error}") from error
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return content.decode(encoding, "replace")


def clean_caption(text: str) -> str:
    """Returns a caption on one line with single spaces, without control characters and U+FFFD (as in Reed's files)."""
    return " ".join(text.translate(_TO_SPACE).split())


def read_captions(path: str) -> tuple[str, ...]:
    """Reads a caption file, one caption per line; empty lines are skipped. There may be no captions at all."""
    lines = read_text(path).replace("\r", "\n").split("\n")
    return tuple(caption for caption in map(clean_caption, lines) if caption)
