"""Tables of lines with a separator (CSV, TSV): which separator, which columns, and no row swallowed by a quote."""

import csv
import dataclasses
import functools
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from pipelines.examples import DataError

SEPARATORS = ",;\t|"


# The rows of a file in JSON have the same few.
@functools.lru_cache(maxsize=4096)
def column_name(cell: str) -> str:
    """The name of a column as it is looked for: lower-case, without quotes, with underscores for spaces and hyphens."""
    return "_".join(cell.strip().strip("\"'").lower().replace("-", " ").split())


def header_of(text: str, is_header: Callable[[Sequence[str]], bool]) -> tuple[str, tuple[str, ...]] | None:
    """The separator of a table, and the names of its columns, in the first line that is not empty.

    Args:
        text: the table.
        is_header: whether these are names of columns of such a table.

    Returns:
        None if no separator gives a header.
    """
    line = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    for separator in SEPARATORS:
        names = tuple(map(column_name, next(csv.reader([line], delimiter=separator), [])))
        if is_header(names):
            return separator, names
    return None


@dataclasses.dataclass(frozen=True)
class Columns:
    """What every row of a table has.

    Attributes:
        separator: one character.
        file: the column of the file's name.
        count: how many cells a row has at least.
        is_file: whether a cell may be the name of a file.
    """

    separator: str
    file: int
    count: int
    is_file: Callable[[str], bool]

    def parse(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The rows of some lines."""
        # A space after a comma is no part of a quoted cell; after a bar or a tab people do not quote.
        return csv.reader(lines, delimiter=self.separator, skipinitialspace=self.separator in ",;")

    def has_row(self, line: str) -> bool:
        """Whether a line is a row by itself."""
        return any(len(cells) >= self.count and self.is_file(cells[self.file]) for cells in self.parse([line]))


def last_cell(cells: list[str], count: int, separator: str, written: str) -> str:
    """What a row holds from column `count - 1` on, where separators have cut it into more cells.

    Args:
        cells: the row.
        count: how many columns the table has.
        separator: one character.
        written: the row as it is in the file, where spaces after a separator are left.
    """
    parts = written.strip().split(separator, count - 1)
    if [part.strip() for part in parts[:-1]] == [cell.strip() for cell in cells[: count - 1]]:
        return parts[-1]
    return separator.join(cells[count - 1 :])


def rows_of(text: str, path: str, columns: Columns) -> Iterator[tuple[int, list[str], str]]:
    """The rows below the header, each with the number of its first line, and as written; empty lines are left out.

    A quoted cell may hold line breaks. But if there is a row of the table within it, or the file ends within it, its
    quote is taken for one that was never closed.

    Args:
        text: the table.
        path: its name, for messages.
        columns: what makes a row.

    Raises:
        DataError: a quote is not closed, or the file is no table.
    """
    lines = list(io.StringIO(text, newline=""))
    # The whole text is in memory already; a quote that is not closed may swallow all of it.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader, start, is_below = columns.parse(lines), 1, False
    try:
        for cells in reader:
            end = reader.line_num
            if reason := swallowed(cells, lines[start - 1 : end], columns, end == len(lines)):
                raise DataError(
                    f"captions: {path} must close every quote (a quote within a quoted text is doubled). "
                    f"Received: a quote that is opened in line {start} ({lines[start - 1].strip()[:40]}) is still open "
                    f"{reason}"
                )
            if any(cell.strip() for cell in cells):
                if is_below:
                    yield start, cells, "".join(lines[start - 1 : end])
                is_below = True
            start = end + 1
    except csv.Error as error:
        raise DataError(f"captions: {path} must be a table. Received: {error} in line {start}") from error


def swallowed(cells: list[str], lines: list[str], columns: Columns, is_last: bool) -> str:
    """Where a quote is open that should be closed; "" if there is none.

    Args:
        cells: a row.
        lines: the lines that it was parsed from.
        columns: what makes a row.
        is_last: whether the file ends with it.
    """
    # Within an open quote, one more line is no row of its own.
    if is_last and list(columns.parse([*lines, "\n", "end"]))[-1] != ["end"]:
        return "where the file ends"
    if len(lines) == 1:
        return ""
    for place, cell in enumerate(cells):
        parts = re.split(r"\r\n|\r|\n", cell)
        if len(parts) == 1 or columns.is_file(cell):
            continue
        if place == columns.file:
            return "where the name of a file should end"
        inside = parts[1:]
        if place < columns.file:
            # The rest of its row, which a quoted text cannot hold.
            inside += [columns.separator.join([*cells[:place], parts[0]])]
        else:
            inside += lines[1:]
        if any(map(columns.has_row, inside)):
            return "where another row begins"
    return ""
