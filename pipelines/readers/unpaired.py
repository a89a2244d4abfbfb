"""The user's own images of two kinds: trainA, trainB, testA, testB as in CycleGAN's datasets, or two folders."""

import collections
import dataclasses
from collections.abc import Callable, Iterable, Mapping

from pipelines.examples import DataError, Record, UnpairedImages
from pipelines.readers.alike import plan
from pipelines.readers.files import check_folder, check_split, not_pictures, scan_data
from pipelines.readers.folder import unique_names
from pipelines.readers.records import decode_reported
from pipelines.readers.sides import SIDES, WORDS, kind_with_sides, side_of_folder, squashed
from pipelines.readers.splits import Splits, divide, folder_around
from pipelines.reading import DEFAULT, Reading
from pipelines.report import FEW_TRANSLATIONS, NO_TEST, Report, counted, printable
from pipelines.sizes import Size

_ACCEPTED = (
    "accepted are folders trainA and trainB of images, and testA and testB to test on (also train/A, A/train, "
    "train_A), or two folders of any names; --sides=NAME_A,NAME_B names them"
)


@dataclasses.dataclass(frozen=True)
class FoundUnpaired:
    """The images of two kinds in a folder, before any is decoded.

    Attributes:
        sides: "A" and "B" to split to records; the same for both splits where a side has no test images.
        report: on all files of the folder.
    """

    sides: Mapping[str, Mapping[str, tuple[Record, ...]]]
    report: Report


def find(data_dir: str, name: str = "unpaired", reading: Reading = DEFAULT) -> FoundUnpaired:
    """Lists both sides of both splits.

    Args:
        data_dir: the folder.
        name: of the dataset, for messages.
        reading: its `sides` and `splits` say what cannot be recognized.

    Raises:
        DataError: the folder is missing, or a side has no image to train on, or it is not clear what the sides are.
    """
    check_folder(name, data_dir, _ACCEPTED)
    scanned = scan_data(data_dir)
    splits = divide(scanned, name, reading, kind_with_sides(reading), has_classes=False)
    side_of, how = _sides(splits, name, reading, data_dir)
    names, chosen, neither = unique_names(scanned), {side: {"train": [], "test": []} for side in SIDES}, []
    for path, split in splits.of.items():
        side = side_of(path)
        if side is None:
            neither.append(path)
        else:
            chosen[SIDES[side]][split].append(Record(names[path], scanned.path(path)))
    report = Report(
        name,
        scanned.found,
        {f"{split} {side}": len(chosen[side][split]) for split in ("train", "test") for side in SIDES},
        {**scanned.skipped, **splits.skipped, **not_pictures(scanned)},
        assumed=tuple(filter(None, (how, splits.assumed))),
        few=FEW_TRANSLATIONS,
    ).with_skipped("in neither side", neither)
    for side, found in chosen.items():
        if not found["train"]:
            raise DataError(
                f"{name}: there must be an image of {side} to train on; {_ACCEPTED}. "
                f"Received: none in {data_dir!r} ({'; '.join(report.lines())})"
            )
        if not found["test"]:
            report = report.with_assumed(f"{side}: {NO_TEST}")
            found["test"] = found["train"]
    return FoundUnpaired(
        {side: {split: tuple(records) for split, records in found.items()} for side, found in chosen.items()}, report
    )


def _sides(splits: Splits, name: str, reading: Reading, data_dir: str) -> tuple[Callable[[str], int | None], str]:
    """Path to its side, 0 or 1, or None; and a line on how the sides were recognized."""
    folders = {folder for path in splits.of for folder in path.split("/")[:-1]}
    if reading.side_names:
        line = f"A is {reading.side_names[0]}, B is {reading.side_names[1]}"
        if folders.issuperset(reading.side_names):
            index = {side: number for number, side in enumerate(reading.side_names)}
            return lambda path: _one(index.get(folder) for folder in path.split("/")[:-1]), line
        return _by_words(tuple(map(squashed, reading.side_names))), line
    for words in WORDS:
        if words[0] and {side_of_folder(folder, words) for folder in folders} >= {0, 1}:
            return _by_words(words), f"A is {words[0]}, B is {words[1]}"
    rest = splits.rest
    around = folder_around([rest[path] for path in splits.of])
    below = {path: rest[path].removeprefix(around).rpartition("/")[0].partition("/")[0] for path in splits.of}
    tops = sorted(set(below.values()) - {""})
    if len(tops) == 2:
        line = f"A is the folder {printable(tops[0])}, B the folder {printable(tops[1])}"
        return lambda path: tops.index(below[path]) if below[path] in tops else None, line
    counts = collections.Counter(path.rpartition("/")[0] or "the top" for path in splits.of)
    where = f", in {counted(counts)}" if counts else ""
    raise DataError(
        f"{name}: it must be clear which images are A and which are B; {_ACCEPTED}. "
        f"Received: {len(below):,} images in {data_dir!r}{where}"
    )


def _by_words(words: tuple[str, str]) -> Callable[[str], int | None]:
    """Path to the side that the words of its folders tell."""
    return lambda path: _one([side_of_folder(folder, words) for folder in path.split("/")[:-1]])


def _one(sides: Iterable[int | None]) -> int | None:
    """The side that is told, if it is one."""
    told = set(sides) - {None}
    return told.pop() if len(told) == 1 else None


def load(
    split: str,
    load_size: Size,
    data_dir: str,
    cache_dir: str,
    name: str = "unpaired",
    reading: Reading = DEFAULT,
) -> UnpairedImages:
    """Loads the user's images: A and B, each (n, height, width, 1 or 3) uint8.

    Args:
        split: "train" or "test".
        load_size: side, or (height, width), of the images in pixels.
        data_dir: the folder, see `find`.
        cache_dir: folder of the cache of decoded images.
        name: of the dataset, for messages.
        reading: how it is read.

    Raises:
        DataError: see `find`; also if no image of a side can be decoded.
    """
    check_split(split)
    found = find(data_dir, name, reading)
    options = {"may_be_maps": False, "may_be_gray": True}
    planned = plan(found.sides, "images", load_size, cache_dir, reading, found.report, **options)
    report, decoded = planned.report, {}
    for side in SIDES:
        kept, images, report = decode_reported(
            planned.parts[side, split], load_size, cache_dir, report, reading, side, planned.whole
        )
        if not kept:
            raise DataError(
                f"{name}: at least one image of {side} must be decodable. Received: {'; '.join(report.lines())}"
            )
        decoded[side] = images, tuple(record.name for record in kept)
        report = report.with_used(f"{split} {side}", len(kept))
    report.log()
    (a, names_a), (b, names_b) = decoded["A"], decoded["B"]
    return UnpairedImages(a=a, b=b, names_a=names_a, names_b=names_b, report=report, values=planned.values)
