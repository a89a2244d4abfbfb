"""Lines that are soft or that shorten with the size of the pictures, and areas that are not to be taken for them."""

import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from tests.pipelines.readers.test_label_maps import MAPS, blobs, facade, judged, paper


def circles(seed, side=256, width=1, soft=False):
    """Six circles, of 10 to 40 pixels; soft: drawn four times as large and reduced."""
    scale = 4 if soft else 1
    image, draw = paper(255, side * scale, "L")
    rng = np.random.default_rng(seed)
    for _ in range(6):
        x, y = rng.integers(10 * scale, (side - 30) * scale, 2)
        across = rng.integers(10 * scale, 40 * scale)
        draw.ellipse([x, y, x + across, y + across], outline=0, width=width * scale)
    return image.resize((side, side), Image.Resampling.BOX)


def words(seed):
    """Six words in the small letters that Pillow draws, which are anti-aliased."""
    image, draw = paper(255, 256, "L")
    for place in np.random.default_rng(seed).integers(10, 200, (6, 2)):
        draw.text(tuple(place), "Hello", fill=0)
    return image


def shoe(seed):
    image, draw = paper("white", 64)
    draw.ellipse([10 + seed, 20, 50, 50], outline="black")
    return image


def red_on_blue(seed):
    grounds = (Image.new("RGB", (256, 256), color) for color in ("navy", "red"))
    return Image.composite(*grounds, circles(seed, width=2, soft=True))


JPEG = {"suffix": "jpg", "quality": 90}
FINE_JPEG = {"suffix": "jpg", "quality": 95}
# How they are drawn, and how they are saved.
SMALL_OR_SOFT = {
    "crisp, 1 pixel": (circles, {}),
    "crisp, 2 pixels of 512": (lambda seed: circles(seed, 512, 2), {}),
    "soft, 1 pixel": (lambda seed: circles(seed, soft=True), {}),
    "soft, 2 pixels": (lambda seed: circles(seed, width=2, soft=True), {}),
    "soft, 2 pixels, white on black": (lambda seed: ImageOps.invert(circles(seed, width=2, soft=True)), {}),
    "soft, red on blue": (red_on_blue, {}),
    "JPEG, 1 pixel": (circles, JPEG),
    "JPEG, 1 pixel of 512": (lambda seed: circles(seed, 512), JPEG),
    "JPEG, 2 pixels": (lambda seed: circles(seed, width=2), JPEG),
    "JPEG of 64 pixels": (shoe, {"suffix": "jpg"}),
    "words": (words, {}),
}


def soft_mask(seed, across=60):
    """One object with an anti-aliased border."""
    image, draw = paper(0, 1024, "L")
    left = 100 + 40 * seed
    draw.ellipse([left, 200, left + 4 * across, 200 + 3 * across], fill=255)
    return image.resize((256, 256), Image.Resampling.BOX)


def large_regions(seed, number=6, border=None):
    """Labels of what is nearest, as numbers; between them a border of one pixel."""
    points = np.random.default_rng(seed).integers(0, 256, (number, 2))
    y, x = np.mgrid[:256, :256]
    labels = np.argmin([(y - point[0]) ** 2 + (x - point[1]) ** 2 for point in points], 0).astype(np.uint8)
    if border is not None:
        changes = np.diff(labels, axis=0, prepend=labels[:1]) | np.diff(labels, axis=1, prepend=labels[:, :1])
        labels[changes > 0] = border
    return labels


def small_street(seed):
    """Numbers of labels: poles of one and two pixels, signs, walkers, cars and their wheels."""
    image = Image.new("L", (512, 256), 23)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 60, 512, 170], fill=11)
    draw.rectangle([0, 170, 512, 256], fill=7)
    for x in np.random.default_rng(seed).integers(0, 500, 10):
        draw.line([x, 40, x, 180], fill=17, width=1 + x % 2)
        draw.rectangle([x, 50, x + 6, 56], fill=20)
        draw.rectangle([x - 60, 150, x - 20, 190], fill=26)
        draw.ellipse([x - 50, 180, x - 42, 192], fill=33)
        draw.rectangle([x + 20, 150, x + 28, 182], fill=24)
    return image


SMALL_OR_SOFT_MAPS = {
    "facade": (lambda seed: facade(seed).resize((512, 512), Image.Resampling.NEAREST), {}),
    "small map": (MAPS["small map"], {}),
    "one color": (MAPS["one color"], {}),
    "objects with borders": (lambda seed: blobs(seed, border=5), {}),
    "a soft object": (soft_mask, {}),
    "a small soft object": (lambda seed: soft_mask(seed, across=6), {}),
    # Not much wider than what is thin, at 36 pixels.
    "a round object": (lambda seed: soft_mask(seed, across=25).point(lambda value: 255 * (value > 127)), {}),
    "JPEG of one object": (lambda seed: soft_mask(seed).point(lambda value: 255 * (value > 127)), JPEG),
    "JPEG of large regions": (lambda seed: Image.fromarray(large_regions(seed, 3) * np.uint8(80)), FINE_JPEG),
    "large regions": (lambda seed: Image.fromarray(large_regions(seed)), {}),
    "regions with thin borders": (lambda seed: Image.fromarray(large_regions(seed, 20, border=255)), {}),
    "a street of numbers": (small_street, {}),
}


@pytest.mark.parametrize("size", [36, 72, 143, 286])
@pytest.mark.parametrize("name", SMALL_OR_SOFT)
def test_soft_lines_are_lines_at_all_sizes(tmp_path, name, size):
    picture, options = SMALL_OR_SOFT[name]
    assert "drawings" in judged(tmp_path, picture, size, **options).why


@pytest.mark.parametrize("size", [36, 72, 143, 286])
@pytest.mark.parametrize("name", SMALL_OR_SOFT_MAPS)
def test_small_and_soft_regions_are_no_lines_at_any_size(tmp_path, name, size):
    picture, options = SMALL_OR_SOFT_MAPS[name]
    assert judged(tmp_path, picture, size, **options).are_label_maps


def test_many_thin_regions_of_large_pictures_are_looked_at_in_seconds(tmp_path):
    labels = np.random.default_rng(0).integers(0, 60, (128, 128)).astype(np.uint8)
    started = time.process_time()
    assert judged(tmp_path, lambda _: Image.fromarray(np.kron(labels, np.ones((8, 8), np.uint8))), 36).are_label_maps
    # It took 14 s with the widths of every color measured by themselves; now it takes 1 s.
    assert time.process_time() - started < 7
