"""What all files of a set, or of one side of it, are read as: one range of values, label maps or not."""

import dataclasses
from collections.abc import Mapping, Sequence

from pipelines.budget import Whole
from pipelines.examples import PLAIN, DataError, Record, Values
from pipelines.readers.label_maps import NEAREST, Verdict, verdict
from pipelines.readers.records import whole_of
from pipelines.readers.values import look_at_all, values_of
from pipelines.reading import Reading
from pipelines.report import Report
from pipelines.sizes import Size


@dataclasses.dataclass(frozen=True)
class Alike:
    """How the files of a side are read.

    Attributes:
        values: their pixel values, the channels of what they become, and whether their colors are labels.
    """

    values: Values = PLAIN

    def of(self, records: Sequence[Record]) -> tuple[Record, ...]:
        """The records, to be read so."""
        is_label_map = bool(self.values.is_label_map)
        # A record says so itself.
        values = dataclasses.replace(self.values, is_label_map=None)
        if values == PLAIN and not is_label_map:
            return tuple(records)
        return tuple(dataclasses.replace(record, values=values, is_label_map=is_label_map) for record in records)


def alike(
    sides: Mapping[str, Sequence[Record]],
    size: int | tuple[int, int],
    cache_dir: str,
    reading: Reading,
    name: str,
    published_maps: str = "",
    may_be_maps: bool = True,
    may_be_gray: bool = False,
) -> tuple[dict[str, Alike], list[str]]:
    """How the files of each side are read.

    Args:
        sides: of "A" and "B" of pairs, or of "" of a set without sides, the files of all splits.
        size: at which images are kept: a side, or (height, width), in pixels.
        cache_dir: where what is found in files is kept.
        reading: what the user says, and after training what was recorded.
        name: of the dataset, for messages.
        published_maps: the side that is known to be label maps.
        may_be_maps: whether the sides may be label maps.
        may_be_gray: whether a side of gray files alone becomes images of one channel; else all have three.

    Returns:
        By side how it is read, and lines for the report's assumptions.

    Raises:
        DataError: a range of values is unknown, or two are given to a set without sides.
    """
    # Where there is one split, it is found as both.
    sides = {side: list({record.path: record for record in records}.values()) for side, records in sides.items()}
    recorded = None
    if reading.recorded is not None:
        recorded = {side: Values(**reading.recorded.get(side, {})) for side in sides}
    verdicts, lines = {}, []
    for side, records in sides.items():
        if not may_be_maps:
            verdicts[side] = Verdict(False)
        elif recorded and (recorded[side].is_label_map is not None or recorded[side].is_numbered):
            verdicts[side] = _as_recorded(recorded[side])
        else:
            verdicts[side] = verdict(records, size, _told(side, reading, published_maps))
        if verdicts[side].why:
            lines.append(f"{side} is treated as {verdicts[side].why}")
        if verdicts[side].are_numbered:
            lines.append(
                f"{side}: its gray values are numbers of labels, which get the colors of PASCAL VOC's color map"
            )
    are_maps = {side: found.are_label_maps if may_be_maps else None for side, found in verdicts.items()}
    if recorded:
        return {side: _read(recorded[side], are_maps[side]) for side in sides}, lines
    toned = {side: records for side, records in sides.items() if not verdicts[side].are_numbered}
    ranges, of_each = {side: reading.range_of_values(side) for side in toned}, reading.value_range.count(",") > 1
    if of_each and "" in sides:
        raise DataError(
            f"value_range must be two numbers with a comma between them, as {name} has no sides. "
            f"Received: {reading.value_range}"
        )
    values, more = values_of(toned, cache_dir, ranges, name, of_each)
    for side in sorted(sides.keys() - toned.keys()):
        values[side] = Values(is_numbered=True)
        if reading.value_range:
            more.append(f"{side}: --value_range={reading.value_range} is not used for numbers of labels")
    for side in toned if may_be_gray else ():
        if all(look.is_gray for look in look_at_all(toned[side], cache_dir)):
            values[side] = dataclasses.replace(values[side], channels=1)
            more.append(f"{side} has one channel, as all of its files are gray")
    return {side: _read(values[side], are_maps[side]) for side in sides}, lines + more


@dataclasses.dataclass(frozen=True)
class Plan:
    """How the files of a set are decoded.

    Attributes:
        parts: (side, split) to its records, with how they are read.
        whole: the set, which is held in memory or mapped from disk.
        values: side to how its values are read, for the run's record.
        report: what is known so far.
    """

    parts: Mapping[tuple[str, str], tuple[Record, ...]]
    whole: Whole
    values: Mapping[str, Values]
    report: Report


def plan(
    sides: Mapping[str, Mapping[str, Sequence[Record]]],
    unit: str,
    load_size: Size,
    cache_dir: str,
    reading: Reading,
    report: Report,
    **options,
) -> Plan:
    """What all readers of the user's folders do between finding files and decoding them.

    Args:
        sides: of "A" and "B", or of "" of a set without sides, the records of each split.
        unit: what they are, for messages: "images", "pairs".
        load_size: at which images are kept: a side, or (height, width), in pixels.
        cache_dir: folder of the cache of decoded images.
        reading: how the files are read.
        report: what is known so far.
        options: further arguments of `alike`.

    Raises:
        DataError: see `alike`.
    """
    of_splits = {side: [record for part in splits.values() for record in part] for side, splits in sides.items()}
    read, assumed = alike(of_splits, load_size, cache_dir, reading, report.dataset, **options)
    parts = {(side, split): read[side].of(part) for side, splits in sides.items() for split, part in splits.items()}
    what = f"{sum(report.used.values()):,} {unit}"
    whole = whole_of(report.dataset, what, parts.values(), load_size, cache_dir, reading)
    return Plan(parts, whole, {side: read[side].values for side in read}, report.with_assumed(*assumed))


def _read(values: Values, is_label_map: bool | None) -> Alike:
    return Alike(dataclasses.replace(values, is_label_map=is_label_map))


def _as_recorded(values: Values) -> Verdict:
    """What a side's pictures were in training. Numbers of labels are label maps, as an older record does not say."""
    are_maps = bool(values.is_label_map or values.is_numbered)
    return Verdict(are_maps, values.is_numbered, f"label maps, as in training, {NEAREST}" if are_maps else "")


def _told(side: str, reading: Reading, published_maps: str) -> bool | None:
    """Whether a side is said to be label maps, or known to be; None where it is to be recognized."""
    if reading.label_maps != "auto":
        return reading.label_maps in (side, "both")
    return True if side == published_maps else None
