"""Classes in a table beside pictures: a row a picture, with the name of its file and its class."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from pipelines.examples import DataError
from pipelines.readers.delimited import FILE_COLUMNS, SPLIT_COLUMNS, column_name
from pipelines.readers.order import natural
from pipelines.readers.picture_columns import Pictures, file_column
from pipelines.readers.tables import SUFFIXES, Table, open_table
from pipelines.report import first_names, printable

# More classes than this, one for each picture, are names or measurements and no classes.
FEW = 20
# Of a table, to see what its columns are.
LOOKED_AT = 1000


def read_classes(
    data_dir: str, tables: Sequence[str], column: str, names: Sequence[str], encoding: str = ""
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The classes of pictures, from the one table that has a column.

    A column of -1 and 1, or of 0 and 1 among several of that kind, is an attribute: its classes are "not NAME" and
    "NAME" (in this order, see `in_order`).

    Args:
        data_dir: the user's folder.
        tables: paths below it of files that may be tables.
        column: the name of the column; "TABLE:COLUMN" where several tables have it.
        names: paths of the pictures below it, with forward slashes.
        encoding: of tables without a byte order mark; "" for UTF-8.

    Returns:
        Picture to class, and reason to the names of the pictures, or "table:line" of the rows, that are left out.

    Raises:
        DataError: no table has the column, or several have it; it names no classes; or a table is damaged.
    """
    pictures = Pictures(names)
    table, place = _the_table(data_dir, tables, column, pictures, encoding)
    file_place = file_column(table, pictures, without=place)
    given: dict[str, set[str]] = {}
    problems: dict[str, list[str]] = {}
    for line, cells in table.rows(pictures.columns(table.separator, file_place, place)):
        row = f"{table.name}:{line}"
        if len(cells) <= max(place, file_place):
            problems.setdefault("row with too few cells", []).append(row)
            continue
        found = pictures.find(cells[file_place])
        if "\n" in cells[file_place] + cells[place] or "\r" in cells[file_place] + cells[place]:
            raise DataError(
                f"{printable(table.name)}: names of files and classes must be on one line. Received: a quote that is "
                f"opened in line {line} is still open in the next one"
            )
        if not found:
            problems.setdefault("row of the table without a picture", []).append(f"{row} {cells[file_place]}")
        elif len(found) > 1:
            problems.setdefault("row whose name fits several pictures", []).append(f"{row} {cells[file_place]}")
        elif not cells[place]:
            problems.setdefault("row without a class", []).append(f"{row} {cells[file_place]}")
        else:
            given.setdefault(found[0], set()).add(cells[place])
    classes = {name: next(iter(values)) for name, values in given.items() if len(values) == 1}
    several = [name for name in names if len(given.get(name, ())) > 1]
    missing = [name for name in names if name not in given]
    problems |= {
        reason: found
        for reason, found in (
            (f"picture to which {table.name} gives several classes", several),
            (f"picture without a class in {table.name}", missing),
        )
        if found
    }
    if is_attribute(table, place, set(classes.values())):
        known = {"1": table.columns[place]}
        classes = {name: known.get(value, f"not {table.columns[place]}") for name, value in classes.items()}
    _check(table, place, classes, problems)
    return {name: classes[name] for name in names if name in classes}, problems


def in_order(classes: Iterable[str]) -> tuple[str, ...]:
    """The classes, each once, in natural order; of an attribute first the pictures that do not have it."""
    found = sorted(set(classes), key=natural)
    if len(found) == 2 and found[1] == f"not {found[0]}":
        found.reverse()
    return tuple(found)


def columns_of(
    data_dir: str, tables: Sequence[str], names: Sequence[str], encoding: str = ""
) -> dict[str, tuple[str, ...]]:
    """Table to its columns that may name classes (none perhaps), of each table with rows for some of the pictures.

    What cannot be read is left out. See `read_classes` for the arguments.
    """
    pictures, found = Pictures(names), {}
    for name in tables:
        try:
            table = open_table(data_dir, name, encoding)
            place = file_column(table, pictures) if table else None
        except DataError:
            continue
        # A table without names of its columns begins with a row.
        if place is not None and not pictures.find(table.columns[place]):
            found[name] = tuple(
                column
                for index, column in enumerate(table.columns)
                if index != place and column_name(column) not in SPLIT_COLUMNS
            )
    return found


def columns_line(columns: Mapping[str, Sequence[str]]) -> str:
    """A line of the report on tables whose classes were not asked for; "" if there are none."""
    tables = [f"{printable(name)} has {first_names(found, most=10)}" for name, found in columns.items() if found]
    if not tables:
        return ""
    listed = "; ".join(tables)
    return f"no classes from tables ({listed}): --class_column=NAME reads them"


def _the_table(
    data_dir: str, tables: Sequence[str], column: str, pictures: Pictures, encoding: str
) -> tuple[Table, int]:
    """The one table with the column and rows for pictures, and the place of the column."""
    known, having, damaged = {}, [], []
    only, _, within = column.partition(":")
    named = only in tables and bool(within)
    for name in [only] if named else tables:
        try:
            table = open_table(data_dir, name, encoding)
        except DataError as error:
            damaged.append(str(error))
            continue
        if table is None:
            continue
        known[name] = table.columns
        place = _place(table.columns, within if named else column)
        if place is not None:
            having.append((table, place))
    usable = [(table, place) for table, place in having if file_column(table, pictures, without=place) is not None]
    if len(usable) == 1:
        return usable[0]
    if len(usable) > 1:
        listed = ", ".join(printable(table.name) for table, _ in usable)
        raise DataError(
            f"class_column must be in one table; --class_column={usable[0][0].name}:{column} says which. Received: "
            f"{column}, which is in {listed}"
        )
    if having:
        table, place = having[0]
        _, cells = next(table.rows(), (0, []))
        raise DataError(
            f"{printable(table.name)} must have a column with the names of the pictures "
            f"({', '.join(FILE_COLUMNS[:6])} ...), with or without suffix. Received: none that fits any of the "
            f"{len(pictures.stems):,} pictures; its columns are "
            f"{first_names(table.columns, most=50)}, its first row {first_names(cells, most=10)}"
        )
    if damaged:
        raise DataError(damaged[0])
    listed = "; ".join(f"{printable(name)}: {first_names(columns, most=50)}" for name, columns in known.items())
    raise DataError(
        f"class_column must be a column of a table ({', '.join(SUFFIXES)}) at the top of data_dir; there "
        f"{f'are {listed}' if listed else 'is no table'}. Received: {column}"
    )


def _place(columns: Sequence[str], column: str) -> int | None:
    """Where a column is: by its name, else by its name in another case."""
    if column in columns:
        return columns.index(column)
    lower = [name.lower() for name in columns]
    return lower.index(column.lower()) if lower.count(column.lower()) == 1 else None


def is_attribute(table: Table, place: int, values: Collection[str]) -> bool:
    """Whether a column says who has an attribute: by -1 and 1, or by 0 and 1 in a table with several such columns."""
    if not values <= {"-1", "1"} and not values <= {"0", "1"}:
        return False
    if "-1" in values:
        return True
    occurring: list[set[str]] = [set() for _ in table.columns]
    for number, (_, cells) in enumerate(table.rows()):
        if number == LOOKED_AT:
            break
        for seen, cell in zip(occurring, cells, strict=False):
            seen.add(cell)
    kinds = [bool(seen) and (seen <= {"-1", "1"} or seen <= {"0", "1"}) for seen in occurring]
    return table.header == 2 or sum(kinds) > 1


def _check(table: Table, place: int, classes: Mapping[str, str], problems: Mapping[str, Sequence[str]]) -> None:
    """DataError if a column gives no classes."""
    found, column = in_order(classes.values()), table.columns[place]
    if len(found) < 2:
        received = f"{len(found)} in {table.name}" + (f": {printable(found[0])}" if found else "")
        left_out = "".join(f"; {len(names):,}: {reason}" for reason, names in problems.items())
        raise DataError(f"class_column={column} must name at least two classes. Received: {received}{left_out}")
    if len(found) == len(classes) and len(found) > FEW:
        raise DataError(
            f"class_column={column} must name classes, which several pictures share. Received: another value for each "
            f"of the {len(classes):,} pictures, such as {first_names(found)}"
        )
