"""JPEG and PNG files in a graph: what their first bytes say, and their pixels, upright, as Pillow reads them.

A file of any other kind is refused by its name (`serving.checks`). As in `--mode=sample`, an EXIF orientation is
applied and transparency is put on white; an orientation that stands in XMP alone is not found here.
"""

import tensorflow as tf

# First bytes, by kind: (place, bytes). The first that fits counts.
SIGNATURES = {
    "JPEG": (0, b"\xff\xd8\xff"),
    "PNG": (0, b"\x89PNG\r\n\x1a\n"),
    "a GIF file": (0, b"GIF8"),
    "a BMP file": (0, b"BM"),
    "a WebP file": (8, b"WEBP"),
    "a TIFF file": (0, b"II*\0"),
    "a TIFF file of the other byte order": (0, b"MM\0*"),
    "an AVIF file": (4, b"ftypavif"),
    "a HEIC file": (4, b"ftypheic"),
    "a JPEG XL file": (0, b"\xff\x0a"),
    "a PDF file": (0, b"%PDF"),
    "an SVG file": (0, b"<svg"),
}
# Bytes of a file in which its kind and the header of a PNG file are.
HEAD = 64
# In a PNG file: where width, height, depth and color type are.
EXTENT_PLACE, DEPTH_PLACE = 16, 24
GRAY_WITH_ALPHA, COLORS_WITH_ALPHA = 4, 6
# Bytes of a JPEG file, and parts of any file, in which an orientation is looked for: cameras write it at the start.
EXIF_WITHIN, MOST_PARTS = 2**17, 512
EXIF, APP1, START_OF_SCAN = b"Exif\0\0", 0xE1, 0xDA
# Of EXIF: the tag, and the bytes of an entry of a directory.
ORIENTATION, ENTRY = 0x0112, 12


def heads(files: tf.Tensor) -> tf.Tensor:
    """(B,) files to (B, HEAD) of their first bytes, int32, zeros behind the end."""
    padded = tf.strings.join([tf.strings.substr(files, 0, HEAD), "\0" * HEAD])
    return tf.cast(tf.io.decode_raw(tf.strings.substr(padded, 0, HEAD), tf.uint8, fixed_length=HEAD), tf.int32)


def kinds(files: tf.Tensor) -> tf.Tensor:
    """(B,) files to (B,) the names of their kinds."""
    head = heads(files)
    named = tf.where(tf.strings.length(files) > 0, "a file of another kind", "an empty file")
    for kind, (place, signature) in reversed(SIGNATURES.items()):
        is_one = tf.reduce_all(head[:, place : place + len(signature)] == list(signature), axis=1)
        named = tf.where(is_one, kind, named)
    return named


def is_png(file: tf.Tensor) -> tf.Tensor:
    """Whether one file is PNG; what else comes here is JPEG."""
    return kinds(file[tf.newaxis])[0] == "PNG"


def sides(files: tf.Tensor) -> tf.Tensor:
    """(B,) JPEG and PNG files to (B, 2) int32 height and width, by their headers, not turned."""

    def of_jpeg(file: tf.Tensor) -> tf.Tensor:
        return tf.io.extract_jpeg_shape(file, tf.int32)[:2]

    def of_png(file: tf.Tensor) -> tf.Tensor:
        width, height = (
            big_endian(part_of(heads(file[tf.newaxis])[0], start, 4)) for start in (EXTENT_PLACE, EXTENT_PLACE + 4)
        )
        return tf.stack([height, width])

    def of(file: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.cond(is_png(file), lambda: of_png(file), lambda: of_jpeg(file)), (2,))

    return tf.map_fn(of, files, fn_output_signature=tf.TensorSpec((2,), tf.int32))


def stored(file: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """One JPEG or PNG file to its numbers, not turned.

    Returns:
        (h, w, 4) int32 red, green, blue and opacity: of 8 bits, or of 16 (`is_deep`); gray is repeated. Scalar bool,
        whether they are of 16 bits; and whether such a file has an opacity of its own.
    """
    head = heads(file[tf.newaxis])[0]
    png, color = is_png(file), head[DEPTH_PLACE + 1]
    # Of 16-bit gray with transparency Pillow keeps the first byte.
    deep = png & (head[DEPTH_PLACE] == 16) & (color != GRAY_WITH_ALPHA)

    def jpeg() -> tf.Tensor:
        # The exact transform, as Pillow's.
        colors = tf.image.decode_jpeg(file, channels=3, dct_method="INTEGER_ACCURATE")
        return tf.pad(tf.cast(colors, tf.int32), [[0, 0], [0, 0], [0, 1]], constant_values=255)

    def png_of(dtype: tf.DType) -> tf.Tensor:
        return tf.cast(tf.image.decode_png(file, channels=4, dtype=dtype), tf.int32)

    def shallow_png() -> tf.Tensor:
        numbers = png_of(tf.uint8)
        # Where a file of fewer than 8 bits has no opacity, TensorFlow makes one up, of as many bits.
        opaque = (head[DEPTH_PLACE] < 8) & ~chunk(file, b"tRNS")[2]
        return tf.where(opaque, tf.concat([numbers[..., :3], tf.fill(tf.shape(numbers[..., 3:]), 255)], -1), numbers)

    numbers = tf.cond(deep, lambda: png_of(tf.uint16), lambda: tf.cond(png, shallow_png, jpeg))
    return tf.ensure_shape(numbers, (None, None, 4)), deep, deep & (color == COLORS_WITH_ALPHA)


def on_white(numbers: tf.Tensor) -> tf.Tensor:
    """(h, w, 4) int32 of 8 bits to (h, w, 3), rounded as Pillow's alpha_composite does."""
    colors, opacity = numbers[..., :3] * 128, numbers[..., 3:]
    mixed = colors * opacity + 255 * 128 * (255 - opacity) + 128 * 128
    return tf.where(opacity > 0, ((mixed // 256 + mixed) // 256) // 128, 255)


def gray(colors: tf.Tensor) -> tf.Tensor:
    """(h, w, 3) int32 of 8 bits to (h, w, 1), as Pillow's convert("L")."""
    weighted = colors * tf.constant([19595, 38470, 7471])
    return (tf.reduce_sum(weighted, axis=-1, keepdims=True) + 2**15) // 2**16


def upright(image: tf.Tensor, file: tf.Tensor) -> tf.Tensor:
    """(h, w, c) pixels of a file, turned as its EXIF orientation says."""
    which = tf.cond(is_png(file), lambda: orientation_of_png(file), lambda: orientation_of_jpeg(file))
    image = tf.cond(which >= 5, lambda: tf.transpose(image, (1, 0, 2)), lambda: image)
    rows, columns = tf.reduce_any(which == [3, 4, 7, 8]), tf.reduce_any(which == [2, 3, 6, 7])
    image = tf.cond(rows, lambda: image[::-1], lambda: image)
    return tf.cond(columns, lambda: image[:, ::-1], lambda: image)


def orientation_of_jpeg(file: tf.Tensor) -> tf.Tensor:
    """1 to 8, by the first EXIF segment; 1 where there is none that can be read."""
    content = tf.cast(tf.io.decode_raw(tf.strings.substr(file, 0, EXIF_WITHIN), tf.uint8), tf.int32)
    count = tf.size(content)

    def goes_on(place, found):
        return (place + 10 < count) & tf.logical_not(found)

    def step(place, found):
        # Bytes of 255 may stand before a marker.
        filled = content[place + 1] == 0xFF
        marker, length = content[place + 1], big_endian(part_of(content, place + 2, 2))
        is_exif = (marker == APP1) & tf.reduce_all(content[place + 4 : place + 10] == list(EXIF))
        ends = (content[place] != 0xFF) | (marker == START_OF_SCAN)
        onward = tf.where(filled, place + 1, place + 2 + tf.maximum(length, 2))
        return tf.where(ends, count, tf.where(is_exif, place + 10, onward)), is_exif & ~ends

    place, found = tf.while_loop(goes_on, step, (2, tf.constant(False)), maximum_iterations=MOST_PARTS)
    return tf.cond(found, lambda: orientation(content[place:]), lambda: 1)


def orientation_of_png(file: tf.Tensor) -> tf.Tensor:
    """The same, by the eXIf chunk."""
    place, length, found = chunk(file, b"eXIf")

    def exif() -> tf.Tensor:
        return tf.cast(tf.io.decode_raw(tf.strings.substr(file, place, length), tf.uint8), tf.int32)

    return tf.cond(found, lambda: orientation(exif()), lambda: 1)


def chunk(file: tf.Tensor, name: bytes) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The first chunk of a PNG file that has this name: where its content begins, its length, and whether there is one
    among the first MOST_PARTS.
    """
    count = tf.strings.length(file)

    def goes_on(place, length, found):
        return (place + 12 <= count) & tf.logical_not(found)

    def step(place, length, found):
        head = tf.cast(tf.io.decode_raw(tf.strings.substr(file, place, 8), tf.uint8, fixed_length=8), tf.int32)
        length = tf.clip_by_value(big_endian(head[:4]), 0, count)
        is_one = tf.reduce_all(head[4:] == list(name))
        return tf.where(is_one, place + 8, place + 12 + length), length, is_one

    return tf.while_loop(goes_on, step, (8, 0, tf.constant(False)), maximum_iterations=MOST_PARTS)


def orientation(exif: tf.Tensor) -> tf.Tensor:
    """The orientation in a block of EXIF, (n,) int32 bytes, which begins with the order of its bytes; 1 without."""
    count = tf.size(exif)
    # A zero behind the end is what is read from outside.
    exif = tf.concat([exif, [0]], 0)
    little = exif[0] == ord("I")

    def number(places: tf.Tensor, size: int) -> tf.Tensor:
        """Numbers of so many bytes."""
        each = places[..., tf.newaxis] + tf.range(size)
        content = tf.gather(exif, tf.where((each >= 0) & (each < count), each, count))
        return tf.where(little, big_endian(content[..., ::-1]), big_endian(content))

    directory = number(tf.constant(4), 4)
    entries = directory + 2 + ENTRY * tf.range(tf.minimum(number(directory, 2), MOST_PARTS))
    # A short number, at the place of the value.
    value = tf.where(number(entries, 2) == ORIENTATION, number(entries + 8, 2), 0)
    found = tf.reduce_max(tf.concat([value, [0]], 0))
    return tf.where((found >= 1) & (found <= 8), found, 1)


def part_of(content: tf.Tensor, place: tf.Tensor | int, size: int) -> tf.Tensor:
    """(size,) of (n,) bytes."""
    return tf.ensure_shape(content[place : place + size], (size,))


def big_endian(content: tf.Tensor) -> tf.Tensor:
    """(..., n) bytes to (...) int32, n being 2 or 4; a number that does not fit is negative."""
    return tf.reduce_sum(content * [256**power for power in range(content.shape[-1] - 1, -1, -1)], axis=-1)
