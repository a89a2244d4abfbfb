"""The column of a table that names pictures, and which picture each of its cells means."""

import os
from collections.abc import Collection

from pipelines.readers.delimited import FILE_COLUMNS, Columns, column_name
from pipelines.readers.files import IMAGE_SUFFIXES, normal
from pipelines.readers.tables import UNNAMED, Table

# Columns that may hold names of pictures, or of something else, in the order in which they are preferred.
NAME_COLUMNS = (*FILE_COLUMNS, "image_id", "name", "id", UNNAMED)
# Rows, of which one must name a picture; else all are looked at.
LOOKED_AT = 1000


class Pictures:
    """Pictures by the names that tables give them: with or without suffix, with fewer or more folders before them.

    Args:
        names: their paths below the user's folder, with forward slashes.
    """

    def __init__(self, names: Collection[str]):
        self.suffixes = {os.path.splitext(name)[1].lower() for name in names} | set(IMAGE_SUFFIXES)
        # By each end of their paths, and numbers also without leading zeros, which spreadsheets drop.
        self.ends: dict[str, list[str]] = {}
        self.numbers: dict[str, list[str]] = {}
        self.stems = {name: os.path.splitext(normal(name))[0] for name in names}
        for name, stem in self.stems.items():
            for start in (0, *(place + 1 for place, letter in enumerate(stem) if letter == "/")):
                self.ends.setdefault(stem[start:], []).append(name)
            base = stem.rpartition("/")[2]
            if base.isdecimal():
                self.numbers.setdefault(base.lstrip("0"), []).append(name)

    def columns(self, separator: str, file: int, other: int) -> Columns:
        """What makes a row of a table with such names in one column, of which another column is wanted, too."""

        def is_file(cell: str) -> bool:
            name = cell.strip()
            # Names of pictures that are not here, too.
            return bool(name) and ((name.lower().endswith(IMAGE_SUFFIXES) and " " not in name) or bool(self.find(name)))

        return Columns(separator, file, max(file, other) + 1, is_file)

    def find(self, cell: str) -> list[str]:
        """The pictures that a cell may mean: one if all is well."""
        whole = normal(cell.strip().replace("\\", "/")).removeprefix("./")
        stem, suffix = os.path.splitext(whole)
        if suffix.lower() not in self.suffixes:
            stem = whole
        found = self.ends.get(stem, [])
        if not found and stem.isdecimal():
            found = self.numbers.get(stem.lstrip("0"), [])
        rest = stem
        while not found and "/" in rest:
            # "images/train/1.jpg" is train/1.jpg; "test/1.jpg" is not.
            rest = rest.partition("/")[2]
            found = [name for name in self.ends.get(rest, ()) if self.stems[name] == rest]
        if len(found) == 1:
            return found
        # One name in several folders, or twins that differ in their suffix: the whole name may tell.
        found = [name for name in found if self.stems[name] == stem] or found
        return [name for name in found if normal(name).endswith(whole.rpartition("/")[2])] or found


def file_column(table: Table, pictures: Pictures, without: int | None = None) -> int | None:
    """The column whose cells are names of pictures; None if there is none.

    Args:
        table: the table.
        pictures: those that there are.
        without: a column that is something else.
    """
    lower = [column_name(column) for column in table.columns]
    known = [lower.index(name) for name in NAME_COLUMNS if name in lower]
    # Where names tell nothing, the cells do.
    for places in (known, [place for place in range(len(lower)) if place not in known]):
        counts = dict.fromkeys((place for place in places if place != without), 0)
        for number, (_, cells) in enumerate(table.rows()):
            if number >= LOOKED_AT and any(counts.values()):
                break
            for place in counts:
                counts[place] += place < len(cells) and bool(cells[place]) and bool(pictures.find(cells[place]))
        # The first of those with most.
        best = max(counts, key=counts.get, default=None)
        if best is not None and counts[best]:
            return best
    return None
