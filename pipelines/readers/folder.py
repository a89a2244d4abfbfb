"""The user's own images in a folder: sub-folders are classes, folders train and test (or val) at the top are splits."""

import os
from collections.abc import Iterable, Sequence

import numpy as np

from pipelines.examples import DataError, LabeledImages, Record
from pipelines.readers.alike import alike, found_in_splits
from pipelines.readers.files import (
    FEW_IMAGES,
    IMAGE_SUFFIXES,
    Found,
    check_split,
    key_of,
    list_files,
    log_report,
    skipped_line,
)
from pipelines.readers.pairs import SPLIT_FOLDERS
from pipelines.readers.records import decode_images
from pipelines.reading import DEFAULT, Reading

_ACCEPTED = (
    f"accepted are images ({', '.join(IMAGE_SUFFIXES)}), in sub-folders if they have classes, and below folders train "
    "and test (or val) if these are to be kept apart"
)


def find(split: str, data_dir: str) -> tuple[Found, tuple[str, ...]]:
    """Lists the images of a split without decoding any, and the names of the classes, which both splits share.

    The class of an image is the top-level folder (of the split) that contains it. There are no classes if there are
    fewer than two such folders, or if an image is outside of them. Folders `train` and `test` (or `val`) at the top
    hold the splits, and images of a class that is not in `train` are skipped; without them both splits are all images.

    Args:
        split: "train" or "test".
        data_dir: the folder.

    Raises:
        DataError: the folder is missing, or contains no image of the split.
    """
    check_split(split)
    if not data_dir or not os.path.isdir(data_dir):
        raise DataError(f"folder: data_dir must be an existing folder; {_ACCEPTED}; got {data_dir!r}")
    paths = list_files(data_dir, IMAGE_SUFFIXES)
    train, test = _split_folders(paths)
    folder = test if split == "test" else train
    chosen = [path for path in paths if path.startswith(folder)]
    if not chosen:
        raise DataError(
            f"folder: data_dir must hold images; {_ACCEPTED}; got none in {os.path.join(data_dir, folder)!r}"
        )
    class_names, class_line = _class_names([path.removeprefix(train) for path in paths if path.startswith(train)])
    records, same_name, unknown = {}, [], []
    for path in chosen:
        top, _, below = path.removeprefix(folder).partition("/")
        name = key_of(path)
        if class_names and (not below or top not in class_names):
            unknown.append(path)
        elif name in records:
            same_name.append(path)
        else:
            file = os.path.join(data_dir, *path.split("/"))
            records[name] = Record(name, file, class_name=top if class_names else None)
    report = [f"{len(records):,} images found in {data_dir!r} for {split}", class_line]
    if split == "test" and train == test:
        report.append("no folders train and test (or val): testing uses the training images")
    report += skipped_line(
        [path for path in paths if not path.startswith((train, test))], "image in none of the splits' folders"
    )
    report += skipped_line(unknown, "image in no folder of a class of train")
    report += skipped_line(same_name, "image whose name differs from another one only in the suffix")
    return Found(tuple(records[name] for name in sorted(records)), tuple(report)), class_names


def load(split: str, load_size: int, data_dir: str, cache_dir: str, reading: Reading = DEFAULT) -> LabeledImages:
    """Loads the user's images: (n, load_size, load_size, 3) uint8, with classes if there are any (see `find`).

    Args:
        split: "train" or "test"; the same images for both, unless the folder has folders of these names.
        load_size: side of the images in pixels; the aspect ratio is not kept.
        data_dir: the folder, see `find`.
        cache_dir: folder of the cache of decoded images.

    Raises:
        DataError: see `find`; also if fewer than two images can be decoded.
    """
    found, class_names = find(split, data_dir)
    whole = [record for part, _ in found_in_splits(lambda split: find(split, data_dir)) for record in part.records]
    read, assumed = alike({"": whole}, load_size, cache_dir, reading, "folder", may_be_maps=False)
    records, images, undecodable = decode_images(read[""].of(found.records), load_size, cache_dir, reading=reading)
    report = [*found.report, *assumed]
    report += skipped_line([f"{name} ({reason})" for name, reason in undecodable], "the image could not be decoded")
    if len(records) < 2:
        raise DataError(
            f"folder: at least 2 images of {split} must be decodable; got {len(records)} ({'; '.join(report)})"
        )
    log_report("folder", tuple(report), len(records), FEW_IMAGES if split == "train" else 0)
    return LabeledImages(
        images=images,
        names=tuple(record.name for record in records),
        labels=_labels(records, class_names),
        class_names=class_names,
        values={side: read[side].values for side in read},
    )


def _split_folders(paths: Iterable[str]) -> tuple[str, str]:
    """The folders of train and test, with a trailing slash; "" and "" if the images are not split."""
    tops = {path.partition("/")[0] for path in paths if "/" in path}
    for test in SPLIT_FOLDERS["test"]:
        if {"train", test} <= tops:
            return "train/", f"{test}/"
    # A single folder `train` is not a class either.
    alone = tops == {"train"} and all("/" in path for path in paths)
    return ("train/", "train/") if alone else ("", "")


def _class_names(paths: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The classes of paths below the folder of a split, sorted, and a report line on them."""
    folders = sorted({path.partition("/")[0] for path in paths if "/" in path})
    loose = [path for path in paths if "/" not in path]
    if len(folders) < 2:
        return (), f"no classes: {len(folders)} sub-folder(s), where classes need at least two"
    if loose:
        return (), f"no classes: {len(loose):,} images are outside of the {len(folders)} sub-folders, e.g. {loose[0]}"
    return tuple(folders), f"{len(folders)} classes, named after the sub-folders"


def _labels(records: Sequence[Record], class_names: Sequence[str]) -> np.ndarray | None:
    if not class_names:
        return None
    index = {name: label for label, name in enumerate(class_names)}
    return np.array([index[record.class_name] for record in records], np.int32)
