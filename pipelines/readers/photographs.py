"""What the readers of captioned photographs share: decoding what was found, and reporting on the captions."""

import collections
from collections.abc import Sequence

import numpy as np

from pipelines.budget import Whole
from pipelines.characters import count_cut, cut_line
from pipelines.examples import CaptionedImages, DataError, Record
from pipelines.readers.files import Found
from pipelines.readers.order import natural
from pipelines.readers.records import decode_reported, whole_of
from pipelines.reading import DEFAULT, Reading
from pipelines.report import Report, first_names
from pipelines.sizes import Size


def caption_line(records: Sequence[Record]) -> str:
    """Returns a report line with the number of captions per image."""
    counts = [len(record.captions) for record in records]
    return f"captions per image: {min(counts)} to {max(counts)}, {np.mean(counts):.1f} on average"


def is_mostly_unknown(caption: str) -> bool:
    """Whether more than half of the letters of a caption are outside ASCII."""
    letters = [character for character in caption if character.isalpha()]
    return sum(not character.isascii() for character in letters) > len(letters) / 2


def reading_lines(records: Sequence[Record]) -> list[str]:
    """Report lines on captions that the char-CNN-RNN cannot read, or not to their end."""
    lines = []
    strange = [record.name for record in records if any(map(is_mostly_unknown, record.captions))]
    if strange:
        lines.append(
            f"{len(strange):,} images have captions in letters that the char-CNN-RNN does not know (it reads a-z, "
            "digits and punctuation; --text_encoder=word_cnn reads the words of any language): "
            f"{', '.join(strange[:5])}"
        )
    cut = {record.name: count for record in records if (count := count_cut(record.captions))}
    if cut:
        lines.append(cut_line(sum(cut.values()), first_names(list(cut)), reader="the char-CNN-RNN"))
    return lines


def decode_found(found: Found, load_size: Size, cache_dir: str, reading: Reading = DEFAULT) -> CaptionedImages:
    """Decodes the images found, see `decode_captioned`."""
    what = f"{len(found.records) + found.others:,} images"
    needed = whole_of(found.report.dataset, what, [found.records], load_size, cache_dir, reading, found.others)
    return decode_captioned(found.records, found.report, load_size, cache_dir, reading, needed)


def decode_captioned(
    records: Sequence[Record],
    report: Report,
    load_size: Size,
    cache_dir: str,
    reading: Reading = DEFAULT,
    whole: Whole | None = None,
    split: str = "",
) -> CaptionedImages:
    """Decodes captioned images (or reads them from the cache) and logs the report.

    Args:
        records: the images of a split.
        report: what is known so far.
        load_size: side, or (height, width), of the images in pixels.
        cache_dir: folder of the cache of decoded images.
        reading: how they are read.
        whole: the set that they belong to, which is held in memory or not; None if they are all.
        split: which one they are, for the report.

    Returns:
        The decoded split; its classes are those of the records, if they have any.

    Raises:
        DataError: fewer than two images could be decoded.
    """
    records, images, report = decode_reported(records, load_size, cache_dir, report, reading, whole=whole)
    counts = collections.Counter(record.class_name for record in records)
    report = report.with_assumed(*reading_lines(records))
    report = report.with_used(split, len(records), {name: counts[name] for name in report.classes})
    report.log()
    if len(records) < 2:
        raise DataError(
            f"{report.dataset}: training needs at least 2 images that can be decoded and have captions. "
            f"Received: {len(records)} ({'; '.join(report.lines())})"
        )
    class_names = tuple(sorted({record.class_name for record in records if record.class_name is not None}, key=natural))
    labels = None
    if class_names:
        index = {name: label for label, name in enumerate(class_names)}
        labels = np.array([index[record.class_name] for record in records], np.int32)
    return CaptionedImages(
        images=images,
        names=tuple(record.name for record in records),
        captions=tuple(record.captions for record in records),
        labels=labels,
        class_names=class_names,
        report=report,
    )
