"""The example tables that every dataset is read into, and the error that a dataset raises."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from pipelines.report import Report


class DataError(ValueError):
    """Something is wrong with the user's data. The message is one clear line that can be printed unchanged."""


@dataclasses.dataclass(frozen=True)
class Values:
    """How the pixel values of a set's files (or of one side of it) are read: the same for all of them, in every mode.

    Attributes:
        low: the value that becomes black, in files of more than 8 bits; those of 8 bits are always read as 0 to 255.
        high: the value that becomes white, likewise.
        kind: of the numbers in files of more than 8 bits: "integers", "floats", or both with " and " between them; ""
            where there are no such files.
        is_numbered: whether gray values are numbers of labels, which become colors of one table.
        scales_bytes: whether `low` and `high` are those of files of 8 bits as well, as the user may say.
        channels: of the images that they become, 1 where all files of a side of pairs or of unpaired images are gray.
        is_label_map: whether the colors of a side of pairs are labels; None where that is not asked, and in the records
            of older runs.
    """

    low: float = 0.0
    high: float = 255.0
    kind: str = ""
    is_numbered: bool = False
    scales_bytes: bool = False
    channels: int = 3
    is_label_map: bool | None = None


PLAIN = Values()


@dataclasses.dataclass(frozen=True)
class Record:
    """One image on disk, before it is decoded.

    Attributes:
        name: unique key of the image in its dataset, by which captions and precomputed embeddings are joined:
            the path below the image folder, with forward slashes, without its suffix.
        path: where the image file is.
        captions: its captions, stripped and not empty; at least one in a captioned dataset.
        class_name: the class it belongs to; None in a dataset without classes.
        half: "left" or "right" of a file that holds two pictures side by side; "" for the whole.
        is_label_map: whether its colors are labels, which must not be interpolated when it is resized.
        values: how its pixel values are read.
    """

    name: str
    path: str
    captions: tuple[str, ...] = ()
    class_name: str | None = None
    half: str = ""
    is_label_map: bool = False
    values: Values = PLAIN


@dataclasses.dataclass(frozen=True)
class GroundTruth:
    """The known attributes of each example of a rendered dataset, n examples with c captions each.

    Attributes:
        attribute_names: the A attributes, e.g. "breast color".
        attribute_values: for each attribute the names of its values, e.g. ("black", "white", ...).
        attributes: (n, A) int32, the index of each example's value in `attribute_values`.
        style_names: the S nuisance factors, e.g. "tilt".
        style: (n, S) float32, each example's nuisance factors.
        mentions: (n, c, A) bool, whether a caption names an attribute.
    """

    attribute_names: tuple[str, ...]
    attribute_values: tuple[tuple[str, ...], ...]
    attributes: np.ndarray
    style_names: tuple[str, ...]
    style: np.ndarray
    mentions: np.ndarray


@dataclasses.dataclass(frozen=True)
class PairedImages:
    """One split of a dataset of image pairs, decoded once.

    Attributes:
        a: (n, h_a, w_a, 1 or 3) uint8, the side that is named first.
        b: (n, h_b, w_b, 1 or 3) uint8, the other side of each pair. Mostly of the same size; else both sides of one are
            the same multiple of the other's.
        names: n unique keys.
        labels: (n,) integers, equal for pairs whose B shows the same object; None where every B differs.
        report: on the files that it was read from, if it was.
        values: how the pixel values of side "A" and of "B" were read, where that could be otherwise.
    """

    a: np.ndarray
    b: np.ndarray
    names: tuple[str, ...]
    labels: np.ndarray | None = None
    report: Report | None = None
    values: Mapping[str, Values] = dataclasses.field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)


@dataclasses.dataclass(frozen=True)
class UnpairedImages:
    """One split of a dataset of two sets of images without correspondence, decoded once.

    Attributes:
        a: (n, h, w, 1 or 3) uint8, the side that is named first.
        b: (m, h, w, 1 or 3) uint8, the other side.
        names_a: n unique keys.
        names_b: m unique keys.
        report: on the files that it was read from, if it was.
        values: how the pixel values of side "A" and of "B" were read, where that could be otherwise.
    """

    a: np.ndarray
    b: np.ndarray
    names_a: tuple[str, ...]
    names_b: tuple[str, ...]
    report: Report | None = None
    values: Mapping[str, Values] = dataclasses.field(default_factory=dict)

    def __len__(self) -> int:
        return max(len(self.names_a), len(self.names_b))


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabeledImages:
    """One split of a dataset of single images, decoded once.

    Attributes:
        images: (n, load_size, load_size, c) uint8, c being 1 (gray) or 3, in memory, memory-mapped, or a view of some
            rows of such an array (`pipelines.rows.ImageRows`).
        names: n unique keys (see `Record.name`).
        labels: (n,) int32 indices into `class_names`; None in a dataset without classes.
        class_names: the classes; empty in a dataset without classes.
        report: on the files that it was read from, if it was.
        values: how the pixel values were read, under the name "", where that could be otherwise.
    """

    images: np.ndarray
    names: tuple[str, ...]
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    report: Report | None = None
    values: Mapping[str, Values] = dataclasses.field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RenderedGlyphs(LabeledImages):
    """One split of rendered characters, each drawn in a style that is known.

    Attributes:
        style_names: what the styles are, S names.
        styles: (n, S) float32, how each was drawn, beside what its font is by itself.
        fonts: (n,) int32, in which font.
    """

    style_names: tuple[str, ...]
    styles: np.ndarray
    fonts: np.ndarray


@dataclasses.dataclass(frozen=True, kw_only=True)
class CaptionedImages(LabeledImages):
    """One split of a captioned image dataset, with three channels; its classes are those present in the split.

    Attributes:
        captions: for each image a tuple of at least one caption.
        truth: the ground truth of a rendered dataset; None for photographs.
    """

    captions: tuple[tuple[str, ...], ...]
    truth: GroundTruth | None = None


@dataclasses.dataclass(frozen=True)
class GaussianMixture:
    """A distribution of points whose density is known: equally likely round Gaussians.

    Attributes:
        centers: (m, d) float32.
        deviation: the standard deviation of each Gaussian, along every axis.
    """

    centers: np.ndarray
    deviation: float

    def density(self, points: np.ndarray) -> np.ndarray:
        """(n,) the density at (n, d) points."""
        squared = ((points[:, np.newaxis] - self.centers) ** 2).sum(axis=2)
        scale = (2.0 * np.pi * self.deviation**2) ** (self.centers.shape[1] / 2)
        return np.exp(-0.5 * squared / self.deviation**2).mean(axis=1) / scale


Examples = LabeledImages | PairedImages | UnpairedImages | GaussianMixture


def recorded_values(examples: Examples) -> dict[str, dict]:
    """What a run's record says of how the pixel values of each side were read; empty for files of 8 bits."""
    values = getattr(examples, "values", {})
    return {side: dataclasses.asdict(of_side) for side, of_side in values.items() if of_side != PLAIN}
