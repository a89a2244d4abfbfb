"""What the page is told of a model's data."""

import numpy as np

from serving.hints import palette_of


def test_a_label_map_has_its_colors_the_most_frequent_first():
    images = np.zeros((2, 10, 10, 3), np.uint8)
    images[..., 2] = 255
    images[0, :5] = (255, 0, 0)
    images[0, :2, :5] = (0, 128, 0)
    assert palette_of(images) == ["#0000ff", "#ff0000", "#008000"]
    # A stray pixel of a file that was compressed is no label.
    many = np.repeat(images, 20, axis=0)
    many[0, 0, 0] = (250, 3, 2)
    assert palette_of(many) == palette_of(images)


def test_edges_are_black_on_white_and_photographs_are_not_drawn():
    edges = np.full((3, 20, 20, 1), 255, np.uint8)
    edges[:, 4, 3:9] = 0
    assert palette_of(edges) == ["#ffffff", "#000000"]
    assert palette_of(np.random.default_rng(0).integers(0, 256, (3, 20, 20, 3), np.uint8)) == []
    # Of one color there is nothing to draw.
    assert palette_of(np.full((3, 20, 20, 3), 9, np.uint8)) == []
