"""What a table of captions says, row by row: CSV, TSV, JSON, JSON lines, and the token files of Flickr8k and 30k."""

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Sequence

from pipelines.examples import DataError
from pipelines.readers.delimited import (
    FILE_COLUMNS,
    SPLIT_COLUMNS,
    Columns,
    column_name,
    header_of,
    last_cell,
    rows_of,
    without_hint,
)
from pipelines.readers.files import IMAGE_SUFFIXES

CAPTION_KEYS = (
    *("text", "caption", "captions", "sentence", "sentences", "comment", "comments", "description", "descriptions"),
    *("prompt", "raw", "title"),
)
# "1000268201_693b08cb0e.jpg#0<tab>A child in a pink dress ."
_TOKEN = re.compile(r"([^\t#]+)#\d+\t(.*)")
_LISTS = ("images", "annotations", "data", "rows", "items", "samples")


class NotATableError(DataError):
    """A file that holds no table of captions."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        line: its number, from 1.
        file: the image file as the table names it; "" if it names none.
        captions: its captions as they are; None if it has none that can be read.
        split: the split as the table names it; "" if it names none.
        is_joined: whether the caption was cut by separators, and has been joined.
    """

    line: int
    file: str
    captions: Sequence[str] | None
    split: str = ""
    is_joined: bool = False


def rows_in(text: str, path: str, is_image: Callable[[str], bool]) -> Iterator[Row]:
    """The rows of a table.

    Args:
        text: the table.
        path: its name, for its suffix and for messages.
        is_image: whether a cell names one of the images.

    Raises:
        NotATableError: it has not the columns of a table of captions, or is another kind of file.
        DataError: it is one, but a quote in it is not closed.
    """
    suffix = path.lower().rpartition(".")[2]
    if suffix == "jsonl":
        return lines_of_json(text)
    if suffix == "json":
        return document(text, path, is_image)
    if suffix in ("txt", "token") and _TOKEN.fullmatch(text.lstrip().partition("\n")[0].strip()):
        return tokens(text)
    return cells(text, path, is_image)


def looks_like_image(name: str) -> bool:
    """Whether this ends as the name of an image file does."""
    return name.lower().endswith(IMAGE_SUFFIXES)


def tokens(text: str) -> Iterator[Row]:
    """Rows of `name.jpg#0<tab>caption`, as Flickr8k and Flickr30k are published."""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        match = _TOKEN.fullmatch(line.strip())
        if match:
            yield Row(number, match[1], [match[2]])
        elif line.strip():
            yield Row(number, "", None)


# Tables of cells.


def columns(names: Sequence[str], keys: Sequence[str]) -> list[int]:
    """The columns of the first key that there is, or of `key_1`, `key_2`, ...; empty if there are none."""
    for key in keys:
        if key in names:
            return [names.index(key)]
        if numbered := [place for place, name in enumerate(names) if re.fullmatch(rf"{key}_?\d+", name)]:
            return numbered
    return []


def is_header(names: Sequence[str]) -> bool:
    """Whether these are the columns of a table of captions."""
    return bool(columns(names, FILE_COLUMNS) and columns(names, CAPTION_KEYS))


def cells(text: str, path: str, is_image: Callable[[str], bool]) -> Iterator[Row]:
    """Rows of a table with a header."""
    text = without_hint(text)
    found = header_of(text, is_header)
    if found is None:
        first = text.partition("\n")[0].strip()
        raise NotATableError(
            f"captions: the first line of {path} must name a column of {', '.join(FILE_COLUMNS)} and a column of "
            f"{', '.join(CAPTION_KEYS)}, separated by commas (or ; or | or tabs). Received: {first[:100]!r}"
        )
    separator, names = found[0], tuple(map(column_name, found[1]))
    file_column, caption_columns = columns(names, FILE_COLUMNS)[0], columns(names, CAPTION_KEYS)
    split_column = next(iter(columns(names, SPLIT_COLUMNS)), None)
    needed = max(file_column, *caption_columns)

    def is_file(cell: str) -> bool:
        return is_image(cell) or (" " not in cell.strip() and looks_like_image(cell.strip()))

    table = Columns(separator, file_column, needed + 1, is_file)
    for line, row, written in rows_of(text, f"captions: {path}", table):
        while len(row) > len(names) and not row[-1].strip():
            row.pop()
        is_joined = len(row) > len(names) and caption_columns == [len(names) - 1]
        if is_joined:
            row = [*row[: len(names) - 1], last_cell(row, len(names), separator, written)]
        if not needed < len(row) <= len(names):
            yield Row(line, "", None)
            continue
        captions = [caption for column in caption_columns for caption in texts_of(row[column])]
        split = row[split_column].strip() if split_column is not None and split_column < len(row) else ""
        yield Row(line, row[file_column].strip(), captions, split, is_joined)


def texts_of(cell: str) -> list[str]:
    """The captions in a cell: one, or a list in JSON."""
    if cell.lstrip().startswith('["'):
        try:
            listed = json.loads(cell)
        except (ValueError, RecursionError):
            return [cell]
        if all(isinstance(text, str) for text in listed):
            return listed
    return [cell]


# JSON.


def lines_of_json(text: str) -> Iterator[Row]:
    """Rows of JSON lines, an object each."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield row_of(number, json.loads(line))
            # RecursionError: brackets that are nested too deeply.
            except (ValueError, RecursionError):
                yield Row(number, "", None)


def row_of(number: int, entry: object) -> Row:
    """One object of a table in JSON."""
    entry = {column_name(key): value for key, value in entry.items()} if isinstance(entry, dict) else {}
    file = next((entry[key] for key in FILE_COLUMNS if isinstance(entry.get(key), str)), "")
    captions = next((entry[key] for key in CAPTION_KEYS if isinstance(entry.get(key), str | list)), None)
    split = next((entry[key] for key in SPLIT_COLUMNS if isinstance(entry.get(key), str)), "")
    return Row(number, file, captions_of(captions), split)


def captions_of(value: object) -> list[str] | None:
    """A caption, a list of them, or a list of objects with one each; None for anything else."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        return None
    texts = [
        next((entry[key] for key in ("raw", *CAPTION_KEYS) if isinstance(entry.get(key), str)), None)
        if isinstance(entry, dict)
        else entry
        for entry in value
    ]
    return texts if all(isinstance(text, str) for text in texts) else None


def document(text: str, path: str, is_image: Callable[[str], bool]) -> Iterator[Row]:
    """Rows of a JSON file: a list of objects, COCO's images and annotations, or an object of file name to captions."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        if text.lstrip().startswith("{") and is_json(text.lstrip().partition("\n")[0]):
            return lines_of_json(text)
        raise NotATableError(f"captions: {path} must be JSON. Received: {text[:60]!r}") from None
    rows = list(entries(content, is_image))
    if not any(row.file and row.captions is not None for row in rows):
        raise NotATableError(
            f"captions: {path} must hold a list of objects with a member of {', '.join(FILE_COLUMNS)} and a member of "
            f"{', '.join(CAPTION_KEYS)}, or images and annotations as COCO's, or an object of file names and captions. "
            "Received: none of these"
        )
    return iter(rows)


def is_json(line: str) -> bool:
    """Whether a line is a JSON value by itself."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def entries(content: object, is_image: Callable[[str], bool]) -> Iterator[Row]:
    """The rows of a parsed JSON file, numbered from 1."""
    if isinstance(content, list):
        yield from (row_of(number, entry) for number, entry in enumerate(content, start=1))
    elif isinstance(content, dict):
        lists = {key: content[key] for key in _LISTS if isinstance(content.get(key), list)}
        if {"images", "annotations"} <= lists.keys():
            yield from coco(lists["images"], lists["annotations"])
        elif lists:
            yield from (row for listed in lists.values() for row in entries(listed, is_image))
        else:
            for number, (name, value) in enumerate(content.items(), start=1):
                row = row_of(number, value) if isinstance(value, dict) else Row(number, "", captions_of(value))
                # An object of settings has texts, too; but its keys name no files.
                if is_image(name) or looks_like_image(name):
                    yield dataclasses.replace(row, file=name)


def coco(images: list, annotations: list) -> Iterator[Row]:
    """The rows of COCO's captions: annotations that name an image by its id."""
    files = {}
    for image in images:
        if isinstance(image, dict) and isinstance(image.get("id"), int | str):
            files[image["id"]] = row_of(0, image)
    for number, annotation in enumerate(annotations, start=1):
        row = row_of(number, annotation)
        key = annotation.get("image_id") if isinstance(annotation, dict) else None
        image = files.get(key) if isinstance(key, int | str) else None
        yield dataclasses.replace(row, file=image.file, split=image.split) if image and not row.file else row
