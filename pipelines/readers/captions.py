"""The user's own captioned images: a folder of images with a text file beside each, or with a table of captions."""

import os
import posixpath
import unicodedata

from pipelines.examples import CaptionedImages, DataError, Record
from pipelines.readers.caption_files import CaptionFiles
from pipelines.readers.caption_tables import TABLE_SUFFIXES, Table, find_tables
from pipelines.readers.files import IMAGE_SUFFIXES, Found, check_split, key_of, list_files, skipped_line
from pipelines.readers.photographs import caption_line, decode_found
from pipelines.reading import DEFAULT, Reading

_ACCEPTED = (
    "accepted are images with a .txt file of the same name beside each (one caption a line), or a table of captions: "
    "metadata.jsonl or captions.csv with the columns file_name and text, Flickr8k's captions.txt, COCO's JSON"
)


def find(split: str, data_dir: str, encoding: str = "") -> Found:
    """Lists the images of a folder that have captions, without decoding any.

    Sub-folders are the classes, if there are at least two and no image is outside of them. Folders `train` and `test`
    at the top hold the splits; without them both splits are all images. Captions in a table take precedence over those
    in text files.

    Args:
        split: "train" or "test".
        data_dir: the folder.
        encoding: of text files without a mark, by a name that Python knows; "" for UTF-8.

    Raises:
        DataError: the folder is missing, or contains no images or no captions, or a table in it is invalid.
    """
    check_split(split)
    if not data_dir or not os.path.isdir(data_dir):
        raise DataError(f"captions: data_dir must be an existing folder; {_ACCEPTED}; got {data_dir!r}")
    images = list_files(data_dir, IMAGE_SUFFIXES)
    if not images:
        suffixes = ", ".join(IMAGE_SUFFIXES)
        raise DataError(f"captions: data_dir must hold images ({suffixes}); {_ACCEPTED}; got none in {data_dir!r}")
    files = list_files(data_dir, TABLE_SUFFIXES)
    table = find_tables(data_dir, images, files, encoding)
    others = set(files) - set(table.read)
    texts = {_normal(key_of(path)): path for path in sorted(others) if path.lower().endswith(".txt")}

    tops = {path.split("/")[0] for path in images if "/" in path}
    has_splits = {"train", "test"} <= tops
    prefix = f"{split}/" if has_splits else ""
    records, report = _join(
        data_dir, [path for path in images if path.startswith(prefix)], table, texts, prefix, encoding
    )
    if not records:
        where = os.path.join(data_dir, split) if has_splits else data_dir
        raise DataError(
            f"captions: at least one image must have a caption; {_ACCEPTED}; got {where!r} ({'; '.join(report)})"
        )
    records, class_line = _with_classes(records, prefix)
    if has_splits:
        outside = [path for path in images if not path.startswith(("train/", "test/"))]
        report = (*report, *skipped_line(outside, "image in neither train nor test"))
    head = [f"{len(records):,} images with captions found in {data_dir!r} for {split}", caption_line(records)]
    if not has_splits and split == "test":
        head.append("no folders train and test: testing uses the training images")
    return Found(tuple(records), (*head, class_line, *report))


def load(split: str, load_size: int, data_dir: str, cache_dir: str, reading: Reading = DEFAULT) -> CaptionedImages:
    """Loads the user's images: uint8 RGB of load_size x load_size pixels with captions, and classes if there are any.

    Args:
        split: "train" or "test"; the same images for both, unless the folder has folders `train` and `test`.
        load_size: side of the images in pixels; the aspect ratio is not kept.
        data_dir: the folder, see `find`.
        cache_dir: folder of the cache of decoded images.
        reading: how the files are read.

    Raises:
        DataError: see `find`; also if fewer than two images can be decoded.
    """
    return decode_found(find(split, data_dir, reading.encoding), "captions", load_size, cache_dir, reading)


def _normal(name: str) -> str:
    # macOS stores file names in decomposed form; tables mostly use the composed form.
    return unicodedata.normalize("NFC", name)


def _join(
    data_dir: str, images: list[str], table: Table, texts: dict[str, str], prefix: str, encoding: str
) -> tuple[list[Record], list[str]]:
    """Joins images and captions; returns the records sorted by name, and report lines on what was left out."""
    records, without_caption, same_name, names, files = [], [], [], set(), CaptionFiles(encoding)
    for path in images:
        name = key_of(path)
        captions = tuple(table.captions.get(path, ()))
        if not captions and _normal(name) in texts:
            text = texts[_normal(name)]
            captions = files.read(os.path.join(data_dir, *text.split("/")), text)
            if captions is None:
                continue
        if not captions:
            without_caption.append(path)
        elif name in names:
            same_name.append(path)
        else:
            names.add(name)
            records.append(Record(name, os.path.join(data_dir, *path.split("/")), captions))
    records.sort(key=lambda record: record.name)
    stems = {_normal(key_of(path)) for path in images}
    report = [
        *files.assumed(),
        *(line for reason, names in files.skipped().items() for line in skipped_line(names, reason)),
        *skipped_line(without_caption, "image without a caption, or with empty ones only"),
        *skipped_line(same_name, "image whose name differs from another one only in the suffix"),
        *skipped_line(
            [path for stem, path in texts.items() if path.startswith(prefix) and stem not in stems],
            "text file without its image",
        ),
        *table.assumed,
        *(line for reason, names in table.skipped.items() for line in skipped_line(names, reason)),
    ]
    return records, report


def _with_classes(records: list[Record], prefix: str) -> tuple[list[Record], str]:
    """Names the class of each record after its folder, if all images are in two or more folders."""
    folders = [posixpath.dirname(record.name.removeprefix(prefix)) for record in records]
    if "" in folders or len(set(folders)) < 2:
        return records, "no classes: not all images are in two or more sub-folders"
    classed = [
        Record(record.name, record.path, record.captions, folder)
        for record, folder in zip(records, folders, strict=True)
    ]
    return classed, f"{len(set(folders))} classes, named after the sub-folders"
