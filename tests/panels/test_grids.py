import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.grids import SMALL_SIDE, as_pixels, captioned_rows, enlarged, grid, stacked, titled


def solid(count, value, side=8):
    return np.full((count, side, side, 3), value, np.uint8)


def test_rows_hold_label_and_enlarged_images():
    images = np.stack([solid(1, 10)[0], solid(1, 200)[0]])
    grid = captioned_rows([("a bird", images), ("another", solid(3, 99))], label_width=100)
    assert grid.dtype == np.uint8
    # Two rows of 8 pixels, enlarged to 64, with a gap of 2; the widest row has 3 images.
    assert grid.shape == (2 * 66, 100 + 3 * 66, 3)
    assert (grid[:64, 100:164] == 10).all()
    assert (grid[:64, 166:230] == 200).all()
    assert (grid[:66, 232:] == 255).all()
    assert (grid[66:130, 232:296] == 99).all()
    assert grid[:66, :100].min() < 100


@given(label=st.text(max_size=400), count=st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_any_caption_can_be_drawn(label, count):
    assert captioned_rows([(label, solid(count, 7))]).shape == (66, 260 + 66 * count, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_grid_has_its_images_in_order(channels):
    images = np.linspace(-1, 1, 5)[:, None, None, None] * np.ones((5, 24, 24, channels), np.float32)
    picture = grid(images, 3, SMALL_SIDE)
    assert picture.shape == (2 * 50, 3 * 50, 3)
    assert (picture[:48, :48] == 0).all()
    assert (picture[:48, 50:98] == 64).all()
    assert (picture[50:98, 50:98] == 255).all()
    assert (picture[50:, 100:] == 255).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_stay_as_they_are_and_floats_become_pixels(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 4, channels), np.uint8)
    expected = np.broadcast_to(pixels, (2, 3, 4, 3))
    np.testing.assert_array_equal(as_pixels(pixels), expected)
    np.testing.assert_array_equal(as_pixels(pixels / np.float32(127.5) - 1), expected)


def test_titles_and_stacks():
    small, large = np.zeros((5, 4, 3), np.uint8), np.zeros((6, 300, 3), np.uint8)
    picture = titled("a rather long title", small)
    assert picture.shape[0] == 25
    assert picture.shape[1] > 60
    assert picture[:20].min() < 100
    assert stacked([picture, large]).shape == (31, 300, 3)


@pytest.mark.parametrize(("height", "width"), [(32, 8), (8, 32)])
def test_of_a_rectangle_the_shorter_side_is_enlarged_to_what_a_person_can_see(height, width):
    assert enlarged(np.zeros((1, height, width, 3), np.uint8)).shape == (1, 8 * height, 8 * width, 3)
