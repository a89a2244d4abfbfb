"""Whether a file holds two pictures side by side, as its pixels tell."""

import collections
import contextlib
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from pipelines.readers.decode import decode_rgb
from pipelines.readers.deep import upright_size
from pipelines.readers.files import Scan

# The step across the middle, as a multiple of the steps between the other columns, from which it is a seam.
SEAM = 3.0
# The correlation of the two middle columns from which the picture goes on across them.
CONTINUED = 0.8
# Gray levels: what varies less down a column says nothing.
FLAT = 2.0
# Pictures of a set whose pixels are looked at.
MOST_LOOKED_AT = 400
# The share of pictures of twice the width from which their shape says that they are two.
NEARLY_ALL = 0.9


def size_of(path: str) -> tuple[int, int]:
    """(width, height) of a picture as it is seen, with its EXIF orientation; reads the header only.

    Raises:
        Exception: whatever Pillow raises for a file that is no picture.
    """
    with Image.open(path) as opened:
        return upright_size(opened)


def are_two(path: str) -> bool | None:
    """Whether the halves of a file are two pictures: True with a seam between them, False for one picture.

    None where its pixels do not tell: the middle is blank, as in drawings of shoes beside shoes, or all is noise.

    Raises:
        Exception: whatever Pillow raises for a file that it cannot decode.
    """
    pixels = decode_rgb(path).astype(np.float32)
    width = pixels.shape[1]
    if width % 2 or width < 4:
        return False
    middle = width // 2
    if np.array_equal(pixels[:, :middle], pixels[:, middle:]):
        return False
    steps = np.abs(np.diff(pixels, axis=1)).mean(axis=(0, 2))
    seam = steps[middle - 1]
    reach = max(middle // 2, 2)
    beside = np.concatenate([steps[middle - 1 - reach : middle - 1], steps[middle : middle + reach]])
    # The largest of the neighbors are edges of things; a seam is more than most of them.
    if seam >= SEAM * (np.median(beside) + 1.0) and seam >= np.quantile(beside, 0.9):
        return True
    left, right = pixels[:, middle - 1].ravel(), pixels[:, middle].ravel()
    if min(left.std(), right.std()) < FLAT:
        return None
    return False if np.corrcoef(left, right)[0, 1] >= CONTINUED else None


@dataclasses.dataclass(frozen=True)
class Looks:
    """How the pictures of a set look.

    Attributes:
        two: path to whether it is two pictures side by side, of those that were looked at.
        shapes: width / height of each picture, rounded.
        shapes_of_two: the shapes of pictures that are two.
        sure_share: the share of those looked at that have a seam.
        doubtful: how many of those that are taken for two look like one picture of twice the width.
    """

    two: Mapping[str, bool]
    shapes: Mapping[str, float]
    shapes_of_two: frozenset[float]
    sure_share: float
    doubtful: int = 0

    @property
    def are_two(self) -> bool:
        """Whether at least half of them are two pictures; True where none can be read, which is reported later."""
        return 2 * sum(self.two.values()) >= len(self.two)

    def is_two(self, path: str) -> bool:
        """Whether a picture is two: as it looks, or as those of its shape do. One that cannot be read counts as two:
        it is reported when it is decoded.
        """
        if path in self.two:
            return self.two[path]
        return path not in self.shapes or self.shapes[path] in self.shapes_of_two


def looks_of(scanned: Scan, paths: Sequence[str]) -> Looks:
    """Looks at the pictures of a set; of large ones at `MOST_LOOKED_AT`, evenly spaced.

    A picture whose pixels do not tell is two if it is exactly twice as wide as high, as pix2pix's are. So is one that
    goes on across its middle, if nearly all have that shape: two pictures may agree there.
    """
    sizes = {}
    for path in paths:
        # What cannot be read is reported when it is decoded.
        with contextlib.suppress(Exception):
            sizes[path] = size_of(scanned.path(path))
    readable, two, sure = list(sizes), {}, 0
    chosen = np.linspace(0, len(readable) - 1, min(len(readable), MOST_LOOKED_AT)).astype(int)
    for path in (readable[place] for place in chosen):
        width, height = sizes[path]
        with contextlib.suppress(Exception):
            looks = are_two(scanned.path(path))
            two[path] = width == 2 * height if looks is None else looks
            sure += looks is True
    shapes = {path: round(width / height, 2) for path, (width, height) in sizes.items()}
    doubtful = [path for path, is_two in two.items() if not is_two and sizes[path][0] == 2 * sizes[path][1]]
    double = sum(width == 2 * height for width, height in sizes.values())
    if 2 * sum(two.values()) >= len(two) or double < NEARLY_ALL * len(sizes):
        doubtful = []
    two |= dict.fromkeys(doubtful, True)
    counts = collections.Counter()
    for path, is_two in two.items():
        counts[shapes[path]] += 1 if is_two else -1
    shapes_of_two = frozenset(shape for shape, count in counts.items() if count > 0)
    return Looks(two, shapes, shapes_of_two, sure / max(len(two), 1), len(doubtful))
