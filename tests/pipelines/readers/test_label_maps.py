"""Drawings and maps, all of few colors, told from each other as they lie; numbers of labels told from tones."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.examples import Record
from pipelines.readers.label_maps import verdict
from pipelines.readers.values import colors_of

SIDE = 1024
PALETTE = [(0, 0, 170), (0, 0, 255), (0, 85, 255), (0, 170, 255), (0, 255, 255), (85, 255, 170), (255, 170, 0)]


def paper(color="white", side=SIDE, mode="RGB"):
    image = Image.new(mode, (side, side), color)
    return image, ImageDraw.Draw(image)


def frames(seed, ink="black", ground="white", side=SIDE, width=1, mode="RGB"):
    """A frame, a circle and a line."""
    image, draw = paper(ground, side, mode)
    unit = side / 1024
    draw.rectangle([100 * unit, 100 * unit, 900 * unit, 900 * unit], outline=ink, width=width)
    draw.ellipse([(200 + 10 * seed) * unit, 200 * unit, 700 * unit, 700 * unit], outline=ink, width=width)
    draw.line([0, 30 * seed * unit, side - 1, side - 24], fill=ink, width=width)
    return image


def one_small_circle(seed):
    image, draw = paper()
    draw.ellipse([400, 400, 470 + seed, 470 + seed], outline="black")
    return image


def hatching(seed):
    image, draw = paper()
    for start in range(-SIDE, SIDE, 9 + seed):
        draw.line([start, 0, start + SIDE, SIDE], fill="black", width=2)
    return image


def text(seed):
    image, draw = paper()
    for line in range(20):
        draw.text((40, 40 + 45 * line), f"line {line} of page {seed}, which is long enough", fill="black", font_size=32)
    # Without gray around the letters, as a fax.
    return image.convert("L").point(lambda value: 255 * (value > 127)).convert("RGB")


def floor_plan(seed):
    """Thick walls, thin doors, stairs and furniture."""
    image, draw = paper()
    draw.rectangle([80, 80, 940, 940], outline="black", width=14)
    draw.line([80, 500, 940, 500], fill="black", width=14)
    draw.line([500 + 10 * seed, 80, 500 + 10 * seed, 940], fill="black", width=14)
    for step in range(12):
        draw.rectangle([120, 540 + 18 * step, 240, 558 + 18 * step], outline="black", width=2)
    for left in (600, 720):
        draw.rectangle([left, 150, left + 90, 330], outline="black", width=2)
        draw.ellipse([left + 10, 200, left + 80, 300], outline="black", width=2)
    draw.arc([260, 420, 420, 580], 180, 270, fill="black", width=2)
    return image


def sketch(seed):
    """Strokes of three colors."""
    image, draw = paper()
    rng = np.random.default_rng(seed)
    for color in ("black", "red", "blue"):
        for _ in range(12):
            points = [tuple(point) for point in rng.integers(0, SIDE, (4, 2))]
            draw.line(points, fill=color, width=3)
    return image


def fine_code(seed):
    """A code of modules of 3 pixels, as of a data matrix that fills the page."""
    modules = np.random.default_rng(seed).integers(0, 2, (SIDE // 3, SIDE // 3), np.uint8) * 255
    return Image.fromarray(np.kron(modules, np.ones((3, 3), np.uint8))).convert("RGB")


DRAWINGS = {
    "1-bit": lambda seed: frames(seed, 0, 1, mode="1"),
    "gray": lambda seed: frames(seed, 0, 255, mode="L"),
    "color": frames,
    "white on black": lambda seed: frames(seed, "white", "black"),
    "white on black, 1-bit": lambda seed: frames(seed, 1, 0, mode="1"),
    "thicker": lambda seed: frames(seed, width=3),
    # Resized to more pixels, not fewer.
    "small": lambda seed: frames(seed, side=200),
    "one small circle": one_small_circle,
    "hatching": hatching,
    "text": text,
    "floor plan": floor_plan,
    "sketch": sketch,
    "fine code": fine_code,
}


def blobs(seed, border=0, side=500):
    """Objects on a ground, as in PASCAL VOC, with a border of another color."""
    image, draw = paper("black", side)
    rng = np.random.default_rng(seed)
    for color in ((128, 0, 0), (0, 128, 0), (128, 128, 0)):
        x, y = rng.integers(0, 300, 2)
        draw.ellipse([x, y, x + 150, y + 120], fill=color, outline=(224, 224, 192) if border else None, width=border)
    return image


def facade(seed):
    """Rectangles of windows with borders of two pixels, on a wall."""
    image, draw = paper(PALETTE[0])
    for row in range(8):
        for column in range(8):
            left, top = 30 + 124 * column + 3 * seed, 30 + 124 * row
            color = PALETTE[1 + (row + column) % 5]
            draw.rectangle([left, top, left + 50, top + 70], fill=color, outline=PALETTE[6], width=2)
            draw.rectangle([left, top + 74, left + 50, top + 80], fill=PALETTE[4])
    return image


def street(seed):
    """Sky, buildings, road, and thin poles."""
    image, draw = paper((70, 130, 180))
    draw.rectangle([0, 300, SIDE, 700], fill=(70, 70, 70))
    draw.rectangle([0, 700, SIDE, SIDE], fill=(128, 64, 128))
    for pole in range(10):
        draw.line([100 * pole + seed, 200, 100 * pole + seed, 720], fill=(153, 153, 153), width=3)
    return image


def mask(seed, size=12, side=SIDE):
    """One small object."""
    image, draw = paper(0, side, "L")
    draw.rectangle([300 % side + seed, 30, 300 % side + seed + size, 30 + size], fill=255)
    return image


def specks(seed):
    """Many objects that are as small as lines are thin."""
    image, draw = paper(0, mode="L")
    for x, y in np.random.default_rng(seed).integers(0, 1000, (60, 2)):
        draw.rectangle([x, y, x + 4, y + 4], fill=255)
    return image


def bordered(seed):
    """One object with a border of a single pixel, in a color of its own."""
    image, draw = paper("black")
    draw.ellipse([200 + seed, 200, 800, 700], fill=(128, 0, 0), outline=(224, 224, 192))
    return image


MAPS = {
    "objects": blobs,
    "objects with borders": lambda seed: blobs(seed, border=5),
    "objects with borders, large": bordered,
    "facade": facade,
    "street": street,
    "small object": mask,
    "small map": lambda seed: mask(seed, size=5, side=48),
    "specks": specks,
    "one color": lambda seed: paper((0, 0, 170))[0],
    "mostly empty": lambda seed: blobs(seed) if seed == 1 else paper("black")[0],
    "wide stripes": lambda seed: Image.fromarray(np.kron(np.eye(2, dtype=np.uint8), np.full((99, 99), 200, np.uint8))),
}


def judged(folder, picture, size=286, told=None, suffix="png", count=2, **options):
    records = []
    for seed in range(count):
        path = folder / f"{seed}.{suffix}"
        picture(seed).save(path, **options)
        records.append(Record(str(seed), str(path)))
    return verdict(records, size, told)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_no_label_map(tmp_path, name):
    found = judged(tmp_path, DRAWINGS[name])
    assert not found.are_label_maps
    assert "drawings" in found.why


@pytest.mark.parametrize("name", MAPS)
def test_a_map_is_one(tmp_path, name):
    found = judged(tmp_path, MAPS[name])
    assert found.are_label_maps
    assert "label maps" in found.why


def test_photographs_are_neither_and_nothing_is_said(tmp_path):
    noise = lambda seed: Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 40, 3), np.uint8))  # noqa: E731
    assert judged(tmp_path, noise) == verdict([], 286)


def test_blurred_maps_are_known_only_to_the_user(tmp_path):
    assert not judged(tmp_path, street, suffix="jpg", quality=50).are_label_maps
    found = judged(tmp_path, street, told=True, suffix="jpg", quality=50)
    assert found.are_label_maps
    assert "as given" in found.why


def test_the_user_has_the_last_word_on_maps(tmp_path):
    assert judged(tmp_path, frames, told=True).are_label_maps
    assert not judged(tmp_path, street, told=False).are_label_maps


def test_what_is_thin_depends_on_the_size_it_is_resized_to(tmp_path):
    wide = lambda seed: frames(seed, side=512, width=4)  # noqa: E731
    assert not judged(tmp_path, wide, size=64).are_label_maps
    assert judged(tmp_path, wide, size=512).are_label_maps
    # Squashed in one direction only.
    assert not judged(tmp_path, wide, size=(512, 64)).are_label_maps


def test_a_file_that_is_no_picture_decides_nothing(tmp_path):
    path = tmp_path / "broken.png"
    path.write_text("no picture")
    good = tmp_path / "good.png"
    street(0).save(good)
    assert verdict([Record("broken", str(path)), Record("good", str(good))], 286).are_label_maps


def numbered(seed, numbers=(0, 7, 11, 26), dtype=np.uint8, tone=1):
    """Numbers of labels in quarters, as gray."""
    squares = np.roll(np.array(numbers, dtype), seed).reshape(2, -1) * dtype(tone)
    return Image.fromarray(np.kron(squares, np.ones((40, 40), dtype)))


def gray_palette(seed):
    image = numbered(seed).convert("P")
    image.putpalette([value for value in range(256) for _ in range(3)])
    return image


NUMBERS = {
    "8 bits": numbered,
    "16 bits": lambda seed: numbered(seed, dtype=np.uint16),
    "a gray palette": gray_palette,
    "saved in colors": lambda seed: numbered(seed).convert("RGB"),
    "with void": lambda seed: numbered(seed, (0, 1, 255, 20)),
    "a mask of 0 and 1": lambda seed: numbered(seed, (0, 1, 1, 0)),
    "thin lines of 0 and 1": lambda seed: frames(seed, 1, 0, side=512, mode="L"),
    "more than 63, and most of them": lambda seed: numbered(seed, range(60 * seed, 60 * seed + 60)),
}
TONES = {
    "black and white": lambda seed: numbered(seed, (0, 255, 255, 0)),
    "a few tones": lambda seed: numbered(seed, (0, 60, 120, 180)),
    "16 bits of tones": lambda seed: numbered(seed, (0, 60, 120, 255), np.uint16, 257),
    "12 bits of few tones": lambda seed: numbered(seed, (0, 960, 1920, 4080), np.uint16),
    "numbers that can be seen": lambda seed: numbered(seed, (0, 3, 400, 894), np.uint16),
    "colors": lambda seed: Image.merge("RGB", [numbered(seed), numbered(seed + 1), numbered(seed)]),
    "one gray": lambda seed: Image.new("L", (40, 40), 30),
    "a dark drawing": lambda seed: frames(seed, 30, 0, mode="L"),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_labels_are_known(tmp_path, name):
    assert judged(tmp_path, NUMBERS[name]).are_numbered


@pytest.mark.parametrize("name", TONES)
def test_tones_are_no_numbers(tmp_path, name):
    assert not judged(tmp_path, TONES[name]).are_numbered


def test_photographs_that_are_dark_have_no_numbers(tmp_path):
    dark = lambda seed: Image.fromarray(np.random.default_rng(seed).integers(0, 40, (60, 60), np.uint8))  # noqa: E731
    assert not judged(tmp_path, dark).are_numbered


def test_the_colors_of_numbers_are_those_of_pascal_voc():
    # From the development kit's documentation: background, aeroplane, bicycle, ..., tv/monitor; void.
    known = {0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 3: (128, 128, 0), 8: (64, 0, 0), 20: (0, 64, 128)}
    known |= {255: (224, 224, 192)}
    assert {number: tuple(colors_of(np.array([[number]]))[0, 0].tolist()) for number in known} == known
    assert len(np.unique(colors_of(np.arange(5000).reshape(50, 100)).reshape(-1, 3), axis=0)) == 5000
