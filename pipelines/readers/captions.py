"""The user's own captioned images: a folder of images with a text file beside each, or with a table of captions."""

import collections
import dataclasses
import posixpath
from collections.abc import Mapping, Sequence

from pipelines.examples import CaptionedImages, DataError, Record
from pipelines.readers.alike import plan
from pipelines.readers.caption_files import CaptionFiles
from pipelines.readers.caption_tables import TABLE_SUFFIXES, Table, find_tables
from pipelines.readers.files import COMMON, Scan, check_folder, check_split, key_of, normal, not_pictures, scan_data
from pipelines.readers.folder import unique_names
from pipelines.readers.order import natural
from pipelines.readers.photographs import caption_line, decode_captioned
from pipelines.readers.splits import ACCEPTED as ACCEPTED_SPLITS
from pipelines.readers.splits import Splits, divide, folder_around, from_table
from pipelines.reading import DEFAULT, Reading
from pipelines.report import NO_TEST, Report, first_names
from pipelines.sizes import Size

_ACCEPTED = (
    "accepted are images with a .txt file of the same name beside each (one caption a line), or a table of captions: "
    "metadata.jsonl or captions.csv with the columns file_name and text, Flickr8k's captions.txt, COCO's JSON; "
    f"{ACCEPTED_SPLITS}"
)


@dataclasses.dataclass(frozen=True)
class FoundCaptioned:
    """The captioned images of a folder, before any is decoded.

    Attributes:
        records: by split; the same for both where there is no test split.
        report: on all files of the folder.
    """

    records: Mapping[str, tuple[Record, ...]]
    report: Report


def find(data_dir: str, reading: Reading = DEFAULT) -> FoundCaptioned:
    """Lists the images of a folder that have captions, without decoding any.

    Sub-folders are the classes, if there are at least two and no image is outside of them. A table may say the splits;
    otherwise the folders do. Captions in a table take precedence over those in text files.

    Args:
        data_dir: the folder.
        reading: how it is read.

    Raises:
        DataError: the folder is missing, or contains no images or no captions to train on, or a table in it is invalid,
            or it is not clear what is trained on, or to which image a text file belongs.
    """
    check_folder("captions", data_dir, _ACCEPTED)
    scanned = scan_data(data_dir)
    if not scanned.pictures:
        raise DataError(f"captions: data_dir must hold images ({COMMON}); {_ACCEPTED}. Received: none in {data_dir!r}")
    table = find_tables(data_dir, scanned.pictures, scanned.named(*TABLE_SUFFIXES), reading.encoding)
    texts = texts_of(scanned, table)
    if table.unclear and not reading.splits:
        raise DataError(table.unclear)
    if table.splits and not reading.splits:
        splits = from_table(scanned, table.splits, "the table says the splits")
    else:
        splits = divide(scanned, "captions", reading)
    captions, skipped, assumed = captions_of(scanned, splits, table, texts, reading)
    names = unique_names(scanned)
    chosen = {split: [path for path in captions if splits.of[path] == split] for split in ("train", "test")}
    classes = classes_of({path: splits.rest[path] for path in captions})
    records = {
        split: tuple(
            sorted(
                (Record(names[path], scanned.path(path), captions[path], classes.get(path)) for path in paths),
                key=lambda record: record.name,
            )
        )
        for split, paths in chosen.items()
    }
    counts = collections.Counter(record.class_name for record in records["train"] if classes)
    known = {*texts.values(), *table.read, *(name for names in table.skipped.values() for name in names)}
    report = Report(
        "captions",
        scanned.found,
        {split: len(found) for split, found in records.items()},
        {**scanned.skipped, **splits.skipped, **skipped, **not_pictures(scanned, known)},
        {name: counts[name] for name in sorted(counts, key=natural)},
        assumed=(
            *([caption_line(records["train"])] if records["train"] else []),
            *filter(None, (splits.assumed, "classes are the sub-folders" if classes else "no classes")),
            *assumed,
        ),
    )
    if not records["train"]:
        raise DataError(
            f"captions: at least one image to train on must have a caption; {_ACCEPTED}. "
            f"Received: {'; '.join(report.lines())}"
        )
    if not records["test"]:
        report = report.with_assumed(NO_TEST)
        records["test"] = records["train"]
    return FoundCaptioned(records, report)


def load(split: str, load_size: Size, data_dir: str, cache_dir: str, reading: Reading = DEFAULT) -> CaptionedImages:
    """Loads the user's images: (n, height, width, 3) uint8 with captions, and classes if there are any.

    Args:
        split: "train" or "test"; the same images for both, unless the folder or its table has splits.
        load_size: side, or (height, width), of the images in pixels.
        data_dir: the folder, see `find`.
        cache_dir: folder of the cache of decoded images.
        reading: how the files are read.

    Raises:
        DataError: see `find`; also if fewer than two images can be decoded.
    """
    check_split(split)
    found = find(data_dir, reading)
    planned = plan({"": found.records}, "images", load_size, cache_dir, reading, found.report, may_be_maps=False)
    examples = decode_captioned(
        planned.parts["", split], planned.report, load_size, cache_dir, reading, planned.whole, split
    )
    return dataclasses.replace(examples, values=planned.values)


def texts_of(scanned: Scan, table: Table) -> dict[str, str]:
    """Name of an image to its text file; DataError if it has two, which are named."""
    texts = {}
    for path in scanned.named(".txt"):
        other = path if path in table.read else texts.setdefault(normal(key_of(path)), path)
        if other != path and any(normal(key_of(image)) == normal(key_of(path)) for image in scanned.pictures):
            raise DataError(
                "captions: an image must have one text file, so that it is clear which is to be read. "
                f"Received: {first_names([other, path])}"
            )
    return texts


def captions_of(
    scanned: Scan, splits: Splits, table: Table, texts: Mapping[str, str], reading: Reading
) -> tuple[dict[str, tuple[str, ...]], dict[str, Sequence[str]], list[str]]:
    """Joins images and captions.

    Args:
        scanned: the files.
        splits: the images.
        table: what tables say of them.
        texts: image name to its text file.
        reading: how text files are read.

    Returns:
        Image to captions, reason to what is left out, and lines on what could be otherwise.
    """
    captions, without, files = {}, [], CaptionFiles(reading.encoding)
    users = collections.defaultdict(list)
    for path in splits.of:
        given = tuple(table.captions.get(path, ()))
        text = texts.get(normal(key_of(path)))
        if not given and text:
            users[text].append(path)
            given = files.read(scanned.path(text), text)
            if given is None:
                continue
        if given:
            captions[path] = given
        else:
            without.append(path)
    for text, images in users.items():
        if len(images) > 1:
            raise DataError(
                "captions: a text file must be the captions of one image, so that it is clear whose they are. "
                f"Received: {text}, beside {first_names(images)}"
            )
    stems = {normal(key_of(path)) for path in scanned.pictures}
    skipped = {
        **files.skipped(),
        "image without a caption, or with empty ones only": without,
        "text file without its image": [path for stem, path in texts.items() if stem not in stems],
        **table.skipped,
    }
    return captions, {reason: names for reason, names in skipped.items() if names}, [*files.assumed(), *table.assumed]


def classes_of(rest: Mapping[str, str]) -> dict[str, str]:
    """Image to class, its folder below those of the splits; empty unless all images are in two or more folders."""
    around = folder_around(list(rest.values()))
    folders = {path: posixpath.dirname(name.removeprefix(around)) for path, name in rest.items()}
    return folders if "" not in folders.values() and len(set(folders.values())) > 1 else {}
