"""The sizes of a data set's pictures, for its report: what there is, and what becomes of another aspect."""

import math
from collections import Counter
from collections.abc import Sequence

from pipelines.examples import Record
from pipelines.readers.halves import size_of
from pipelines.reading import OWN_SIZE, Reading
from pipelines.sizes import Size, height_width

# So many pictures are looked at, evenly over the set: a second or less.
MOST = 5000
# Ratios of aspects that nobody sees; the sizes at which pictures are kept are rounded.
SAME = 1.03
# What is done to pictures of another aspect (`pipelines.reading.Reading.resize`), in words.
DONE = {
    "squash": "are squashed to it (--resize=crop or --resize=pad keeps theirs)",
    "crop": "are cropped to their middle",
    "pad": "are padded with their border",
}


def sizes_of(records: Sequence[Record]) -> list[tuple[int, int]]:
    """(width, height) of pictures as they are seen, of at most `MOST` of them; of halves of files that of the half."""
    sizes = []
    for record in records[:: math.ceil(len(records) / MOST) or 1]:
        try:
            width, height = size_of(record.path)
        # A file that could be decoded, or was once and is in the cache.
        except Exception:
            continue
        sizes.append((width // 2 if record.half else width, height))
    return sizes


def counted(sizes: Sequence[tuple[int, int]]) -> dict[str, int]:
    """ "width x height" to how many pictures have it."""
    return dict(Counter(f"{width} x {height}" for width, height in sizes))


def fit_lines(sizes: Sequence[tuple[int, int]], size: Size, reading: Reading, side: str = "") -> list[str]:
    """A report line on pictures whose aspect is not that of what is trained on, if there are any.

    Args:
        sizes: (width, height) of pictures.
        size: at which they are kept.
        reading: says what is done to them.
        side: of pairs or unpaired images, for the line.
    """
    height, width = height_width(size)
    if reading.resize == OWN_SIZE:
        return own_size_lines(sizes, height, width)
    others = sum(max(w * height / (h * width), h * width / (w * height)) > SAME for w, h in sizes)
    if not others:
        return []
    of = f"{side}: " if side else ""
    line = f"{of}{others:,} of {len(sizes):,} pictures have another aspect than what is trained on"
    return [f"{line}: they {DONE[reading.resize]}"]


def own_size_lines(sizes: Sequence[tuple[int, int]], height: int, width: int) -> list[str]:
    """Report lines on pictures that are not resized, of which squares of one size are kept."""
    larger = sum(w > width or h > height for w, h in sizes)
    smaller = sum(w < width or h < height for w, h in sizes)
    kept = f"the {width} x {height} pixels that are kept"
    lines = [f"{larger:,} of {len(sizes):,} pictures are larger than {kept}: their middle is"] if larger else []
    if smaller:
        lines.append(
            f"{smaller:,} of {len(sizes):,} pictures are smaller than {kept}: they go on as their mirror image"
        )
    return lines
