"""The user's own image pairs: two pictures side by side in one file, or in two parallel folders, matched by name."""

import dataclasses
import os

from pipelines.examples import DataError, PairedImages, Record
from pipelines.readers.alike import alike, found_in_splits
from pipelines.readers.files import (
    FEW_TRANSLATIONS,
    IMAGE_SUFFIXES,
    check_split,
    key_of,
    list_files,
    log_report,
    skipped_line,
)
from pipelines.readers.records import decode_images
from pipelines.reading import DEFAULT, Reading
from pipelines.rows import image_rows

_ACCEPTED = (
    "accepted are folders train and test (or val) of images that hold A and B side by side, or folders A and B of "
    "images with the same names, with or without such folders in each"
)
# In order of preference.
SPLIT_FOLDERS = {"train": ("train",), "test": ("test", "val")}


@dataclasses.dataclass(frozen=True)
class FoundPairs:
    """The pairs of a split before they are decoded, and a report on them.

    Attributes:
        a: one record per pair, of side A.
        b: side B of the same pairs.
        report: lines for the log.
    """

    a: tuple[Record, ...]
    b: tuple[Record, ...]
    report: tuple[str, ...]


def find(split: str, data_dir: str, name: str = "pairs") -> FoundPairs:
    """Lists the pairs in a folder. Without folders for the splits, both splits are all pairs.

    Raises:
        DataError: the folder is missing, or contains no pairs.
    """
    check_split(split)
    if not data_dir or not os.path.isdir(data_dir):
        raise DataError(f"{name}: data_dir must be an existing folder; {_ACCEPTED}; got {data_dir!r}")
    if os.path.isdir(os.path.join(data_dir, "trainA")):
        raise DataError(
            f"{name}: images of two kinds that are not paired are for --dataset=unpaired; {_ACCEPTED}; "
            f"got trainA in {data_dir!r}"
        )
    parallel = all(os.path.isdir(os.path.join(data_dir, side)) for side in "AB")
    roots = [os.path.join(data_dir, side) for side in "AB"] if parallel else [data_dir]
    folders = [_split_folder(root, split, name) for root in roots]
    if parallel:
        a, b, report = _parallel(*folders)
    else:
        paths = list_files(folders[0], IMAGE_SUFFIXES)
        a, b = (
            tuple(Record(key_of(path), os.path.join(folders[0], *path.split("/")), half=half) for path in paths)
            for half in ("left", "right")
        )
        report = []
    if not a:
        raise DataError(f"{name}: there must be at least one pair for {split}; {_ACCEPTED}; got none in {data_dir!r}")
    how = "in parallel folders" if parallel else "side by side"
    return FoundPairs(a, b, (f"{len(a):,} pairs {how} found in {data_dir!r} for {split}", *report))


def load(
    split: str,
    load_size: int,
    data_dir: str,
    cache_dir: str,
    label_maps: str = "",
    name: str = "pairs",
    reading: Reading = DEFAULT,
) -> PairedImages:
    """Loads the user's pairs: A and B, each (n, load_size, load_size, 3) uint8.

    Label maps are resized without interpolating their colors (`pipelines.readers.label_maps`).

    Args:
        split: "train" or "test".
        load_size: side of the images in pixels; the aspect ratio is not kept.
        data_dir: the folder, see `find`.
        cache_dir: folder of the cache of decoded images.
        label_maps: the side, "A" or "B", that is known to be label maps. Those in JPEG files are not recognized by
            their colors, which JPEG blurs.
        name: of the dataset, for messages.
        reading: how the files are read.

    Raises:
        DataError: see `find`; also if no pair can be decoded.
    """
    found = find(split, data_dir, name)
    report, sides = list(found.report), {}
    splits = found_in_splits(lambda split: find(split, data_dir, name))
    whole = {
        "A": [record for part in splits for record in part.a],
        "B": [record for part in splits for record in part.b],
    }
    read, assumed = alike(whole, load_size, cache_dir, reading, name, label_maps, may_be_gray=True)
    report += assumed
    for side, records in (("A", found.a), ("B", found.b)):
        kept, images, undecodable = decode_images(read[side].of(records), load_size, cache_dir, reading=reading)
        report += skipped_line([f"{name} ({reason})" for name, reason in undecodable], f"{side} could not be decoded")
        sides[side] = {record.name: row for row, record in enumerate(kept)}, images
    names = tuple(name for name in sides["A"][0] if name in sides["B"][0])
    log_report(name, tuple(report), len(names), FEW_TRANSLATIONS if split == "train" else 0)
    if not names:
        raise DataError(f"{name}: at least one pair must be decodable; got none in {data_dir!r} ({'; '.join(report)})")
    a, b = (image_rows(images, [rows[name] for name in names]) for rows, images in sides.values())
    return PairedImages(a=a, b=b, names=names, values={side: read[side].values for side in read})


def _split_folder(root: str, split: str, name: str) -> str:
    """The folder of a split below `root`; `root` itself where there are no such folders."""
    folders = {name for names in SPLIT_FOLDERS.values() for name in names}
    present = [folder for folder in folders if os.path.isdir(os.path.join(root, folder))]
    if not present:
        return root
    for folder in SPLIT_FOLDERS[split]:
        if folder in present:
            return os.path.join(root, folder)
    raise DataError(
        f"{name}: {root!r} must have a folder {' or '.join(SPLIT_FOLDERS[split])}; got {', '.join(sorted(present))}"
    )


def _parallel(folder_a: str, folder_b: str) -> tuple[tuple[Record, ...], tuple[Record, ...], list[str]]:
    """Pairs the pictures of two folders by their names without suffix."""
    tables = []
    for folder in (folder_a, folder_b):
        paths = list_files(folder, IMAGE_SUFFIXES)
        tables.append({key_of(path): os.path.join(folder, *path.split("/")) for path in paths})
    names = sorted(tables[0].keys() & tables[1].keys())
    report = [
        *skipped_line(sorted(tables[0].keys() - tables[1].keys()), "A without a B of the same name"),
        *skipped_line(sorted(tables[1].keys() - tables[0].keys()), "B without an A of the same name"),
    ]
    a, b = (tuple(Record(name, table[name]) for name in names) for table in tables)
    return a, b, report
