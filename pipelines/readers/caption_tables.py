"""Reading tables of captions: `metadata.jsonl` as in Hugging Face's image folders, and CSV files."""

import csv
import dataclasses
import io
import json
import ntpath
import os
import posixpath
from collections.abc import Iterator

from pipelines.examples import DataError
from pipelines.readers.caption_files import clean_caption
from pipelines.readers.text_files import read_text

FILE_KEYS = ("file_name", "file", "filename", "image")
CAPTION_KEYS = ("text", "caption", "captions")
TABLE_NAMES = ("metadata.jsonl", "metadata.csv", "captions.csv")


@dataclasses.dataclass
class Table:
    """The captions in tables.

    Attributes:
        captions: for each image file (path below the dataset's folder, forward slashes) at least one clean caption.
        empty: image files that are only listed with empty captions.
        unusable: "table:line" of lines that name no image file or no text.
    """

    captions: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    empty: list[str] = dataclasses.field(default_factory=list)
    unusable: list[str] = dataclasses.field(default_factory=list)


def read_table(folder: str, path: str, table: Table, encoding: str = "") -> None:
    """Adds the captions in one file to a table. Several lines with the same image give it several captions.

    Args:
        folder: the dataset's folder.
        path: the table's path below it; the file names in it are relative to the table's own folder.
        table: the table to add to.
        encoding: of a file without a mark; "" for UTF-8.

    Raises:
        DataError: a CSV file without the needed columns or that cannot be parsed, or a file name that leads out of
            the dataset's folder.
    """
    text = read_text(os.path.join(folder, *path.split("/")), encoding, "captions: the table")
    rows = _json_rows(text) if path.lower().endswith(".jsonl") else _csv_rows(text, path)
    for line, file_name, captions in rows:
        if not file_name or captions is None:
            table.unusable.append(f"{path}:{line}")
            continue
        name = _inside(file_name, path, line)
        captions = [caption for caption in map(clean_caption, captions) if caption]
        if captions:
            table.captions.setdefault(name, []).extend(captions)
        else:
            table.empty.append(name)
    table.empty = [name for name in table.empty if name not in table.captions]


def _inside(file_name: str, path: str, line: int) -> str:
    """Returns a table's file name as a path below the dataset's folder."""
    forward = file_name.strip().replace("\\", "/")
    name = posixpath.normpath(posixpath.join(posixpath.dirname(path), forward))
    if forward.startswith("/") or ntpath.splitdrive(forward)[0] or name.split("/")[0] == "..":
        raise DataError(
            f"captions: file names in a table must be relative and stay inside of data_dir, "
            f"got {file_name!r} at {path}:{line}"
        )
    return name


def _json_rows(text: str) -> Iterator[tuple[int, str, list[str] | None]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        # RecursionError: brackets that are nested too deeply.
        except (ValueError, RecursionError):
            row = None
        row = row if isinstance(row, dict) else {}
        file_name = next((row[key] for key in FILE_KEYS if isinstance(row.get(key), str)), "")
        captions = next((row[key] for key in CAPTION_KEYS if isinstance(row.get(key), str | list)), None)
        captions = [captions] if isinstance(captions, str) else captions
        if captions is not None and not all(isinstance(caption, str) for caption in captions):
            captions = None
        yield number, file_name, captions


def _csv_rows(text: str, path: str) -> Iterator[tuple[int, str, list[str] | None]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        file_column = next((header.index(key) for key in FILE_KEYS if key in header), None)
        caption_column = next((header.index(key) for key in CAPTION_KEYS if key in header), None)
        if file_column is None or caption_column is None:
            raise DataError(
                f"captions: the first line of {path} must name a column of {', '.join(FILE_KEYS)} and a column of "
                f"{', '.join(CAPTION_KEYS)}, separated by commas, got {','.join(header)[:100]!r}"
            )
        for row in reader:
            if row:
                complete = len(row) > max(file_column, caption_column)
                yield reader.line_num, row[file_column] if complete else "", [row[caption_column]] if complete else None
    except csv.Error as error:
        raise DataError(f"captions: {path} must be a CSV file, got {error} at line {reader.line_num}") from error
