"""Splits in tables beside pictures: which pictures a column keeps to be tested on."""

import dataclasses
import os
from collections import Counter
from collections.abc import Mapping, Sequence

from pipelines.examples import DataError
from pipelines.readers.delimited import SPLIT_COLUMNS, column_name
from pipelines.readers.files import Scan
from pipelines.readers.image_names import split_word
from pipelines.readers.picture_columns import Pictures, file_column
from pipelines.readers.splits import TEST, TRAIN, VALIDATION, Splits, from_table
from pipelines.readers.tables import UNNAMED, Table, open_table
from pipelines.readers.text_files import TextError
from pipelines.report import counted, first_names, printable

# CelebA's list_eval_partition: a file without a header, or with a column `partition`.
CELEBA_PARTITION = "list_eval_partition.txt"
CELEBA_SPLITS = {"0": TRAIN, "1": VALIDATION, "2": TEST}
UNKNOWN = "its split in the table is not known"
SEVERAL = "the table gives it several splits"


@dataclasses.dataclass
class TableSplits:
    """The splits of pictures in tables.

    Attributes:
        of: picture to "train", "validation" or "test", of those for which a table says it.
        where: the columns that say it, in words; "" if there are none.
        skipped: reason to the pictures with a row, but in no split, each with what is said of it.
        assumed: lines on what could be otherwise.
    """

    of: dict[str, str] = dataclasses.field(default_factory=dict)
    where: str = ""
    skipped: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    assumed: list[str] = dataclasses.field(default_factory=list)


def divided_by_tables(scanned: Scan, tables: Sequence[str], splits: Splits, encoding: str = "") -> Splits:
    """The splits that tables say; those that there are, perhaps with a line more, where they say none.

    Args:
        scanned: the folder's files.
        tables: paths of files that may be tables.
        splits: as folders say them.
        encoding: of tables without a byte order mark; "" for UTF-8.

    Raises:
        DataError: see `splits_of`.
    """
    told = splits_of(scanned.folder, tables, scanned.pictures, encoding, "--splits=none takes no splits from tables")
    if not told.where:
        return dataclasses.replace(splits, assumed="; ".join(filter(None, [splits.assumed, *told.assumed])))
    found = from_table(
        scanned,
        told.of,
        "; ".join([f"the splits are those of {told.where}", *told.assumed]),
    )
    named = {name for names in told.skipped.values() for name in names}
    skipped = {reason: [name for name in names if name not in named] for reason, names in found.skipped.items()}
    skipped |= {reason: list(names.values()) for reason, names in told.skipped.items()}
    return dataclasses.replace(found, skipped={reason: names for reason, names in skipped.items() if names})


def splits_of(
    data_dir: str, tables: Sequence[str], names: Sequence[str], encoding: str = "", instead: str = "mend the table"
) -> TableSplits:
    """The splits of pictures in tables: in columns named as in `SPLIT_COLUMNS`, or in CelebA's partition.

    Where pictures to test on are named, but none to train on, those that no table puts elsewhere are trained on.

    Args:
        data_dir: the user's folder.
        tables: paths below it of files that may be tables.
        names: paths of the pictures below it, with forward slashes.
        encoding: of tables without a byte order mark; "" for UTF-8.
        instead: what else the user can do, for messages.

    Raises:
        DataError: a table with such a column is damaged; tables do not agree; or nothing is left to train on.
    """
    pictures, found = Pictures(names), TableSplits()
    columns: dict[str, dict[str, str]] = {}
    for name in tables:
        table = _table_of_splits(data_dir, name, pictures, encoding)
        for place, file_place in _places(table, pictures) if table else ():
            where = f"column {table.columns[place]} of {printable(name)}"
            cells = _cells(table, place, file_place, pictures)
            if splits := _read(cells, column_name(table.columns[place]), found):
                columns[where] = splits
                break
            values = first_names(sorted({cell for listed in cells.values() for cell in listed if cell}))
            found.assumed.append(f"{where} names no split that is known ({values})")
    for where, splits in columns.items():
        for path, split in splits.items():
            if found.of.setdefault(path, split) != split:
                other = next(other for other, earlier in columns.items() if path in earlier)
                raise DataError(
                    f"tables that say splits must agree: mend or remove one of them; or {instead}. "
                    f"Received: {printable(path)}, which is {columns[other][path]} by {other} and {split} by "
                    f"{where}"
                )
    found.where = " and ".join(columns)
    if columns and TRAIN not in found.of.values():
        _train_on_others(found, names, instead)
    return found


def _table_of_splits(data_dir: str, name: str, pictures: Pictures, encoding: str) -> Table | None:
    """A table, if it has such a column; DataError if it has, and cannot be decoded."""
    try:
        table = open_table(data_dir, name, encoding)
    except TextError:
        # The names of columns are ASCII, and those of pictures mostly.
        table = open_table(data_dir, name, "latin-1")
        if table is None or not _places(table, pictures):
            return None
        raise
    except DataError:
        return None
    if os.path.basename(name) == CELEBA_PARTITION and table is not None and table.header == 1:
        # Its first line is a row.
        return dataclasses.replace(table, columns=(UNNAMED, "partition"), header=0)
    return table


def _places(table: Table, pictures: Pictures) -> list[tuple[int, int]]:
    """The columns that may say splits, each with that of the pictures' names; none where that names no picture."""
    columns = [column_name(column) for column in table.columns]
    places = [columns.index(column) for column in SPLIT_COLUMNS if column in columns]
    found = [(place, file_column(table, pictures, without=place)) for place in places]
    return [(place, file_place) for place, file_place in found if file_place is not None]


def _cells(table: Table, place: int, file_place: int, pictures: Pictures) -> dict[str, list[str]]:
    """Picture to its cells in a column."""
    cells: dict[str, list[str]] = {}
    for _, row in table.rows(pictures.columns(table.separator, file_place, place)):
        found = pictures.find(row[file_place]) if file_place < len(row) else []
        if len(found) == 1:
            cells.setdefault(found[0], []).append(row[place] if place < len(row) else "")
    return cells


def _read(cells: Mapping[str, Sequence[str]], column: str, found: TableSplits) -> dict[str, str]:
    """Picture to its split in a column, and into `found` what is skipped; empty where no cell says a split."""
    known = CELEBA_SPLITS if column == "partition" else {}
    splits, unknown, several = {}, {}, {}
    for path, values in cells.items():
        kinds = {cell: known.get(cell) or split_word(cell) for cell in values if cell}
        if len(set(kinds.values())) > 1:
            several[path] = f"{printable(path)} ({first_names(list(kinds))})"
        elif all(kinds.values()):
            # None where its cells are empty.
            splits |= dict.fromkeys([path] if kinds else [], next(iter(kinds.values()), ""))
        else:
            unknown[path] = f"{printable(path)} ({first_names(list(kinds))})"
    if splits:
        for reason, names in ((UNKNOWN, unknown), (SEVERAL, several)):
            found.skipped |= {reason: found.skipped.get(reason, {}) | names} if names else {}
    return splits


def _train_on_others(found: TableSplits, names: Sequence[str], instead: str) -> None:
    """Adds the pictures without a split as those to train on."""
    left_out = {path for paths in found.skipped.values() for path in paths}
    others = [path for path in names if path not in found.of and path not in left_out]
    if not others:
        counts = counted(Counter(found.of.values()))
        shown = "".join(f"; {reason}: {first_names(list(paths.values()))}" for reason, paths in found.skipped.items())
        raise DataError(
            f"{found.where} must say train for some pictures, or nothing for those to train on; or {instead}. "
            f"Received: {counts}{shown}"
        )
    found.of |= dict.fromkeys(others, TRAIN)
    found.assumed.append(f"{len(others):,} pictures without a split there are trained on")
