"""The user's own images of two kinds, in folders trainA, trainB, testA and testB, as in CycleGAN's datasets."""

import os

from pipelines.examples import DataError, Record, UnpairedImages
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

_ACCEPTED = "accepted are folders trainA and trainB of images, and testA and testB for evaluation"


def find(split: str, data_dir: str, name: str = "unpaired") -> dict[str, tuple[Record, ...]]:
    """Lists both sides of a split, "A" and "B".

    Raises:
        DataError: the folder or one of the split's folders is missing, or contains no image.
    """
    check_split(split)
    if not data_dir or not os.path.isdir(data_dir):
        raise DataError(f"{name}: data_dir must be an existing folder; {_ACCEPTED}; got {data_dir!r}")
    sides = {}
    for side in "AB":
        folder = os.path.join(data_dir, f"{split}{side}")
        paths = list_files(folder, IMAGE_SUFFIXES)
        if not paths:
            problem = "no image in" if os.path.isdir(folder) else "no folder"
            raise DataError(
                f"{name}: {split}{side} must hold at least one image; {_ACCEPTED}; got {problem} {folder!r}"
            )
        sides[side] = tuple(Record(key_of(path), os.path.join(folder, *path.split("/"))) for path in paths)
    return sides


def load(
    split: str, load_size: int, data_dir: str, cache_dir: str, name: str = "unpaired", reading: Reading = DEFAULT
) -> UnpairedImages:
    """Loads the user's images: A and B, each (n, load_size, load_size, 3) uint8.

    Args:
        split: "train" or "test".
        load_size: side of the images in pixels; the aspect ratio is not kept.
        data_dir: the folder, see `find`.
        cache_dir: folder of the cache of decoded images.
        name: of the dataset, for messages.

    Raises:
        DataError: see `find`; also if no image of a side can be decoded.
    """
    found = find(split, data_dir, name)
    splits = found_in_splits(lambda split: find(split, data_dir, name))
    whole = {side: [record for part in splits for record in part[side]] for side in found}
    read, assumed = alike(whole, load_size, cache_dir, reading, name, may_be_maps=False, may_be_gray=True)
    report, decoded = list(assumed), {}
    for side, records in found.items():
        kept, images, undecodable = decode_images(read[side].of(records), load_size, cache_dir, reading=reading)
        report.append(f"{len(records):,} images of {side} found in {data_dir!r} for {split}")
        report += skipped_line([f"{name} ({reason})" for name, reason in undecodable], f"{side} could not be decoded")
        if not kept:
            raise DataError(f"{name}: at least one image of {side} must be decodable; got {'; '.join(report)}")
        decoded[side] = images, tuple(record.name for record in kept)
    (a, names_a), (b, names_b) = decoded["A"], decoded["B"]
    log_report(name, tuple(report), min(len(a), len(b)), FEW_TRANSLATIONS if split == "train" else 0)
    values = {side: read[side].values for side in read}
    return UnpairedImages(a=a, b=b, names_a=names_a, names_b=names_b, values=values)
