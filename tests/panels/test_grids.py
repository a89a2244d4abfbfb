import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.grids import between, captioned_rows, spherically_between


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


def test_a_straight_line():
    points = between(np.array([0.0, 4.0]), np.array([1.0, 0.0]), 5)
    np.testing.assert_allclose(points, [[0, 4], [0.25, 3], [0.5, 2], [0.75, 1], [1, 0]])
    assert between(np.zeros(2, np.float32), np.ones(2, np.float32), 1).shape == (1, 2)


@pytest.mark.parametrize("count", [2, 5])
def test_an_arc_keeps_both_ends_and_its_length(count):
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 50))
    second *= np.linalg.norm(first) / np.linalg.norm(second)
    arc = spherically_between(first, second, count)
    assert arc.dtype == np.float32
    np.testing.assert_allclose(arc[[0, -1]], [first, second], rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(arc, axis=1), np.linalg.norm(first), rtol=1e-5)
    assert np.ptp(np.linalg.norm(np.diff(arc, axis=0), axis=1)) < 1e-4


def test_an_arc_between_a_noise_and_itself():
    noise = np.ones(4, np.float32)
    np.testing.assert_allclose(spherically_between(noise, noise, 3), np.ones((3, 4)))
