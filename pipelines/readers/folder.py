"""The user's own images in a folder: sub-folders are classes, folders of the splits are kept apart."""

import collections
import dataclasses
import re
from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.examples import DataError, LabeledImages, Record
from pipelines.readers.alike import plan
from pipelines.readers.class_tables import columns_line, columns_of, in_order, read_classes
from pipelines.readers.files import COMMON, Scan, check_folder, check_split, key_of, normal, not_pictures, scan_data
from pipelines.readers.order import natural
from pipelines.readers.records import decode_reported
from pipelines.readers.split_tables import divided_by_tables
from pipelines.readers.splits import ACCEPTED as ACCEPTED_SPLITS
from pipelines.readers.splits import TRAIN, Splits, divide, folder_around
from pipelines.readers.tables import SUFFIXES
from pipelines.reading import DEFAULT, Reading
from pipelines.report import NO_TEST, Report, first_names, printable, writable
from pipelines.sizes import Size

_ACCEPTED = f"accepted are images ({COMMON}), in sub-folders if they have classes; {ACCEPTED_SPLITS}"

FOLD = re.compile(r"(?:cv|k?fold|part|split)s?[ _-]?[0-9]+")


@dataclasses.dataclass(frozen=True)
class FoundFolder:
    """The images of a folder, before any is decoded.

    Attributes:
        records: of both splits, by split; the same for both where there is no test split.
        class_names: the classes, in natural order; empty without.
        report: on all files of the folder.
    """

    records: dict[str, tuple[Record, ...]]
    class_names: tuple[str, ...]
    report: Report


def find(data_dir: str, reading: Reading = DEFAULT) -> FoundFolder:
    """Lists the images of a folder without decoding any.

    The class of an image is the top-level folder (of the split) that contains it. There are no classes if there are
    fewer than two such folders, or if an image is outside of them. A single folder around all others is neither. Images
    of test whose class is not in train are skipped.

    Args:
        data_dir: the folder.
        reading: how it is read.

    Raises:
        DataError: the folder is missing, or contains no image to train on; or the splits are not clear.
    """
    check_folder("folder", data_dir, _ACCEPTED)
    scanned = scan_data(data_dir)
    if not scanned.pictures:
        raise DataError(f"folder: data_dir must hold images; {_ACCEPTED}. Received: none in {data_dir!r}")
    tables = [name for name in scanned.named(*SUFFIXES) if "/" not in name]
    splits = divide(scanned, "folder", reading)
    if splits.depth < 0 and not reading.splits:
        splits = divided_by_tables(scanned, tables, splits, reading.encoding)
    columns = columns_of(data_dir, tables, scanned.pictures, reading.encoding)
    if reading.class_column:
        classes, problems = read_classes(data_dir, tables, reading.class_column, scanned.pictures, reading.encoding)
        lines = [f"classes are those of the column {reading.class_column}"]
    else:
        classes, line = folder_classes(splits)
        check_classes(classes)
        problems, lines = {}, [line, columns_line(columns)]
    class_names = in_order({classes[path] for path in splits.paths(TRAIN) if path in classes})
    known = frozenset(class_names)
    names, chosen, unknown = unique_names(scanned), {"train": [], "test": []}, []
    for path, split in splits.of.items():
        if known and classes.get(path) not in known:
            unknown.append(path)
        else:
            chosen[split].append(Record(names[path], scanned.path(path), class_name=classes.get(path)))
    records = {split: tuple(sorted(found, key=lambda record: record.name)) for split, found in chosen.items()}
    counts = collections.Counter(record.class_name for record in records["train"])
    report = Report(
        "folder",
        scanned.found,
        {split: len(found) for split, found in records.items()},
        {**scanned.skipped, **splits.skipped, **problems, **not_pictures(scanned, columns)},
        {name: counts[name] for name in class_names},
        assumed=tuple(filter(None, (splits.assumed, *lines))),
    )
    if reading.class_column:
        # Those without any class are among the problems.
        report = report.with_skipped("its class is not in train", [path for path in unknown if path in classes])
    else:
        report = report.with_skipped("in no folder of a class of train", unknown)
    if not records["test"]:
        why = "no test image is in a folder of a class of train: " if splits.has_test else ""
        report = report.with_assumed(f"{why}{NO_TEST}")
        records["test"] = records["train"]
    return FoundFolder(records, class_names, report)


def load(split: str, load_size: Size, data_dir: str, cache_dir: str, reading: Reading = DEFAULT) -> LabeledImages:
    """Loads the user's images: (n, height, width, 3) uint8, with classes if there are any (see `find`).

    Args:
        split: "train" or "test"; the same images for both, unless the folder has folders of the splits.
        load_size: side, or (height, width), of the images in pixels.
        data_dir: the folder, see `find`.
        cache_dir: folder of the cache of decoded images.
        reading: how it is read.

    Raises:
        DataError: see `find`; also if fewer than two images can be decoded.
    """
    check_split(split)
    found = find(data_dir, reading)
    planned = plan({"": found.records}, "images", load_size, cache_dir, reading, found.report, may_be_maps=False)
    records, images, report = decode_reported(
        planned.parts["", split], load_size, cache_dir, planned.report, reading, whole=planned.whole
    )
    if len(records) < 2:
        raise DataError(
            f"folder: at least 2 images of {split} must be decodable. "
            f"Received: {len(records)} ({'; '.join(report.lines())})"
        )
    counts = collections.Counter(record.class_name for record in records)
    if split == "train" and (lost := [name for name in found.class_names if not counts[name]]):
        raise DataError(
            "folder: each class must have an image that can be decoded. "
            f"Received: none of {first_names(lost)} ({'; '.join(report.lines())})"
        )
    report = report.with_used(split, len(records), {name: counts[name] for name in found.class_names})
    report.log()
    return LabeledImages(
        images=images,
        names=tuple(record.name for record in records),
        labels=labels_of(records, found.class_names),
        class_names=found.class_names,
        report=report,
        values=planned.values,
    )


def unique_names(scanned: Scan) -> dict[str, str]:
    """Picture to the name that identifies it: its path without suffix; with it, where two differ in that alone."""
    stems = collections.Counter(map(key_of, scanned.pictures))
    return {path: key_of(path) if stems[key_of(path)] == 1 else writable(path) for path in scanned.pictures}


def folder_classes(splits: Splits) -> tuple[dict[str, str], str]:
    """Picture to class, by the folders below those of the splits, and a line on them; ({}, line) without classes."""
    around = folder_around([splits.rest[path] for path in splits.paths(TRAIN)])
    rest = {path: name.removeprefix(around) for path, name in splits.rest.items()}
    trained = [rest[path] for path in splits.paths(TRAIN)]
    folders = {path.partition("/")[0] for path in trained if "/" in path}
    loose = [path for path in trained if "/" not in path]
    if not folders:
        return {}, "no classes: there are not two sub-folders"
    if loose:
        outside = f"{len(loose):,} images are outside of the {len(folders)} sub-folders, such as {printable(loose[0])}"
        return {}, f"no classes: {outside}"
    # Cat of test is cat of train.
    spelled = collections.defaultdict(set)
    for name in folders:
        spelled[normal(name).casefold()].add(name)
    known = {key: names.pop() for key, names in spelled.items() if len(names) == 1}
    classes = {path: name.partition("/")[0] for path, name in rest.items() if "/" in name}
    return {
        path: name if name in folders else known.get(normal(name).casefold(), name) for path, name in classes.items()
    }, "classes are the sub-folders"


def check_classes(classes: Mapping[str, str]):
    """DataError if the folders are the parts of a cross-validation, and so no classes."""
    names = sorted(set(classes.values()), key=natural)
    if len(names) > 1 and all(FOLD.fullmatch(name.lower()) for name in names):
        raise DataError(
            "folder: the folders of a cross-validation are no classes; accepted are --splits=TRAIN,TEST, which names "
            f"two of them, and classes of other names. Received: {first_names(names)}"
        )


def labels_of(records: Sequence[Record], class_names: Sequence[str]) -> np.ndarray | None:
    """(n,) int32 indices of the records' classes; None without classes."""
    if not class_names:
        return None
    index = {name: label for label, name in enumerate(class_names)}
    return np.array([index[record.class_name] for record in records], np.int32)
