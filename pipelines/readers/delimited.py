"""Tables of lines with a separator (CSV, TSV): which separator, which columns, and no row swallowed by a quote."""

import csv
import dataclasses
import functools
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from pipelines.examples import DataError
from pipelines.report import printable

SEPARATORS = ",;\t|"
# What columns of tables beside pictures are called, as `column_name` has it: those of file names, and those of splits.
FILE_COLUMNS = (
    *("file_name", "filename", "file", "image", "image_name", "image_file", "image_path", "file_path", "filepath"),
    *("path", "img", "img_name", "img_path", "img_file", "imagename", "imagepath", "picture", "photo"),
)
SPLIT_COLUMNS = (
    *("split", "partition", "subset", "set", "phase", "usage", "fold"),
    *("data_split", "dataset_split", "split_name", "train_test_split"),
)


# The rows of a file in JSON have the same few.
@functools.lru_cache(maxsize=4096)
def column_name(cell: str) -> str:
    """The name of a column as it is looked for: lower-case, without quotes, with underscores for spaces and hyphens."""
    return "_".join(cell.strip().strip("\"'").lower().replace("-", " ").split())


def without_hint(text: str) -> str:
    """A table without the line `sep=;` that Excel may write first, or need; its line break stays."""
    return re.sub(r"\A\s*sep=.(?=\s*[\r\n])", "", text, flags=re.IGNORECASE)


def parsed(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """The rows of some lines."""
    # A space after a comma is no part of a quoted cell; after a bar or a tab people do not quote.
    return csv.reader(lines, delimiter=separator, skipinitialspace=separator in ",;")


def header_of(text: str, is_header: Callable[[Sequence[str]], bool]) -> tuple[str, tuple[str, ...]] | None:
    """The separator of a table, and the names of its columns as written, in the first line that is not empty.

    Args:
        text: the table.
        is_header: whether these are names of columns of such a table, as `column_name` has them.

    Returns:
        None if no separator gives a header; of several that which gives most columns.
    """
    line = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    csv.field_size_limit(max(csv.field_size_limit(), len(line) + 1))
    found = [(separator, next(parsed([line], separator), [])) for separator in SEPARATORS]
    found = [(separator, names) for separator, names in found if is_header(tuple(map(column_name, names)))]
    if not found:
        return None
    separator, names = max(found, key=lambda header: len(header[1]))
    return separator, tuple(name.strip() for name in names)


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
        return parsed(lines, self.separator)

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


def rows_of(text: str, path: str, columns: Columns, has_header: bool = True) -> Iterator[tuple[int, list[str], str]]:
    """The rows below the header, each with the number of its first line, and as written; empty lines are left out.

    A quoted cell may hold line breaks. But if there is a row of the table within it, or the file ends within it, its
    quote is taken for one that was never closed.

    Args:
        text: the table.
        path: its name, for messages.
        columns: what makes a row.
        has_header: whether the first row names the columns.

    Raises:
        DataError: a quote is not closed, or the file is no table.
    """
    lines = list(io.StringIO(text, newline=""))
    # The whole text is in memory already; a quote that is not closed may swallow all of it.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader, start, is_below = columns.parse(lines), 1, not has_header
    try:
        for cells in reader:
            end = reader.line_num
            if reason := swallowed(cells, lines[start - 1 : end], columns, end == len(lines)):
                shown = printable(lines[start - 1].strip()[:40])
                raise DataError(
                    f"{path} must close every quote (a quote within a quoted text is doubled). "
                    f"Received: a quote that is opened in line {start} ({shown}) is still open {reason}"
                )
            if any(cell.strip() for cell in cells):
                if is_below:
                    yield start, cells, "".join(lines[start - 1 : end])
                is_below = True
            start = end + 1
    except csv.Error as error:
        raise DataError(f"{path} must be a table. Received: {error} in line {start}") from error


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
