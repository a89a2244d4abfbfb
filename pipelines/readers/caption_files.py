"""Reading and cleaning text files of captions."""

from pipelines.readers.text_files import SUCH_AS, check_encoding, decode, is_garbled, read_bytes, read_text
from pipelines.report import first_names

# Control characters, halves of surrogate pairs (an emoji cut in two), byte order marks and U+FFFD, which other programs
# have written in the place of undecodable bytes, separate words; they are not text.
_TO_SPACE = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFEFF, 0xFFFD], " ")


def clean_caption(text: str) -> str:
    """Returns a caption on one line with single spaces, without control characters and U+FFFD (as in Reed's files)."""
    return " ".join(text.translate(_TO_SPACE).split())


def captions_in(text: str) -> tuple[str, ...]:
    """The captions of a text, one per line; empty lines are skipped. There may be no captions at all."""
    lines = text.replace("\r", "\n").split("\n")
    return tuple(caption for caption in map(clean_caption, lines) if caption)


def read_captions(path: str, encoding: str = "", what: str = "the file") -> tuple[str, ...]:
    """Reads a caption file, see `text_files.read_text`."""
    return captions_in(read_text(path, encoding, what))


class CaptionFiles:
    """Reads many caption files. Those that cannot be decoded are left out and counted.

    Args:
        encoding: how files without a mark are encoded, by a name that Python knows; "" for UTF-8.
    """

    def __init__(self, encoding: str = ""):
        check_encoding(encoding)
        self.encoding = encoding
        self.undecodable, self.garbled = [], []

    def read(self, path: str, name: str) -> tuple[str, ...] | None:
        """The captions of a file; None if it cannot be decoded.

        Args:
            path: the file.
            name: what the report calls it.
        """
        content = read_bytes(path)
        try:
            text = decode(content, self.encoding)
        except UnicodeError:
            self.undecodable.append(name)
            return None
        if is_garbled(content, self.encoding, text):
            self.garbled.append(name)
        return captions_in(text)

    def skipped(self) -> dict[str, list[str]]:
        """The files that are left out, by reason."""
        reason = f"the text is not {self.encoding or 'UTF-8'} (name its --encoding, {SUCH_AS})"
        return {reason: self.undecodable} if self.undecodable else {}

    def assumed(self) -> list[str]:
        """Lines on the files that another encoding may fit better than the one that was named."""
        return garbled_lines(self.garbled, self.encoding)


def garbled_lines(names: list[str], encoding: str) -> list[str]:
    """A report line on files that were read in the encoding that was named, and would be valid UTF-8, too."""
    if not names:
        return []
    return [
        f"{len(names):,} text files were read as {encoding}, as --encoding says, which are valid UTF-8, too: "
        f"{first_names(names)}"
    ]
