import numpy as np
from matplotlib.figure import Figure

from panels.figures import rendered


def test_a_figure_becomes_pixels():
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.subplots().plot([0, 1])
    picture = rendered(figure)
    assert picture.shape == (50, 100, 3)
    assert picture.dtype == np.uint8
    assert picture.min() < 100 < picture.max()
