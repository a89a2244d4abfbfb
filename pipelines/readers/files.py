"""Decoding image files of any common kind to square uint8 RGB, once: the result is cached on disk as .npy."""

import contextlib
import hashlib
import json
import math
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from absl import logging
from PIL import Image, ImageOps
from tqdm import tqdm

from pipelines.examples import DataError, Record

# Bytes. A larger array stays on disk, memory-mapped: the training batches then read it through the page cache.
MEMORY_LIMIT = 4 * 1024**3

# Pillow releases the interpreter's lock while it decodes and resizes, so threads are enough.
_WORKERS = min(4, os.cpu_count() or 1)
_CHUNK = 256  # images under way at once; bounds the memory of results that wait to be collected

# The crops that are trained on are at least this share of the size that images are kept at (64 of 76 pixels).
SMALL = 64 / 76
# The index of an image, and itself, or None and the reason why there is none.
Decoded = tuple[int, np.ndarray | None, str]
# To be raised when decoding changes, so that older cache files are no longer found.
_FORMAT = "1"


def decode_image(path: str, load_size: int, half: str = "", is_label_map: bool = False) -> np.ndarray:
    """Decodes one image file and resizes it to a square; the aspect ratio is not kept, as in Reed et al.'s code.

    EXIF orientation is applied, transparency is laid on white, and gray, palette, CMYK and 16-bit images become RGB.

    Args:
        path: the image file.
        load_size: side of the result in pixels.
        half: "left" or "right", to decode that half of the picture only; "" for all of it.
        is_label_map: whether to take the nearest pixel instead of a mixture, when resizing.

    Returns:
        (load_size, load_size, 3) uint8.

    Raises:
        Exception: whatever Pillow raises for a file that it cannot decode (many types, by format).
    """
    with Image.open(path) as opened:
        if not is_label_map:
            # A JPEG is decoded at the smallest scale (1/2, 1/4, 1/8) that still leaves the antialiasing below
            # something to average; other formats ignore it.
            opened.draft("RGB", ((4 if half else 2) * load_size, 2 * load_size))
        image = _upright_rgb(opened)
        if half:
            middle = image.width // 2
            image = image.crop((0, 0, middle, image.height) if half == "left" else (middle, 0, *image.size))
        return _resized(image, load_size, Image.Resampling.NEAREST if is_label_map else Image.Resampling.BILINEAR)


def resize(images: np.ndarray, load_size: int) -> np.ndarray:
    """Resizes pixels as `decode_image` does: (n, h, w, c) to (n, load_size, load_size, c) uint8, c being 1 or 3.

    Images of that size already keep their pixels.
    """
    if images.shape[1:3] == (load_size, load_size):
        return np.ascontiguousarray(images)
    results = np.empty((len(images), load_size, load_size, images.shape[3]), np.uint8)
    for image, result in zip(images, results, strict=True):
        picture = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
        result[:] = _resized(picture, load_size).reshape(result.shape)
    return results


def is_small(path: str, load_size: int, half: str = "") -> bool:
    """Whether an image file (or the half of it) is smaller than what is cropped from `load_size` pixels."""
    with Image.open(path) as opened:
        return min(opened.width // 2 if half else opened.width, opened.height) < SMALL * load_size


def decode_rgb(path: str) -> np.ndarray:
    """Decodes one image file at its own size, as `decode_image` does: (h, w, 3) uint8."""
    with Image.open(path) as opened:
        return np.asarray(_upright_rgb(opened), np.uint8)


def decode_images(
    records: Sequence[Record], load_size: int, cache_dir: str, memory_limit: int = MEMORY_LIMIT
) -> tuple[list[Record], np.ndarray, list[tuple[str, str]]]:
    """Decodes the images of records, or finds them in the cache. Images that cannot be decoded are left out.

    Args:
        records: the n images to decode.
        load_size: side of the results in pixels.
        cache_dir: folder of the cache files; made if missing. If it cannot be written, a warning is logged and the
            images are decoded into memory.
        memory_limit: bytes; a larger result is memory-mapped from its cache file instead of held in memory.

    Returns:
        The k <= n records that could be decoded, in order; their images, (k, load_size, load_size, 3) uint8; and
        for each of the others its name and the reason.

    Raises:
        DataError: load_size is not a positive integer, or the result is larger than `memory_limit` and cannot be
            written to cache_dir.
    """
    if load_size < 1:
        raise DataError(f"load_size must be a positive number of pixels, got {load_size}")
    path = os.path.join(cache_dir, f"images-{load_size}px-{_fingerprint(records, load_size)}.npy")
    shape = (len(records), load_size, load_size, 3)
    images, skipped = decode_once(_decoded(records, load_size), shape, path, memory_limit)
    left_out = {index for index, _ in skipped}
    kept = [record for index, record in enumerate(records) if index not in left_out]
    return kept, images, [(records[index].name, reason) for index, reason in skipped]


def decode_once(
    decoded: Iterable[Decoded],
    shape: tuple[int, int, int, int],
    path: str,
    memory_limit: int = MEMORY_LIMIT,
) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """Collects decoded images in a cache file, or finds them there.

    Args:
        decoded: n images in order, each (side, side, c) uint8 or left out; not begun if the cache file is there.
        shape: (n, side, side, c).
        path: of the cache file, named after all that the images depend on.
        memory_limit: see `decode_images`.

    Returns:
        The k <= n images that there are, (k, side, side, c) uint8, in memory or memory-mapped; and the index of each
        other one and the reason.

    Raises:
        DataError: see `decode_images`.
    """
    large = math.prod(shape) > memory_limit
    cached = _read_cache(path, shape, memory_map=large)
    if cached is None and large:
        _decode_to_file(decoded, shape, path)
        cached = _read_cache(path, shape, memory_map=True)
        if cached is None:
            raise DataError(f"cache_dir must keep what is written to it, but {path!r} could not be read back")
    return _decode_to_memory(decoded, shape, path) if cached is None else cached


def rows_of(images: np.ndarray, rows: list[int]) -> np.ndarray:
    """Some of the images; all of them as they are, so that what is memory-mapped stays so."""
    return images if rows == list(range(len(images))) else images[rows]


def _resized(
    image: Image.Image, load_size: int, resampling: Image.Resampling = Image.Resampling.BILINEAR
) -> np.ndarray:
    size = (load_size, load_size)
    return np.asarray(image.resize(size, resampling, reducing_gap=3.0), np.uint8)


def _upright_rgb(opened: Image.Image) -> Image.Image:
    opened.load()
    image = opened
    # Broken orientation data is no reason to lose an image that decodes.
    with contextlib.suppress(Exception):
        image = ImageOps.exif_transpose(opened)
    return _to_rgb(image)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "I" or image.mode.startswith("I;16"):
        # Pillow would clip 16-bit values at 255; this keeps their range.
        values = np.clip(np.asarray(image, np.float32) / 257.0, 0, 255)
        return Image.fromarray(np.rint(values).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _fingerprint(records: Sequence[Record], load_size: int) -> str:
    """Hash of all that the decoded array depends on; a file that changed has another size or time."""
    digest = hashlib.sha256(f"{_FORMAT} {load_size}\n".encode())
    for record in records:
        try:
            status = os.stat(record.path)
            identity = (record.name, status.st_size, status.st_mtime_ns)
        except OSError:
            identity = (record.name, -1, -1)
        if record.half or record.is_label_map:
            identity += (record.half, record.is_label_map)
        digest.update(repr(identity).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:24]


def _decoded(records: Sequence[Record], load_size: int) -> Iterator[Decoded]:
    """Yields for each record its index and its image, or None and the reason why there is no image."""

    enlarged = []

    def attempt(record: Record) -> tuple[np.ndarray | None, str]:
        try:
            image = decode_image(record.path, load_size, record.half, record.is_label_map)
            if is_small(record.path, load_size, record.half):
                enlarged.append(record.name)
            return image, ""
        # Broken files raise a dozen exception types, depending on the format; none may end a run.
        except Exception as error:
            return None, " ".join(f"{type(error).__name__}: {error}".replace(record.path, record.name).split())

    with (
        ThreadPoolExecutor(_WORKERS) as pool,
        tqdm(total=len(records), desc="decoding images", unit="image", disable=None) as progress,
    ):
        for start in range(0, len(records), _CHUNK):
            for offset, (image, reason) in enumerate(pool.map(attempt, records[start : start + _CHUNK])):
                progress.update()
                yield start + offset, image, reason
    if enlarged:
        logging.info(
            "%s of %s images are smaller than %d pixels and are enlarged: %s",
            f"{len(enlarged):,}",
            f"{len(records):,}",
            round(SMALL * load_size),
            ", ".join(name if name.isprintable() else repr(name) for name in sorted(enlarged)[:5]),
        )


def _decode_to_memory(
    decoded: Iterable[Decoded], shape: tuple[int, int, int, int], path: str
) -> tuple[np.ndarray, list[tuple[int, str]]]:
    images = np.empty(shape, np.uint8)
    skipped, count = [], 0
    for index, image, reason in decoded:
        if image is None:
            skipped.append((index, reason))
        else:
            images[count] = image
            count += 1
    images = images[:count]
    try:
        with _replacing(path) as file:
            np.save(file, images)
        _write_notes(path, images, skipped)
    except OSError as error:
        logging.warning(
            "The decoded images could not be cached and will be decoded again by the next run: "
            "cache_dir must be a folder that can be written, got %r (%s)",
            os.path.dirname(path),
            error,
        )
    return images, skipped


def _decode_to_file(decoded: Iterable[Decoded], shape: tuple[int, int, int, int], path: str) -> None:
    """Writes the images one by one, so that a full disk is an error here and not a crash on a memory map."""

    def write_header(file, count: int) -> None:
        # NumPy pads the header so that its length does not depend on the first axis: it can be written again below.
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, *shape[1:])}
        np.lib.format.write_array_header_1_0(file, header)

    skipped, count = [], 0
    try:
        with _replacing(path) as file:
            write_header(file, shape[0])
            for index, image, reason in decoded:
                if image is None:
                    skipped.append((index, reason))
                else:
                    file.write(image.tobytes())
                    count += 1
            file.seek(0)
            write_header(file, count)
        _write_notes(path, None, skipped)
    except OSError as error:
        size = math.prod(shape) / 1024**3
        raise DataError(
            f"{shape[0]:,} images of {shape[1]} pixels need {size:.1f} GiB, too much for memory, so cache_dir "
            f"must be a folder that can be written and has room for them, got {os.path.dirname(path)!r} ({error})"
        ) from error


@contextlib.contextmanager
def _replacing(path: str):
    """Opens a temporary binary file beside `path` that takes its place when all went well."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise


def _write_notes(path: str, images: np.ndarray | None, skipped: list[tuple[int, str]]) -> None:
    """Writes beside the cached array what it leaves out, and a checksum (none for arrays too large for memory)."""
    checksum = None if images is None else zlib.crc32(images)
    with _replacing(path + ".json") as file:
        file.write(json.dumps({"skipped": skipped, "checksum": checksum}).encode())


def _read_cache(
    path: str, shape: tuple[int, int, int, int], memory_map: bool
) -> tuple[np.ndarray, list[tuple[int, str]]] | None:
    """Returns the cached images and what was skipped, or None if there is no cache or it is damaged."""
    try:
        with open(path + ".json", "rb") as file:
            notes = json.load(file)
        skipped = [(int(index), str(reason)) for index, reason in notes["skipped"]]
        images = np.load(path, mmap_mode="r" if memory_map else None, allow_pickle=False)
        intact = images.shape == (shape[0] - len(skipped), *shape[1:]) and images.dtype == np.uint8
        if intact and (memory_map or notes["checksum"] in (None, zlib.crc32(images))):
            return images, skipped
    except FileNotFoundError:
        return None
    # Whatever is wrong with a cache file, the answer is the same: decode again.
    except Exception as error:
        logging.warning("The cache file %r is damaged and is made again (%s: %s)", path, type(error).__name__, error)
        return None
    logging.warning("The cache file %r is damaged and is made again", path)
    return None
