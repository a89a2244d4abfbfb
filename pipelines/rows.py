"""Some rows of a table of examples. Many images are not copied: a view reads them when they are asked for."""

import dataclasses
import mmap
from collections.abc import Iterator, Sequence

import numpy as np

from pipelines.examples import CaptionedImages, GroundTruth, LabeledImages, PairedImages, RenderedGlyphs, UnpairedImages

# Bytes. Of smaller arrays rows are copied.
COPIED = 2**26
# Bytes that are read at a time, where all are.
_AT_ONCE = 2**22


class ImageRows:
    """A lazy view of some rows of an array of images, mostly a memory-mapped one: nothing is read before it is indexed.

    The first axis takes an integer, a slice, or an array of integers or booleans; the others integers and slices.
    The result is an array in memory. `np.asarray` reads all rows.

    Attributes:
        images: (n, h, w, c) the array.
        rows: (m,) integers, which of its rows are seen, in which order.
    """

    def __init__(self, images: np.ndarray, rows: np.ndarray):
        self.images, self.rows = images, np.asarray(rows, np.intp)

    @property
    def shape(self) -> tuple[int, ...]:
        """(m, h, w, c)."""
        return (len(self.rows), *self.images.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        """Of the pixels."""
        return self.images.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key) -> np.ndarray:
        first, *others = key if isinstance(key, tuple) else (key,)
        # An ellipsis, a new axis, or an array on another axis would mean something else together with the rows.
        if first is Ellipsis or first is None or not all(isinstance(other, int | slice) for other in others):
            return np.asarray(self)[key]
        return np.asarray(self.images[(self.rows[first], *others)])

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        if copy is False:
            raise ValueError("the rows of a memory-mapped array cannot become an array without a copy")
        return np.asarray(self[:], dtype)


def in_chunks(images: np.ndarray | ImageRows) -> Iterator[tuple[int, np.ndarray]]:
    """All rows of an array, some at a time: (the index of the first, (k, ...) the rows)."""
    size = max(1, int(np.prod(images.shape[1:])) * images.dtype.itemsize)
    count = max(1, _AT_ONCE // size)
    for start in range(0, len(images), count):
        yield start, np.asarray(images[start : start + count])
        release(images)


def release(images: np.ndarray | ImageRows):
    """Forgets what was read of memory-mapped images, which would count as memory of this process until others need it.

    The kernel keeps it as long as there is room; reading it again costs little then.
    """
    if isinstance(images, ImageRows):
        images = images.images
    mapping = getattr(images, "_mmap", None)
    if mapping is not None and hasattr(mapping, "madvise"):
        mapping.madvise(mmap.MADV_DONTNEED)


def image_rows(images: np.ndarray | ImageRows, rows: Sequence[int] | np.ndarray) -> np.ndarray | ImageRows:
    """Some rows of an array of images, in the order of `rows`: a copy in memory, or a view where there are many.

    All rows in their own order are the array itself.
    """
    rows = np.asarray(rows, np.intp)
    if np.array_equal(rows, np.arange(len(images))):
        return images
    if isinstance(images, ImageRows):
        return ImageRows(images.images, images.rows[rows])
    return ImageRows(images, rows) if isinstance(images, np.memmap) or images.nbytes > COPIED else images[rows]


Table = LabeledImages | PairedImages | UnpairedImages


def rows_of(examples: Table, rows: np.ndarray | tuple[np.ndarray, np.ndarray]) -> Table:
    """Some rows of a table of examples, in the order of `rows`, with everything that belongs to them.

    Args:
        examples: the table. Its class names remain those of the whole table. One that is not of images has a method
            `take(rows)`, which gives these rows.
        rows: integers; for `UnpairedImages` two such arrays, the rows of A and the rows of B.

    Returns:
        A table of the same class. Memory-mapped images, and many in memory, become a view (`ImageRows`).
    """
    if hasattr(examples, "take"):
        return examples.take(rows)
    if isinstance(examples, UnpairedImages):
        rows_a, rows_b = rows
        return dataclasses.replace(
            examples,
            a=image_rows(examples.a, rows_a),
            b=image_rows(examples.b, rows_b),
            names_a=of_names(examples.names_a, rows_a),
            names_b=of_names(examples.names_b, rows_b),
            report=examples.report,
        )
    labels = None if examples.labels is None else np.asarray(examples.labels)[rows]
    changes = {"names": of_names(examples.names, rows), "labels": labels}
    for name in ("a", "b") if isinstance(examples, PairedImages) else ("images",):
        changes[name] = image_rows(getattr(examples, name), rows)
    if isinstance(examples, CaptionedImages):
        truth = None if examples.truth is None else _truth_of(examples.truth, rows)
        changes |= {"captions": of_names(examples.captions, rows), "truth": truth}
    if isinstance(examples, RenderedGlyphs):
        changes |= {"styles": examples.styles[rows], "fonts": examples.fonts[rows]}
    return dataclasses.replace(examples, **changes)


def evenly(count: int, most: int) -> np.ndarray:
    """At most `most` of the numbers 0, ..., count - 1, evenly spaced, the first and the last among them."""
    return np.linspace(0, count - 1, min(most, count)).astype(int)


def some_of(examples: Table, count: int) -> Table:
    """At most `count` evenly spaced examples (of each side of `UnpairedImages`), with their images in memory."""
    if isinstance(examples, UnpairedImages):
        chosen = rows_of(examples, (evenly(len(examples.a), count), evenly(len(examples.b), count)))
    else:
        chosen = rows_of(examples, evenly(len(examples), count))
    names = ("images",) if isinstance(chosen, LabeledImages) else ("a", "b")
    return dataclasses.replace(chosen, **{name: np.asarray(getattr(chosen, name)) for name in names})


def of_names(values: Sequence[str], rows: np.ndarray) -> tuple:
    """The values of some rows, in their order."""
    return tuple(values[row] for row in rows)


def _truth_of(truth: GroundTruth, rows: np.ndarray) -> GroundTruth:
    names = ("attributes", "style", "mentions")
    return dataclasses.replace(truth, **{name: getattr(truth, name)[rows] for name in names})
