"""How much of a caption the char-CNN-RNN reads. Imports no TensorFlow: readers report on it, too."""

from collections.abc import Iterable

from pipelines.readers.caption_files import clean_caption

# Bytes of a caption that are read; a longer caption is truncated (doc_length in reedscot/icml2016).
MAX_CHARACTERS = 201


def is_cut(caption: str, most: int = MAX_CHARACTERS) -> bool:
    """Whether the char-CNN-RNN reads the beginning of a caption only.

    As `pipelines.batches.text.encode_characters` counts: bytes of UTF-8 after cleaning (A-Z and a-z are one each).

    Args:
        caption: as it is typed, or clean.
        most: how many bytes are read.
    """
    return len(clean_caption(caption).encode()) > most


def count_cut(captions: Iterable[str], most: int = MAX_CHARACTERS) -> int:
    """How many captions are read in part only."""
    return sum(is_cut(caption, most) for caption in captions)


def cut_line(
    count: int, names: str, most: int = MAX_CHARACTERS, of: str = "characters", reader: str = "the text encoder"
) -> str:
    """The line for the user on captions that are read in part only.

    Args:
        count: how many there are.
        names: which ones.
        most: how much of a caption is read.
        of: what that is a number of: "characters" (bytes) or "words".
        reader: who does not read the rest.
    """
    captions = "1 caption is" if count == 1 else f"{count:,} captions are"
    return f"{captions} longer than {most} {of}, and {reader} does not read the rest: {names}"
