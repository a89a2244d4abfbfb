"""Images in a plane: which is where, and in which color."""

import numpy as np

from panels.scatter import class_colors, thumbnails


def test_a_cell_shows_the_image_nearest_to_its_center_in_the_frame_of_its_class():
    # Cells of 2 x 2; the second axis points up.
    plane = np.array([[0.25, 0.25], [0.01, 0.01], [0.75, 1.0], [1.0, 0.0]])
    tones = np.array([10, 99, 200, 50], np.uint8)
    images = np.broadcast_to(tones[:, None, None, None], (4, 6, 6, 1))
    colors = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], np.uint8)
    picture = thumbnails(plane, images, colors, 2)
    assert picture.shape == (20, 20, 3)
    lower_left, upper_right, lower_right, upper_left = (
        picture[10:, :10],
        picture[:10, 10:],
        picture[10:, 10:],
        picture[:10, :10],
    )
    for cell, index in ((lower_left, 0), (upper_right, 2), (lower_right, 3)):
        assert (cell[2:8, 2:8] == tones[index]).all()
        assert (cell[[0, 1, 8, 9]] == colors[index]).all()
        assert (cell[:, [0, 1, 8, 9]] == colors[index]).all()
    assert (upper_left == 255).all()


def test_classes_have_colors_of_their_own():
    for count in (3, 10, 30):
        colors = class_colors(count)
        assert colors.dtype == np.uint8
        assert len({tuple(color) for color in colors}) == count
