"""The tables of captions in a folder: `metadata.jsonl` as in Hugging Face's image folders, CSV files, COCO's JSON,
Flickr8k's and Flickr30k's files."""

import collections
import dataclasses
import os
import posixpath
from collections.abc import Iterable, Iterator

from pipelines.examples import DataError
from pipelines.readers.caption_files import clean_caption, garbled_lines
from pipelines.readers.caption_rows import NotATableError, Row, looks_like_image, rows_in
from pipelines.readers.files import key_of, normal
from pipelines.readers.image_names import ImageNames, below, folder_split, split_word
from pipelines.readers.splits import TRAIN
from pipelines.readers.text_files import decode, is_garbled, read_bytes, read_text
from pipelines.report import first_names

# Files of these names are tables, or are refused; all others only if they have the columns.
TABLE_NAMES = ("metadata.jsonl", "metadata.csv", "captions.csv")
TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".json", ".token", ".txt")
# COCO's other annotations, hundreds of megabytes without a caption; Flickr8k's captions of words in their basic form.
_OTHERS = ("instances_", "person_keypoints_", "panoptic_", "stuff_", "image_info_", "flickr8k.lemma.")

NO_TABLE = "not a table of captions"
UNUSABLE = "line of a table without file name or text"
ABSENT = "line of a table without its image"
AMBIGUOUS = "line of a table whose name fits several images"
# What is said of lines and names that are used.
UNKNOWN_SPLIT = "lines of a table name a split that is not known"
JOINED = "lines of a table have more separators than columns, and the rest is taken for the caption's"
ELSEWHERE = "names in a table were looked up by the file's own name, with or without suffix"


@dataclasses.dataclass
class Table:
    """The captions in all the tables of a folder.

    Attributes:
        captions: for each image (its path below the dataset's folder, as it was listed) at least one clean caption.
        splits: for images whose table says so, by a column or by its own name, the split as in `readers.splits`: TRAIN,
            TEST or VALIDATION; empty unless some image is to train on.
        unclear: the refusal, if tables name splits, but not what is to train on.
        unknown: images for which a row names a split that is not known.
        read: the files that are tables, or lists of a split's images, below the dataset's folder.
        skipped: what is left out, by reason: "table:line", names without an image, files.
        assumed: lines on what could be otherwise.
    """

    captions: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    splits: dict[str, str] = dataclasses.field(default_factory=dict)
    unclear: str = ""
    unknown: set[str] = dataclasses.field(default_factory=set)
    read: list[str] = dataclasses.field(default_factory=list)
    skipped: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    assumed: list[str] = dataclasses.field(default_factory=list)

    def skip(self, reason: str, name: str) -> None:
        """Count something that is left out."""
        self.skipped.setdefault(reason, []).append(name)


def find_tables(data_dir: str, images: Iterable[str], files: Iterable[str], encoding: str = "") -> Table:
    """Reads the tables of captions in a folder.

    Those of the names in `TABLE_NAMES` take precedence; without them every file counts that has the columns. File
    names in a table are relative to its own folder or to the dataset's, with or without suffix, or name a file that is
    in one place only.

    Args:
        data_dir: the dataset's folder.
        images: the paths of its images, below it, with forward slashes.
        files: the paths of its files with one of `TABLE_SUFFIXES`. Files that are named like an image are not tables.
        encoding: of files without a mark, by a name that Python knows; "" for UTF-8.

    Raises:
        DataError: a table has an open quote, a text that cannot be decoded, or a file name that leads out of the
            folder; or a file of `TABLE_NAMES` has not the columns.
    """
    images = list(images)
    names, table = ImageNames(images), Table()
    partners = {normal(key_of(path)) for path in images}
    standard, others = [], []
    for path in files:
        if posixpath.basename(path).lower() in TABLE_NAMES:
            standard.append(path)
        elif normal(key_of(path)) not in partners:
            others.append(path)
    for path in standard:
        text = read_text(os.path.join(data_dir, *path.split("/")), encoding, "captions: the table")
        add_rows(table, path, list(rows_in(text, path, names.is_image)), names)
    for path in others:
        rows = rows_of_other(data_dir, path, names, encoding)
        if rows is None:
            # A lonely text file is no table in its own line of the report.
            if not path.lower().endswith(".txt"):
                table.skip(NO_TABLE, path)
        elif standard:
            table.skip(f"table that is not read beside {posixpath.basename(standard[0])}", path)
        else:
            add_rows(table, path, rows, names)
    add_lists(table, data_dir, [path for path in others if path not in table.read], names, encoding)
    contents = {path: read_bytes(os.path.join(data_dir, *path.split("/"))) for path in table.read if encoding}
    garbled = [path for path, content in contents.items() if is_garbled(content, encoding, decode(content, encoding))]
    table.assumed += garbled_lines(garbled, encoding)
    if table.splits and TRAIN not in table.splits.values():
        _train_on_others(table, images)
    return table


def _train_on_others(table: Table, images: Iterable[str]) -> None:
    """Makes the images without a split those to train on, where tables name only what to test on."""
    if any(folder_split(posixpath.dirname(path)) for path in images):
        table.assumed.append("the tables name no image to train on, and the folders say the splits")
        table.splits = {}
        return
    others = [path for path in images if path not in table.splits and path not in table.unknown]
    if others:
        table.splits |= dict.fromkeys(others, TRAIN)
        table.assumed.append(f"{len(others):,} images for which the tables name no split are trained on")
    elif table.unknown:
        table.splits = {}
        table.unclear = (
            "captions: tables that name splits must name images of train, or no split for those to train on; "
            f"--splits=none takes no splits from tables. Received: {'; '.join(table.assumed)}"
        )
    else:
        table.assumed.append("by the tables every image is one to test on: all are trained on")
        table.splits = {}


def rows_of_other(data_dir: str, path: str, names: ImageNames, encoding: str) -> list[Row] | None:
    """The rows of a file that may be a table of captions; None if it is none."""
    if posixpath.basename(path).lower().startswith(_OTHERS):
        return None
    place = os.path.join(data_dir, *path.split("/"))
    content = read_bytes(place)
    try:
        text = decode(content, encoding)
    except UnicodeError:
        # The names of the columns are ASCII.
        if usable(content.replace(b"\0", b"").decode("latin-1"), path, names) is None:
            return None
        # Raises.
        text = read_text(place, encoding, "captions: the table")
    return usable(text, path, names)


def usable(text: str, path: str, names: ImageNames) -> list[Row] | None:
    """The rows of a table, if at least one names a file and a caption."""
    try:
        rows = list(rows_in(text, path, names.is_image))
    except NotATableError:
        return None
    return rows if any(row.file and row.captions is not None for row in rows) else None


def add_rows(table: Table, path: str, rows: list[Row], names: ImageNames) -> None:
    """Adds the rows of one file. Several rows with the same image give it several captions.

    Raises:
        DataError: a file name leads out of the dataset's folder.
    """
    table.read.append(path)
    folder, of_file = posixpath.dirname(path), split_word(posixpath.basename(path))
    earlier = {name: set(captions) for name, captions in table.captions.items()}
    # As dicts, to be in order, and once each.
    said, images = collections.defaultdict(dict), images_of(rows, path, names)
    for row in rows:
        image = images.get(row.file)
        if not row.file or row.captions is None:
            table.skip(UNUSABLE, f"{path}:{row.line}")
        elif not image:
            table.skip(ABSENT, below(folder, row.file))
        elif len(image) > 1:
            table.skip(AMBIGUOUS, f"{path}:{row.line} ({row.file}: {first_names(image)})")
        else:
            captions = [caption for caption in map(clean_caption, row.captions) if caption]
            # Another table may hold the same ones, as Flickr30k's two do.
            captions = [caption for caption in captions if caption not in earlier.get(image[0], ())]
            if captions:
                table.captions.setdefault(image[0], []).extend(captions)
            if split := split_word(row.split) or of_file:
                table.splits[image[0]] = split
            if row.split and not split_word(row.split):
                said[UNKNOWN_SPLIT][f"{path}:{row.line} ({row.split})"] = None
                table.unknown.add(image[0])
            if normal(image[0]) not in (below(folder, row.file), below("", row.file)):
                said[ELSEWHERE][row.file] = None
            if row.is_joined:
                said[JOINED][f"{path}:{row.line}"] = None
    table.assumed += [f"{len(names):,} {line}: {first_names(list(names))}" for line, names in said.items()]


def images_of(rows: list[Row], path: str, names: ImageNames) -> dict[str, list[str]]:
    """For each file name in a table the images that it may stand for.

    Of two names in different folders that would both stand for one image, neither is looked up by its last part.
    """
    folder, of_file = posixpath.dirname(path), split_word(posixpath.basename(path))
    found, users = {}, {}
    for row in rows:
        if not row.file or row.captions is None or row.file in found:
            continue
        name = below(folder, row.file)
        if name is None:
            raise DataError(
                f"captions: file names in a table must be relative and stay inside of data_dir. "
                f"Received: {row.file!r} at {path}:{row.line}"
            )
        found[row.file] = names.find(row.file, folder, split_word(row.split) or of_file)
        for image in found[row.file]:
            users.setdefault(image, {}).setdefault(name, row.file)
    for image, by_name in users.items():
        if len(by_name) > 1:
            for name, file in by_name.items():
                exact = normal(image) in (name, below("", file)) or normal(key_of(image)) in (name, below("", file))
                if not exact:
                    found[file] = []
    return found


def add_lists(table: Table, data_dir: str, files: list[str], names: ImageNames, encoding: str) -> None:
    """Adds the splits of lists such as `Flickr_8k.trainImages.txt`, a file name a line."""
    for path, split, listed in lists_in(data_dir, files, encoding):
        images = [names.find(name, posixpath.dirname(path)) for name in listed]
        if not any(images):
            continue
        table.read.append(path)
        for name, image in zip(listed, images, strict=True):
            if len(image) == 1:
                table.splits[image[0]] = split
            else:
                table.skip("line of a list of a split without its image", name)


def lists_in(data_dir: str, files: list[str], encoding: str) -> Iterator[tuple[str, str, list[str]]]:
    """(path, split, names) of text files that hold nothing but names of images, and are named after a split."""
    for path in files:
        split = split_word(posixpath.basename(path))
        if split and path.lower().endswith(".txt"):
            try:
                text = decode(read_bytes(os.path.join(data_dir, *path.split("/"))), encoding)
            except UnicodeError:
                continue
            listed = text.split("\n")
            listed = [name.strip() for name in listed if name.strip()]
            if listed and all(looks_like_image(name) and "\t" not in name for name in listed):
                yield path, split, listed
