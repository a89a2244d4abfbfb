import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.grids import GAP, TITLE_HEIGHT
from panels.sheet import LARGEST, MARGIN, SMALLEST, point_sheet, sheet


def noise(height=SMALLEST, width=SMALLEST, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 200, (height, width, channels), np.uint8)


def test_the_pictures_of_an_example_are_beside_each_other_and_examples_in_rows():
    cells = [("a", [noise(seed=2 * index), noise(seed=2 * index + 1)]) for index in range(4)]
    picture = sheet("title", cells, columns=3)
    across, down = SMALLEST + GAP, TITLE_HEIGHT
    cell = 2 * across + MARGIN
    assert picture.shape[1] == 3 * cell
    band = (picture.shape[0] - TITLE_HEIGHT) // 2
    for index, (_, pictures) in enumerate(cells):
        top, left = down + index // 3 * band, index % 3 * cell
        for place, shown in enumerate(pictures):
            at = left + place * across
            np.testing.assert_array_equal(picture[top : top + SMALLEST, at : at + SMALLEST], shown)
        # Its text is below.
        assert picture[top + SMALLEST + GAP : top + band, left : left + 20].min() < 100
    # Nothing where there is no fourth and fifth.
    assert (picture[down + band :, cell:] == 255).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_floats_are_shown_as_the_pixels_that_they_are(channels):
    pixels = noise(channels=channels)
    shown, expected = (sheet("", [("", [image])]) for image in (pixels / np.float32(127.5) - 1, pixels))
    np.testing.assert_array_equal(shown, expected)
    np.testing.assert_array_equal(
        shown[TITLE_HEIGHT : TITLE_HEIGHT + SMALLEST, :SMALLEST], np.broadcast_to(pixels, (SMALLEST, SMALLEST, 3))
    )


def test_small_pictures_are_enlarged_pixel_by_pixel_and_large_ones_reduced():
    small = noise(32, 16)
    picture = sheet("", [("", [small])])[TITLE_HEIGHT:]
    np.testing.assert_array_equal(picture[: 32 * 8, : 16 * 8], small.repeat(8, 0).repeat(8, 1))
    large = sheet("", [("", [np.full((LARGEST, 4 * LARGEST, 3), 7, np.uint8)])])[TITLE_HEIGHT:]
    assert (large[: LARGEST // 4, :LARGEST] == 7).all()
    assert (large[LARGEST // 4 :] == 255).all()


def test_the_smaller_picture_of_a_pair_is_beside_the_larger():
    picture = sheet("", [("", [noise(16, 16), noise(64, 64)])])[TITLE_HEIGHT:]
    assert (picture[:SMALLEST, : 2 * SMALLEST + GAP] < 255).all(axis=2).mean() > 0.95


def ink(text):
    picture = sheet("", [(text, [noise()])])[TITLE_HEIGHT + SMALLEST + GAP :]
    rows = np.flatnonzero((picture < 128).any(axis=(1, 2)))
    return picture.shape, rows, (picture < 128).any(axis=2)


def test_a_long_text_is_broken_into_lines_and_a_very_long_one_ends_somewhere():
    short, long, endless = (ink("word " * count)[1] for count in (1, 30, 3000))
    assert len(short) < len(long) < len(endless) < 300
    # It leaves no word at the right edge.
    assert not ink("W" * 300)[2][:, -4:].any()


def test_lines_of_a_text_and_letters_of_other_scripts():
    assert len(ink("one\ntwo")[1]) > len(ink("one")[1])
    drawn = [ink(letter)[2] for letter in "éяλ·"]
    assert all((first != other).any() for index, first in enumerate(drawn) for other in drawn[:index])


@given(text=st.text(max_size=300))
@settings(max_examples=15, deadline=None)
def test_any_text_can_be_drawn(text):
    assert sheet("", [(text, [noise(8, 8)])]).dtype == np.uint8


@pytest.mark.parametrize("dimensions", [1, 2])
def test_points_are_drawn_where_they_are(dimensions):
    points = np.random.default_rng(0).normal(size=(100, dimensions))
    one, other = (point_sheet("points", scale * points) for scale in (1.0, np.linspace(1, 3, 100)[:, None]))
    assert one.ndim == 3
    assert one.shape != other.shape or (one != other).any()
