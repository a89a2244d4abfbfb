"""Finding the image that a table means by a name."""

import functools
import ntpath
import posixpath
from collections.abc import Iterable

from pipelines.readers.files import key_of, normal
from pipelines.readers.splits import KIND_OF, TRAIN, words_of

# Karpathy's: what is left of COCO's validation images, which papers train on.
_KINDS = {**KIND_OF, "restval": TRAIN}


@functools.lru_cache(maxsize=4096)
def split_word(name: str) -> str:
    """The split that just one word of a name means ("captions_val2017.json": validation); "" if none or several do."""
    found = {_KINDS[word] for word in words_of(name) if word in _KINDS}
    return found.pop() if len(found) == 1 else ""


@functools.lru_cache(maxsize=4096)
def folder_split(folder: str) -> str:
    """The split of the nearest folder of a path that names one; "" if none does."""
    return next(filter(None, map(split_word, reversed(folder.split("/")))), "")


# Several rows are of one image.
@functools.lru_cache(maxsize=4096)
def below(folder: str, file_name: str) -> str | None:
    """A table's file name as a path below the dataset's folder; None if it leads out of it.

    Args:
        folder: the table's folder, below the dataset's.
        file_name: as the table has it, with slashes or backslashes.
    """
    forward = normal(file_name.strip().replace("\\", "/"))
    name = posixpath.normpath(posixpath.join(folder, forward))
    if forward.startswith("/") or ntpath.splitdrive(forward)[0] or name.split("/")[0] == "..":
        return None
    return name


class ImageNames:
    """The images of a folder, by all that a table may call them.

    Args:
        images: their paths below the dataset's folder, with forward slashes.
    """

    def __init__(self, images: Iterable[str]):
        self.paths: dict[str, list[str]] = {}
        self.bases: dict[str, list[str]] = {}
        self.folders: set[str] = set()
        for path in images:
            whole, base = normal(path), posixpath.basename(normal(path))
            # Without the suffix, too; a name with another suffix is another file.
            for index, name in ((self.paths, whole), (self.bases, base.lower())):
                for key in {name, posixpath.splitext(name)[0], key_of(name)}:
                    index.setdefault(key, []).append(path)
            folder = posixpath.dirname(whole)
            while folder not in self.folders:
                self.folders.add(folder)
                folder = posixpath.dirname(folder)

    def is_image(self, cell: str) -> bool:
        """Whether a cell of a table is the name of an image, in whatever folder."""
        base = posixpath.basename(normal(cell.strip().replace("\\", "/"))).lower()
        return bool(base) and base in self.bases

    def find(self, name: str, folder: str, split: str = "") -> list[str]:
        """The images that a name may stand for: one if all is well.

        It is looked for below the table's folder, then below the dataset's. A name without folders, or with folders
        that are not here, is also looked for in other folders: only in the table's own if that has images, and never
        in those of another split than the table's.

        Args:
            name: as the table has it; see `below`.
            folder: the table's folder below the dataset's.
            split: the split that the table's name or row says.
        """
        for start in (folder, ""):
            path = below(start, name)
            if path is not None and path in self.paths:
                return self._best(self.paths[path], path)
        given = below("", name)
        if given is None:
            return []
        named = posixpath.dirname(given)
        if named and (named in self.folders or posixpath.normpath(posixpath.join(folder, named)) in self.folders):
            return []
        within = f"{folder}/" if folder in self.folders and folder else ""
        base = posixpath.basename(given).lower()
        found = [path for path in self.bases.get(base, ()) if normal(path).startswith(within)]
        if split:
            found = [path for path in found if folder_split(posixpath.dirname(path)) in ("", split)]
        # "train2014/1.jpg" is rather in images/train2014 than elsewhere.
        nearer = [path for path in found if named and normal(path).endswith(f"/{given}")]
        return self._best(nearer or found, given)

    @staticmethod
    def _best(paths: list[str], name: str) -> list[str]:
        """The images of just this name, if there are any: 1.png is not 1.png.jpg without its suffix."""
        base = posixpath.basename(name)
        exact = [path for path in paths if posixpath.basename(normal(path)) == base]
        return exact or paths
