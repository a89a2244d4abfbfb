"""Tables beside the user's pictures: CSV and its like, and the text files in which CelebA has its attributes."""

import dataclasses
import io
import itertools
import os
from collections.abc import Iterator, Sequence

from pipelines.readers.delimited import Columns, header_of, parsed, rows_of, without_hint
from pipelines.readers.text_files import read_text
from pipelines.report import printable

SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
# Lines, to see whether there are columns.
LOOKED_AT = 21
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
        header: how many lines that are not empty come before the rows.
    """

    name: str
    columns: tuple[str, ...]
    text: str
    separator: str
    header: int

    def rows(self, columns: Columns | None = None) -> Iterator[tuple[int, list[str]]]:
        """The number of the first line of each row, from 1, and its cells; empty rows are left out.

        Args:
            columns: what makes a row, to find quotes that are not closed; None to look at lines one by one, as they
                are, with no regard to quotes that go on.

        Raises:
            DataError: a quote is not closed, with `columns`.
        """
        if columns is not None and self.separator:
            for number, cells, _ in rows_of(self.text, printable(self.name), columns, has_header=self.header > 0):
                yield number, [cell.strip() for cell in cells]
            return
        left = self.header
        for number, line in enumerate(io.StringIO(self.text, newline=None), start=1):
            if line.strip() and left:
                left -= 1
            elif line.strip():
                cells = next(parsed([line], self.separator)) if self.separator else line.split()
                yield number, [cell.strip() for cell in cells]


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
    text = without_hint(read_text(os.path.join(folder, *name.split("/")), encoding, "the table"))
    lines = list(itertools.islice((line for line in io.StringIO(text, newline=None) if line.strip()), LOOKED_AT))
    if not lines:
        return None
    if (published := _celeba(name, text, lines)) is not None:
        return published
    if found := header_of(text, lambda names: len(names) > 1):
        separator, columns = found
        return Table(name, columns, text, separator, header=1)
    # Prose is no table: its lines have any number of words.
    counts = [len(line.split()) for line in lines]
    is_table = counts[0] > 1 and len(counts) > 1 and len(set(counts)) == 1
    return Table(name, tuple(lines[0].split()), text, "", header=1) if is_table else None


def _celeba(name: str, text: str, lines: Sequence[str]) -> Table | None:
    """A table as CelebA's: a line with the number of rows, a line of names, and rows with a file name before them.

    (CelebA's README; `list_bbox_celeba.txt` names that first column, too.)
    """
    if not lines[0].strip().isdecimal() or len(lines) < 3:
        return None
    columns, row = tuple(lines[1].split()), lines[2].split()
    if len(row) == len(columns) + 1:
        columns = (UNNAMED, *columns)
    if len(columns) < 2 or len(row) != len(columns):
        return None
    return Table(name, columns, text, "", header=2)
