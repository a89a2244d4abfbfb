"""CelebA (Liu et al. 2015) as people have it: a folder of aligned photographs beside lists of attributes and splits."""

import contextlib
import dataclasses
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image
from tqdm import tqdm

from pipelines.budget import Whole
from pipelines.examples import DataError, LabeledImages
from pipelines.readers.cache import Decoded, decode_once
from pipelines.readers.class_tables import columns_line, columns_of, in_order, read_classes
from pipelines.readers.decode import decode_rgb, resize
from pipelines.readers.files import IMAGE_SUFFIXES
from pipelines.readers.order import natural
from pipelines.readers.records import sized
from pipelines.readers.split_tables import splits_of
from pipelines.readers.tables import tables_in
from pipelines.reading import DEFAULT, Reading
from pipelines.report import Report, printable

# As downloaded, as Kaggle nests it, as torchvision and the authors' own folders have it; and as PNG.
FOLDERS = tuple(
    f"{above}{name}"
    for above in ("", "celeba/", "Img/")
    for name in (
        *("img_align_celeba/img_align_celeba", "img_align_celeba"),
        *("img_align_celeba_png/img_align_celeba_png", "img_align_celeba_png"),
    )
)
# Where the lists are, beside the photographs or not.
TABLE_FOLDERS = ("", "celeba", "Anno", "Eval")
# Of the aligned photographs, in pixels, and of the square that is cut out of the middle, as in DCGAN's code.
WIDTH, HEIGHT, CROP = 178, 218, 108
ACCEPTED = (
    "img_align_celeba/ with 000001.jpg, 000002.jpg, ..., and beside it list_eval_partition.txt (or .csv) for a test "
    "split and list_attr_celeba.txt (or .csv) for --class_column"
)
_WORKERS = min(4, os.cpu_count() or 1)
_CHUNK = 256  # images under way at once
LOOKED_AT = 100
_NUMBERED = re.compile("[0-9]{6}[.](?:jpg|png)")


@dataclasses.dataclass(frozen=True)
class Copy:
    """A copy of the set.

    Attributes:
        folder: what all paths are relative to.
        pictures: in natural order.
        tables: that may hold attributes or splits.
    """

    folder: str
    pictures: tuple[str, ...]
    tables: tuple[str, ...]


def find(folder: str) -> Copy | None:
    """The photographs in a folder, or in one within it as in `FOLDERS`; None if there are none."""
    if os.path.basename(os.path.abspath(folder)).startswith("img_align_celeba"):
        # The user has named the folder of the photographs itself. The lists lie beside it.
        inside = _pictures(folder) or _pictures(os.path.join(folder, os.path.basename(os.path.abspath(folder))))
        if inside:
            above = os.path.dirname(os.path.abspath(folder))
            return find(above)
    # Loose photographs are taken for these only if they have their names.
    loose = ("",) if any(map(_NUMBERED.fullmatch, _pictures(folder))) else ()
    for place in (*FOLDERS, *loose):
        within = os.path.join(folder, *place.split("/"))
        if names := _pictures(within):
            beside = sorted({*TABLE_FOLDERS, place, os.path.dirname(place)})
            tables = [
                f"{below}/{name}".lstrip("/")
                for below in beside
                for name in tables_in(os.path.join(folder, *below.split("/")))
            ]
            return Copy(folder, tuple(f"{place}/{name}".lstrip("/") for name in names), tuple(tables))
    return None


def _pictures(folder: str) -> list[str]:
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted((name for name in names if name.lower().endswith(IMAGE_SUFFIXES) and name[0] != "."), key=natural)


def read(copy: Copy, split: str, load_size: int, cache_dir: str, reading: Reading = DEFAULT) -> LabeledImages:
    """One split: (n, load_size, load_size, 3) uint8, with classes if reading.class_column names an attribute.

    The square of 108 pixels in the middle of the aligned photographs of 178 x 218 is resized; of photographs of another
    size and the same aspect the same part, of others the square in their middle.

    Args:
        copy: see `find`.
        split: "train" or "test", as in list_eval_partition; without that all photographs are for training.
        load_size: side of the images in pixels.
        cache_dir: folder of the cache of decoded images.
        reading: names the column of the classes.

    Raises:
        DataError: there is no image of the split, or no such column; or fewer than two images can be decoded.
    """
    told = splits_of(copy.folder, copy.tables, copy.pictures, reading.encoding, "move it away")
    splits, where = told.of, told.where
    if not where:
        splits = dict.fromkeys(copy.pictures, "train")
    if not where and split == "test":
        raise DataError(
            "celeb_a: a test split must be named by list_eval_partition.txt or .csv beside the photographs. "
            f"Received: no such list for those in {copy.folder!r}"
        )
    report = Report("celeb_a", f"{len(copy.pictures):,} photographs in {copy.folder!r}")
    report = report.with_assumed(f"splits: {where}" if where else "there is no list of the splits: all are trained on")
    report = report.with_assumed(*told.assumed)
    if where:
        validation = [name for name in copy.pictures if splits.get(name) == "validation"]
        report = report.with_skipped("for validation, which is not used", validation)
        for reason, names in told.skipped.items():
            report = report.with_skipped(reason, names.values())
        named = {name for names in told.skipped.values() for name in names}.union(splits)
        report = report.with_skipped("in no split of the list", [name for name in copy.pictures if name not in named])
    classes: dict[str, str] = {}
    if reading.class_column:
        classes, problems = read_classes(
            copy.folder, copy.tables, reading.class_column, copy.pictures, reading.encoding
        )
        for reason, names in problems.items():
            report = report.with_skipped(reason, names)
        splits = {name: part for name, part in splits.items() if name in classes}
    elif line := columns_line(columns_of(copy.folder, copy.tables, copy.pictures, reading.encoding)):
        report = report.with_assumed(line)
    chosen = [name for name in copy.pictures if splits.get(name) == split]
    paths = [os.path.join(copy.folder, *name.split("/")) for name in chosen]
    cache = os.path.join(cache_dir, f"images-{load_size}px-celeb_a-{_fingerprint(paths)}.npy")
    shape = (len(paths), load_size, load_size, 3)
    whole = _whole(copy, splits, where, paths, cache, load_size)
    images, undecodable = decode_once(_decoded(paths, load_size), shape, cache, whole)
    report = report.with_skipped(
        "the image could not be decoded", [f"{chosen[index]} ({reason})" for index, reason in undecodable]
    )
    left_out = {index for index, _ in undecodable}
    chosen = [name for index, name in enumerate(chosen) if index not in left_out]
    parts = Counter(splits.values())
    used = {part: len(chosen) if part == split else parts[part] for part in ("train", "test") if where or parts[part]}
    report = dataclasses.replace(report, used=used).with_assumed(*_cropped(paths))
    if len(chosen) < 2:
        raise DataError(
            f"celeb_a: at least 2 photographs of {split} must be decodable. "
            f"Received: {len(chosen)} ({'; '.join(report.lines())})"
        )
    names = tuple(printable(os.path.splitext(name)[0]) for name in chosen)
    if not classes:
        report.log()
        return LabeledImages(images=images, names=names, report=report)
    class_names = in_order(classes.values())
    # Of what is trained on, whichever split this is.
    trained = chosen if split == "train" else [name for name, part in splits.items() if part == "train"]
    counts = Counter(classes[name] for name in trained)
    report = dataclasses.replace(report, classes={name: counts[name] for name in class_names})
    report.log()
    labels = {name: label for label, name in enumerate(class_names)}
    return LabeledImages(
        images=images,
        names=names,
        labels=np.array([labels[classes[name]] for name in chosen], np.int32),
        class_names=class_names,
        report=report,
    )


def box(width: int, height: int) -> tuple[int, int, int]:
    """Left, top and side of the square that is cut out of a photograph."""
    is_aligned = abs(height * WIDTH - width * HEIGHT) <= max(WIDTH, HEIGHT)
    side = max(1, round(CROP * width / WIDTH)) if is_aligned else min(width, height)
    return (width - side) // 2, (height - side) // 2, side


def _cropped(paths: Sequence[str]) -> Iterator[str]:
    """Lines on photographs of another size than the published one, of the first ones."""
    sizes = set()
    for path in paths[:LOOKED_AT]:
        # What cannot be decoded is in the report already.
        with contextlib.suppress(Exception), Image.open(path) as opened:
            sizes.add(opened.size)
    for width, height in sorted(sizes - {(WIDTH, HEIGHT)}):
        _, _, side = box(width, height)
        yield (
            f"photographs of {width} x {height} pixels, not the aligned ones' {WIDTH} x {HEIGHT}: the {side} x {side} "
            "in their middle are used"
        )


def _fingerprint(paths: Sequence[str]) -> str:
    """Hash of all that the decoded images depend on."""
    digest = hashlib.sha256(f"{WIDTH} {HEIGHT} {CROP}\n".encode())
    for path in paths:
        try:
            status = os.stat(path)
            identity = (os.path.basename(path), status.st_size, status.st_mtime_ns)
        except OSError:
            identity = (os.path.basename(path), -1, -1)
        digest.update(repr(identity).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:24]


def _whole(
    copy: Copy, splits: Mapping[str, str], where: str, paths: Sequence[str], cache: str, load_size: int
) -> Whole:
    """The photographs of both splits, which a run holds at once."""
    count = sum(splits.get(name) in ("train", "test") for name in copy.pictures) if where else len(paths)
    size = 3 * load_size * load_size
    arrays = {cache: len(paths) * size, "the other split": (count - len(paths)) * size}
    return Whole("celeb_a", sized(f"{count:,} photographs", load_size), arrays)


def _decoded(paths: Sequence[str], load_size: int) -> Iterator[Decoded]:
    """The index of each photograph, and its square or the reason why there is none."""

    def attempt(path: str) -> tuple[np.ndarray | None, str]:
        try:
            image = decode_rgb(path)
            height, width = image.shape[:2]
            left, top, side = box(width, height)
            return resize(image[np.newaxis, top : top + side, left : left + side], load_size)[0], ""
        # Broken files raise a dozen types, depending on the format; none may end a run.
        except Exception as error:
            return None, " ".join(f"{type(error).__name__}: {error}".replace(path, "").split())

    with ThreadPoolExecutor(_WORKERS) as pool, tqdm(total=len(paths), desc="decoding images", disable=None) as progress:
        for start in range(0, len(paths), _CHUNK):
            for offset, (image, reason) in enumerate(pool.map(attempt, paths[start : start + _CHUNK])):
                progress.update()
                yield start + offset, image, reason
