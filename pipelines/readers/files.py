"""The files below the user's folder: which of them are pictures, and what is to be said of the others."""

import dataclasses
import functools
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from PIL import Image

from pipelines.examples import DataError, Record
from pipelines.report import Report, writable

SPLITS = ("train", "test")
# Formats that Pillow names but does not decode, or not without a program that the machine may lack.
STUBS = frozenset({"BUFR", "GRIB", "HDF5", "MPEG", "WMF", "EPS"})
# Files that are certainly no pictures. One with another suffix, or with none, is opened to see.
NO_PICTURES = (
    *(".txt", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".log"),
    *(".md", ".rst", ".html", ".htm", ".css", ".js", ".py", ".ipynb", ".sh", ".m", ".lua", ".tex", ".pdf", ".doc"),
    *(".docx", ".xls", ".xlsx", ".ods", ".npy", ".npz", ".mat", ".h5", ".hdf", ".hdf5", ".pkl", ".pickle", ".pt"),
    *(".pth", ".t7", ".keras", ".ckpt", ".tfrecord", ".parquet", ".arrow", ".db", ".sqlite", ".zip", ".tar", ".gz"),
    *(".tgz", ".bz2", ".xz", ".7z", ".rar", ".mp3", ".wav", ".mp4", ".avi", ".mov", ".mkv"),
)
# Of a run folder, and of the sheet of examples in it; a text chunk of the sheet's PNG file.
RUN_RECORD, SHEET = "run.json", "data.png"
SHEET_MARK = "gans_from_the_papers data sheet"
# Folders of systems and programs, whose pictures are thumbnails and remains.
FOREIGN = frozenset(("__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"))
# A folder may be reached by links in several ways, but not in all the ways that links between many folders make.
MOST_WAYS = 2


@functools.cache
def picture_suffixes() -> frozenset[str]:
    """Lower-case suffixes, with their dots, of what Pillow decodes here."""
    Image.init()
    return frozenset(
        suffix
        for suffix, kind in Image.registered_extensions().items()
        if kind in Image.OPEN and kind not in STUBS and suffix not in NO_PICTURES
    )


IMAGE_SUFFIXES = tuple(sorted(picture_suffixes()))
# What is named where formats are listed for a reader.
COMMON = ".jpg, .png, .webp, .bmp, .gif, .tif, .avif and whatever else Pillow decodes"


@dataclasses.dataclass(frozen=True)
class Scan:
    """The files below a folder. All paths are relative to it, with forward slashes, sorted.

    Attributes:
        folder: the folder.
        pictures: what Pillow decodes, by suffix; files of unknown suffixes, by their first bytes.
        others: every other file: texts, tables, archives.
        skipped: reason to files that can be neither: dead links, hidden files, what cannot be read.
        real: path to the real path of pictures that are reached through links.
    """

    folder: str
    pictures: tuple[str, ...]
    others: tuple[str, ...]
    skipped: Mapping[str, tuple[str, ...]]
    real: Mapping[str, str]

    @property
    def found(self) -> str:
        """What there is, in a line."""
        return f"{len(self.pictures):,} pictures and {len(self.others):,} other files in {self.folder!r}"

    def path(self, name: str) -> str:
        """Where a file is."""
        return os.path.join(self.folder, *name.split("/"))

    def real_path(self, name: str) -> str:
        """Where a file really is: the same for two links to one file."""
        return self.real.get(name) or self.path(name)

    def named(self, *suffixes: str) -> list[str]:
        """The other files that end in one of the lower-case suffixes, in either case."""
        return [name for name in self.others if name.lower().endswith(suffixes)]


def scan(folder: str) -> Scan:
    """Lists the files below a folder. Linked folders are followed, but no loop of them.

    Args:
        folder: an existing folder.

    Raises:
        DataError: a folder cannot be read.
    """
    pictures, others, skipped, real, ways = [], [], {}, {}, {}
    suffixes = picture_suffixes()

    def walk(path: str, prefix: str, above: tuple[str, ...], linked: bool):
        identity = os.path.realpath(path)
        ways[identity] = ways.get(identity, 0) + 1
        if identity in above or ways[identity] > MOST_WAYS:
            skipped.setdefault("link to a folder that is read elsewhere", []).append(prefix.rstrip("/"))
            return
        try:
            with os.scandir(path) as entries:
                entries = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise DataError(f"the folder {path!r} must be readable. Received: {error}") from error
        for entry in entries:
            name = prefix + entry.name
            is_hidden, is_link = entry.name.startswith("."), entry.is_symlink()
            if is_folder(entry):
                if is_hidden or entry.name in FOREIGN:
                    skipped.setdefault("hidden or a system's folder", []).append(f"{name}/")
                else:
                    walk(entry.path, f"{name}/", (*above, identity), linked or is_link)
            elif is_link and not os.path.exists(entry.path):
                if not is_hidden:
                    skipped.setdefault("the link leads nowhere", []).append(name)
            elif not entry.is_file():
                skipped.setdefault("neither a file nor a folder", []).append(name)
            elif is_hidden:
                if os.path.splitext(entry.name)[1].lower() in suffixes:
                    skipped.setdefault("hidden file", []).append(name)
            elif is_picture(entry.path, suffixes):
                pictures.append(name)
                if linked or is_link:
                    real[name] = os.path.realpath(entry.path)
            else:
                others.append(name)

    walk(folder, "", (), linked=False)
    return Scan(
        folder,
        tuple(sorted(pictures)),
        tuple(sorted(others)),
        {reason: tuple(names) for reason, names in skipped.items()},
        real,
    )


def scan_data(folder: str) -> Scan:
    """The files below a folder of data, see `scan`, less what this program has written into it: runs and sheets."""
    scanned = scan(folder)
    runs = tuple(f"{name.removesuffix(RUN_RECORD)}" for name in scanned.others if name.endswith(f"/{RUN_RECORD}"))
    own = {name for name in (*scanned.pictures, *scanned.others) if name.startswith(runs)} if runs else set()
    own |= {name for name in scanned.pictures if name not in own and is_sheet(scanned.path(name))}
    if not own:
        return scanned
    return dataclasses.replace(
        scanned,
        pictures=tuple(name for name in scanned.pictures if name not in own),
        others=tuple(name for name in scanned.others if name not in own),
        skipped={**scanned.skipped, "written by this program": tuple(sorted(own))},
    )


def is_sheet(path: str) -> bool:
    """Whether a file is a sheet of examples that this program has drawn."""
    if os.path.basename(path) != SHEET:
        return False
    try:
        with Image.open(path) as opened:
            return opened.info.get("Software") == SHEET_MARK
    except Exception:
        # Reported when it is decoded.
        return False


def is_folder(entry: os.DirEntry) -> bool:
    """Whether an entry is a folder; a link to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_picture(path: str, suffixes: frozenset[str]) -> bool:
    """Whether a file is a picture: by its suffix, or by its first bytes where the suffix says nothing."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix in suffixes:
        return True
    if suffix in NO_PICTURES:
        return False
    try:
        with Image.open(path) as opened:
            return opened.format not in STUBS
    except Exception:
        # Pillow raises a dozen types for what is no picture.
        return False


def check_folder(dataset: str, data_dir: str, accepted: str) -> None:
    """DataError unless the user's folder exists."""
    if not data_dir or not os.path.isdir(data_dir):
        raise DataError(f"{dataset}: data_dir must be an existing folder; {accepted}. Received: {data_dir!r}")


def not_pictures(scanned: Scan, used: Iterable[str] = ()) -> dict[str, list[str]]:
    """Reason to names of the files that are no pictures, except for those that are used as what they are."""
    used = set(used)
    names = [name for name in scanned.others if name not in used]
    return {"not a picture that Pillow decodes": names} if names else {}


def normal(name: str) -> str:
    """A name in composed form: macOS decomposes the letters of file names, tables mostly do not."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


@dataclasses.dataclass(frozen=True)
class Found:
    """The images found on disk, before anything is decoded.

    Attributes:
        records: the images, sorted by name.
        report: on these, and on those that are left out.
        others: how many more images the data set has, of other splits or left out.
    """

    records: tuple[Record, ...]
    report: Report
    others: int = 0


def check_split(split: str) -> None:
    """Raises a DataError if `split` is neither "train" nor "test"."""
    if split not in SPLITS:
        raise DataError(f"split must be one of {', '.join(map(repr, SPLITS))}. Received: {split!r}")


def list_files(folder: str, suffixes: Iterable[str]) -> list[str]:
    """Lists the files below a folder that end in one of the suffixes (in either case), in a fixed order.

    Hidden files and folders and macOS's `__MACOSX` are left out. Linked folders are followed, but none is read twice,
    so that a loop of links ends.

    Args:
        folder: where to look; may be missing.
        suffixes: lower-case suffixes, with their dots.

    Returns:
        Paths relative to `folder`, with forward slashes, sorted.

    Raises:
        DataError: a folder cannot be read.
    """
    seen, suffixes = set(), tuple(suffixes)

    def walk(path: str, prefix: str) -> Iterator[str]:
        identity = os.path.realpath(path)
        if identity in seen:
            return
        seen.add(identity)
        try:
            entries = sorted(os.listdir(path))
        except OSError as error:
            raise DataError(f"the folder {path!r} must be readable. Received: {error}") from error
        for entry in entries:
            if entry.startswith(".") or entry == "__MACOSX":
                continue
            child = os.path.join(path, entry)
            if os.path.isdir(child):
                yield from walk(child, f"{prefix}{entry}/")
            elif entry.lower().endswith(suffixes) and os.path.isfile(child):
                yield prefix + entry

    return sorted(walk(folder, "")) if os.path.isdir(folder) else []


def key_of(path: str) -> str:
    """Returns the name of an image or caption file: its relative path without the suffix, as text that can be written.

    Bytes that are no UTF-8 become their escapes, so that different names stay different.
    """
    return writable(os.path.splitext(path)[0])
