"""Tables beside the user's pictures: CSV and its like, and the text files in which CelebA has its attributes."""

import csv
import dataclasses
import io
import os
from collections.abc import Iterator

from pipelines.examples import DataError
from pipelines.readers.text_files import read_text
from pipelines.report import printable

SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
SEPARATORS = ",;\t|"
# Of the first column of CelebA's text files, which has no name.
UNNAMED = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """A text file of rows and columns.

    Attributes:
        name: its path below the user's folder.
        columns: their names; `UNNAMED` for a column that has none.
        text: the whole file.
        separator: between cells; "" for any white space.
        header: how many lines come before the rows.
    """

    name: str
    columns: tuple[str, ...]
    text: str
    separator: str
    header: int

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The number of the first line of each row, from 1, and its cells; empty rows are left out.

        Raises:
            DataError: a quote that is not closed, or whatever else is no table.
        """
        if not self.separator:
            for number, line in enumerate(io.StringIO(self.text, newline=None), start=1):
                if number > self.header and line.strip():
                    yield number, line.split()
            return
        csv.field_size_limit(max(csv.field_size_limit(), len(self.text) + 1))
        reader = csv.reader(
            io.StringIO(self.text, newline=""), delimiter=self.separator, strict=True, skipinitialspace=True
        )
        start = 1
        try:
            for cells in reader:
                if start > self.header and any(cell.strip() for cell in cells):
                    yield start, [cell.strip() for cell in cells]
                start = reader.line_num + 1
        except csv.Error as error:
            raise DataError(
                f"{printable(self.name)} must be a table with every quote closed. Received: {error}, in a row that "
                f"begins in line {start}"
            ) from error


def tables_in(folder: str) -> list[str]:
    """The names of the files at the top of a folder that may be tables, sorted."""
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [
        name
        for name in names
        if name.lower().endswith(SUFFIXES) and not name.startswith(".") and os.path.isfile(os.path.join(folder, name))
    ]


def open_table(folder: str, name: str, encoding: str = "") -> Table | None:
    """Reads a table; None if the file is none.

    Args:
        folder: the user's folder.
        name: of the file, below it.
        encoding: of a file without a byte order mark; "" for UTF-8.

    Raises:
        DataError: it cannot be read or decoded.
    """
    text = read_text(os.path.join(folder, *name.split("/")), encoding, "the table")
    first, _, rest = text.partition("\n")
    if (published := _celeba(name, text, first, rest)) is not None:
        return published
    separator = max(SEPARATORS, key=first.count)
    if separator not in first:
        separator = ""
        columns = tuple(first.split())
    else:
        try:
            columns = tuple(
                cell.strip() for cell in next(csv.reader([first.rstrip("\r")], delimiter=separator, strict=True), [])
            )
        except csv.Error:
            return None
    if len(columns) < 2:
        return None
    # Prose is no table: its lines have any number of words.
    is_table = bool(separator) or {len(line.split()) for line in rest.splitlines()[:20]} - {0} == {len(columns)}
    return Table(name, columns, text, separator, header=1) if is_table else None


def _celeba(name: str, text: str, first: str, rest: str) -> Table | None:
    """A table as CelebA's: a line with the number of rows, a line of names, and rows with a file name before them.

    (CelebA's README; `list_bbox_celeba.txt` names that first column, too.)
    """
    if not first.strip().isdecimal():
        return None
    second, _, below = rest.partition("\n")
    columns, row = tuple(second.split()), below.partition("\n")[0].split()
    if len(row) == len(columns) + 1:
        columns = (UNNAMED, *columns)
    if len(columns) < 2 or len(row) != len(columns):
        return None
    return Table(name, columns, text, "", header=2)
