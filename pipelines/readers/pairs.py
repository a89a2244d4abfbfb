"""The user's own image pairs: two pictures side by side in one file, or in files that their names make pairs of."""

import collections
import dataclasses
import os
import re
from collections.abc import Mapping

from pipelines.examples import DataError, PairedImages, Record
from pipelines.readers.alike import plan
from pipelines.readers.files import Scan, check_folder, check_split, key_of, normal, not_pictures, scan_data
from pipelines.readers.halves import Looks, looks_of
from pipelines.readers.records import decode_reported
from pipelines.readers.sides import ALL_WORDS, SIDES, Sided, check_one_each, kind_with_sides, recognize, without_split
from pipelines.readers.splits import Splits, divide
from pipelines.reading import DEFAULT, Reading
from pipelines.report import FEW_TRANSLATIONS, NO_TEST, Report, counted, first_names
from pipelines.rows import image_rows
from pipelines.sizes import Size

# What --sides accepts for pictures side by side in one file.
SIDE_BY_SIDE = ("left", "right")
_ACCEPTED = (
    "accepted are files that hold A and B side by side; or two folders of pictures with the same names, called A and "
    "B, input and target, images and masks, ...; or files whose names end in such words (1_real.png, 1_fake.png), or "
    "differ in the suffix (1.jpg, 1.png); below folders train and test (or val), or around them. --sides=NAME_A,NAME_B "
    "names others, --sides=left,right says that every file holds two"
)


@dataclasses.dataclass(frozen=True)
class FoundPairs:
    """The pairs of a folder before they are decoded.

    Attributes:
        a: by split, one record per pair, of side A; the same for both where there is no test split.
        b: side B of the same pairs.
        report: on all files of the folder.
    """

    a: Mapping[str, tuple[Record, ...]]
    b: Mapping[str, tuple[Record, ...]]
    report: Report


def find(data_dir: str, name: str = "pairs", reading: Reading = DEFAULT) -> FoundPairs:
    """Lists the pairs in a folder. Without folders for the splits, both splits are all pairs.

    Names go first: of folders, then of files. Where they say nothing, every file must look like two pictures.

    Args:
        data_dir: the folder.
        name: of the dataset, for messages.
        reading: its `sides` and `splits` say what cannot be recognized.

    Raises:
        DataError: the folder is missing, or contains no pairs, or it is not clear what they are.
    """
    check_folder(name, data_dir, _ACCEPTED)
    scanned = scan_data(data_dir)
    if not scanned.pictures:
        raise DataError(f"{name}: there must be at least one pair; {_ACCEPTED}. Received: no picture in {data_dir!r}")
    splits = divide(scanned, name, reading, kind_with_sides(reading), has_classes=False)
    if reading.side_names == SIDE_BY_SIDE:
        found = _side_by_side(scanned, splits, name, None)
    else:
        named = recognize(splits, reading)
        if reading.side_names and (named is None or not named.matched):
            raise DataError(
                f"{name}: --sides must name two folders, or the ends of file names, that make pairs. "
                f"Received: {reading.sides}; {_described(scanned, splits, named)}"
            )
        if named is not None and not named.naming.in_folders and not reading.side_names:
            _check_single(scanned, splits, name, named)
        found = _by_looks(scanned, splits, name) if named is None else _named(scanned, named, name, splits)
    records, skipped, how = found
    a, b = ({split: sides[side] for split, sides in records.items()} for side in (0, 1))
    if not a["train"]:
        raise DataError(
            f"{name}: there must be at least one pair to train on; {_ACCEPTED}. "
            f"Received: {_described(scanned, splits, None)}"
        )
    report = Report(
        name,
        scanned.found,
        {split: len(rows) for split, rows in a.items()},
        {**scanned.skipped, **splits.skipped, **skipped, **not_pictures(scanned)},
        assumed=tuple(filter(None, (how, splits.assumed))),
        few=FEW_TRANSLATIONS,
    )
    if not a["test"]:
        report = report.with_assumed(NO_TEST)
        a, b = ({**side, "test": side["train"]} for side in (a, b))
    return FoundPairs(a, b, report)


# Split to the records of A and of B; reason to what is left out; a line on how they were recognized.
Pairs = tuple[dict[str, tuple[tuple[Record, ...], tuple[Record, ...]]], dict[str, list[str]], str]


def _named(scanned: Scan, named: Sided, name: str, splits: Splits) -> Pairs:
    """Pairs that names make of files."""
    if not named.matched:
        raise DataError(
            f"{name}: there must be at least one pair of one name (images of two kinds that are not paired are for "
            f"--dataset=unpaired); {_ACCEPTED}. Received: {_described(scanned, splits, named)}"
        )
    records, skipped = {}, {}
    for split, tables in named.of.items():
        keys = sorted(tables[0].keys() & tables[1].keys())
        check_one_each(name, [{key: table[key] for key in keys} for table in tables])
        records[split] = tuple(tuple(Record(key, scanned.path(table[key][0])) for key in keys) for table in tables)
        for side, (table, other) in enumerate((tables, tables[::-1])):
            alone = [path for key in table.keys() - other.keys() for path in table[key]]
            if alone:
                reason = f"{SIDES[side]} without a {SIDES[1 - side]} of the same name"
                skipped.setdefault(reason, []).extend(sorted(alone))
    if named.neither:
        skipped["in neither side"] = list(named.neither)
    if named.other_forms:
        skipped["another form of a picture that is used"] = list(named.other_forms)
    where = "folders" if named.naming.in_folders else "parts of file names"
    a, b = ((word or "what has no such word") for word in named.naming.words)
    return records, skipped, f"the sides are {where}: A is {a}, B is {b}"


def _check_single(scanned: Scan, splits: Splits, name: str, named: Sided):
    """DataError if files whose names make them pairs (day_0.png, night_0.png) look like two pictures each."""
    if looks_of(scanned, list(splits.of)).sure_share >= 0.5:
        a, b = named.naming.words
        raise DataError(
            f"{name}: names make pairs of files, but each file looks like two pictures side by side; accepted are "
            f"--sides=left,right, which takes every file for two, and --sides={a or 'NAME'},{b}, for one. "
            f"Received: {first_names(list(splits.of), 2)}"
        )


def _by_looks(scanned: Scan, splits: Splits, name: str) -> Pairs:
    """Pairs of files whose names do not tell the sides: two files of one stem, or two pictures in each file."""
    by_stem = {"train": collections.defaultdict(list), "test": collections.defaultdict(list)}
    for path, split in splits.of.items():
        by_stem[split][normal(os.path.splitext(splits.rest[path])[0])].append(path)
    looks = looks_of(scanned, list(splits.of))
    kinds = collections.Counter(
        tuple(sorted(suffix_of(path) for path in paths)) for table in by_stem.values() for paths in table.values()
    )
    suffixes, count = kinds.most_common(1)[0]
    if len(set(suffixes)) == 2 and len(suffixes) == 2 and 2 * count >= sum(kinds.values()) and not looks.are_two:
        return _by_suffix(scanned, by_stem, name, suffixes)
    siblings = _parallel(splits)
    if siblings and looks.sure_share < 0.5:
        raise DataError(
            f"{name}: two folders hold pictures of the same names, but their own names do not say which is A; "
            f"{_ACCEPTED}. Received: {siblings[0]} and {siblings[1]} (--sides={siblings[0]},{siblings[1]})"
        )
    if not looks.are_two or (looks.doubtful and not _may_be_two(splits)):
        raise DataError(
            f"{name}: it must be clear which pictures are a pair; {_ACCEPTED}. "
            f"Received: {_described(scanned, splits, None)}, most of which do not look like two pictures side by side"
        )
    return _side_by_side(scanned, splits, name, looks)


def _may_be_two(splits: Splits) -> bool:
    """Whether files that look like one picture each may be two for their shape: only if nothing else is suggested.

    That is, if no folder keeps some apart from others or is called as a side is, and no two names differ in their last
    words alone.
    """
    folders = {splits.rest[path].rpartition("/")[0] for path in splits.of}
    words = {form for path in splits.of for name in path.split("/")[:-1] for form in without_split(name)}
    stems = collections.defaultdict(set)
    for path in splits.of:
        *before, last = re.split(r"[_\-. ]+", os.path.splitext(splits.rest[path])[0])
        stems[tuple(before)].add(last)
    by_last_word = sum(len(lasts) == 2 and not any(last.isdecimal() for last in lasts) for lasts in stems.values())
    return len(folders) == 1 and not words & ALL_WORDS and 2 * by_last_word < len(stems)


def _by_suffix(scanned: Scan, by_stem, name: str, suffixes: tuple[str, ...]) -> Pairs:
    """Pairs of a stem and two suffixes, as in the CMP facades: the photograph is a JPEG, its label map a PNG."""
    records, skipped = {}, {}
    for split, table in by_stem.items():
        pairs = {}
        for stem, paths in table.items():
            sides = collections.defaultdict(list)
            for path in paths:
                sides[suffix_of(path)].append(path)
            if set(sides) == set(suffixes):
                pairs[stem] = [sides[suffix] for suffix in suffixes]
            else:
                skipped.setdefault(f"without its other picture ({' or '.join(suffixes)})", []).extend(paths)
        check_one_each(name, [{stem: paths[side] for stem, paths in pairs.items()} for side in (0, 1)])
        stems = sorted(pairs)
        records[split] = tuple(
            tuple(Record(stem, scanned.path(pairs[stem][side][0])) for stem in stems) for side in (0, 1)
        )
    return records, skipped, f"the sides are files of one stem: A is {suffixes[0]}, B is {suffixes[1]}"


def _side_by_side(scanned: Scan, splits: Splits, name: str, looks: Looks | None) -> Pairs:
    """Pairs in one file each."""
    records, alone, tables = {}, [], {"train": {}, "test": {}}
    for path, split in splits.of.items():
        if looks is not None and not looks.is_two(path):
            alone.append(path)
        else:
            tables[split].setdefault(key_of(splits.rest[path]), []).append(path)
    for split, table in tables.items():
        check_one_each(name, [table])
        records[split] = tuple(
            tuple(Record(key, scanned.path(table[key][0]), half=half) for key in sorted(table)) for half in SIDE_BY_SIDE
        )
    skipped = {"one picture, not two side by side": alone} if alone else {}
    how = "every file holds two pictures side by side: A is the left one, B the right one"
    if looks is not None and looks.doubtful:
        how += (
            f" (by its shape alone: {looks.doubtful:,} of {len(looks.two):,} that were looked at go on across their "
            "middle as one picture does)"
        )
    return records, skipped, how


def suffix_of(path: str) -> str:
    """The suffix of a file in lower case; the two of JPEG are one."""
    suffix = os.path.splitext(path)[1].lower()
    return {".jpeg": ".jpg", ".tiff": ".tif"}.get(suffix, suffix)


def _parallel(splits: Splits) -> tuple[str, str] | None:
    """Two folders that hold the same names, for the most part; None where there are no such two."""
    stems = collections.defaultdict(set)
    for path in splits.of:
        folder, _, file = splits.rest[path].rpartition("/")
        top, _, below = folder.partition("/")
        if top:
            stems[top].add(f"{below}/{os.path.splitext(file)[0]}")
    if len(stems) != 2:
        return None
    (first, names), (second, others) = sorted(stems.items())
    return (first, second) if 2 * len(names & others) >= max(len(names), len(others)) else None


def _described(scanned: Scan, splits: Splits, named: Sided | None) -> str:
    """What was found, for a refusal: folders with their numbers of pictures, or the first names without a partner."""
    if named is not None:
        tables = named.of["train"]
        names = [sorted(table.keys() - other.keys()) for table, other in (tables, tables[::-1])]
        a, b = (
            f"{len(found):,} of {side} such as {first_names(found, 3)}"
            for found, side in zip(names, SIDES, strict=True)
        )
        return f"no name in both, {a}; {b}"
    folders = collections.Counter(path.rpartition("/")[0] or "the top" for path in splits.of)
    return f"{len(splits.of):,} pictures in {scanned.folder!r}: in {counted(folders)}"


def load(
    split: str,
    load_size: Size,
    data_dir: str,
    cache_dir: str,
    label_maps: str = "",
    name: str = "pairs",
    reading: Reading = DEFAULT,
) -> PairedImages:
    """Loads the user's pairs: A and B, each (n, height, width, 1 or 3) uint8.

    Label maps are resized without interpolating their colors (`pipelines.readers.label_maps`).

    Args:
        split: "train" or "test".
        load_size: side, or (height, width), of the images in pixels.
        data_dir: the folder, see `find`.
        cache_dir: folder of the cache of decoded images.
        label_maps: the side, "A" or "B", that is known to be label maps. Those in JPEG files are not recognized by
            their colors, which JPEG blurs.
        name: of the dataset, for messages.
        reading: how it is read.

    Raises:
        DataError: see `find`; also if no pair can be decoded.
    """
    check_split(split)
    found = find(data_dir, name, reading)
    records = dict(zip(SIDES, (found.a, found.b), strict=True))
    options = {"published_maps": label_maps, "may_be_gray": True}
    planned = plan(records, "pairs", load_size, cache_dir, reading, found.report, **options)
    report, sides = planned.report, {}
    for side in SIDES:
        kept, images, report = decode_reported(
            planned.parts[side, split], load_size, cache_dir, report, reading, side, planned.whole
        )
        sides[side] = {record.name: row for row, record in enumerate(kept)}, images
    names = tuple(name for name in sides["A"][0] if name in sides["B"][0])
    for side, other in (("A", "B"), ("B", "A")):
        alone = [name for name in sides[side][0] if name not in sides[other][0]]
        report = report.with_skipped(f"{side} whose {other} could not be decoded", alone)
    report = report.with_used(split, len(names))
    report.log()
    if not names:
        raise DataError(
            f"{name}: at least one pair must be decodable. Received: none in {data_dir!r} ({'; '.join(report.lines())})"
        )
    a, b = (image_rows(images, [rows[name] for name in names]) for rows, images in sides.values())
    return PairedImages(a=a, b=b, names=names, report=report, values=planned.values)
