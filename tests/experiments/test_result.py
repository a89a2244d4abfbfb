import numpy as np
import pytest
from matplotlib.figure import Figure

from experiments.panels import as_pixels, grid, titled
from experiments.result import Finding, rendered
from panels.grids import stacked


def test_a_finding_holds_what_files_can_hold():
    Finding({"a": np.zeros((2, 3, 3), np.uint8)}, {"n": 1, "x": 0.5, "none": None, "more": {"y": 2.0}})
    with pytest.raises(ValueError, match="uint8"):
        Finding({"a": np.zeros((2, 3, 3), np.float32)}, {})
    with pytest.raises(ValueError, match="JSON"):
        Finding({}, {"x": float("nan")})
    with pytest.raises(TypeError):
        Finding({}, {"x": np.float32(1.0)})


def test_a_figure_becomes_pixels():
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.subplots().plot([0, 1])
    picture = rendered(figure)
    assert picture.shape == (50, 100, 3)
    assert picture.dtype == np.uint8
    assert picture.min() < 100 < picture.max()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_grid_has_its_images_in_order(channels):
    images = np.linspace(-1, 1, 5)[:, None, None, None] * np.ones((5, 24, 24, channels), np.float32)
    picture = grid(images, columns=3)
    assert picture.shape == (2 * 50, 3 * 50, 3)
    assert (picture[:48, :48] == 0).all()
    assert (picture[:48, 50:98] == 64).all()
    assert (picture[50:98, 50:98] == 255).all()
    assert (picture[50:, 100:] == 255).all()
    assert as_pixels(images).shape == (5, 24, 24, 3)


def test_titles_and_stacks():
    small, large = np.zeros((5, 4, 3), np.uint8), np.zeros((6, 300, 3), np.uint8)
    picture = titled("a rather long title", small)
    assert picture.shape[0] == 25
    assert picture.shape[1] > 60
    assert picture[:20].min() < 100
    assert stacked([picture, large]).shape == (31, 300, 3)
