import numpy as np
import pytest
import tensorflow as tf

from pipelines.images import center_crop, load_size, to_float, to_uint8


def test_the_papers_sizes():
    assert load_size(64) == 76
    assert load_size(32) == 38


def test_range_is_exactly_minus_one_to_one():
    every = tf.range(256, dtype=tf.int32)
    floats = to_float(tf.cast(every, tf.uint8))
    assert floats.dtype == tf.float32
    assert float(floats[0]) == -1.0
    assert float(floats[255]) == 1.0
    assert np.ptp(np.diff(floats)) < 1e-6
    np.testing.assert_array_equal(to_uint8(floats), every)


def test_to_uint8_rounds_and_clips():
    np.testing.assert_array_equal(to_uint8(tf.constant([-3.0, -1.0, 0.0, 0.003, 1.0, 7.0])), [0, 0, 128, 128, 255, 255])


@pytest.mark.parametrize("size", [4, 5, 7])
def test_center_crop(size):
    # Every pixel holds its own place: (row, column, image).
    images = np.stack(np.broadcast_arrays(*np.ogrid[:2, :7, :7]), axis=-1)[..., [1, 2, 0]]
    np.testing.assert_array_equal(center_crop(images, size)[0, 0, 0], [(7 - size) // 2, (7 - size) // 2, 0])
    assert center_crop(images, size).shape == (2, size, size, 3)


def test_center_crop_of_a_rectangle():
    images = np.stack(np.broadcast_arrays(*np.ogrid[:2, :9, :6]), axis=-1)[..., [1, 2, 0]]
    cropped = center_crop(images, (3, 4))
    assert cropped.shape == (2, 3, 4, 3)
    np.testing.assert_array_equal(cropped[1, 0, 0], [3, 1, 1])
