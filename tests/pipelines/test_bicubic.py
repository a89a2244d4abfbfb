"""MATLAB's bicubic resizing: the kernel's definition, and other programs' away from the border, which they treat so or
so."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.bicubic import bicubic, bicubic_matrix, cubic


def picture(height, width, seed=0):
    smooth = np.random.default_rng(seed).integers(0, 256, (height // 4, width // 4, 3), np.uint8)
    return np.asarray(Image.fromarray(smooth).resize((width, height), Image.Resampling.BICUBIC))


def test_the_kernel_is_keys():
    # By hand, of a = -0.5: 1.5 x^3 - 2.5 x^2 + 1 up to 1, then -0.5 x^3 + 2.5 x^2 - 4 x + 2.
    np.testing.assert_allclose(cubic(np.array([0.0, 0.5, 1.0, 1.5, 2.0, 3.0])), [1, 0.5625, 0, -0.0625, 0, 0])
    np.testing.assert_allclose(cubic(np.array([-0.5])), cubic(np.array([0.5])))


@pytest.mark.parametrize("size", [(24, 16), (96, 64), (41, 100)])
def test_inside_it_is_tensorflows_and_pillows(size):
    # Of little contrast: Pillow cuts off what overshoots between rows and columns.
    image = picture(96, 64) // 2 + 60
    ours, (height, width) = bicubic(image, *size).astype(int), size
    theirs = tf.image.resize(image, size, "bicubic", antialias=True)
    pillow = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))
    # What the kernel reaches beyond the border, in resized pixels.
    edge = (slice(6, -6), slice(6, -6))
    rounded = np.clip(np.rint(theirs.numpy()), 0, 255)
    assert np.abs(ours - rounded)[edge].max() <= 1
    assert (ours != rounded)[edge].mean() < 0.01
    # Pillow rounds between rows and columns.
    assert np.abs(ours - pillow)[edge].max() <= 1


def test_without_antialiasing_it_would_be_another():
    image = picture(96, 64)
    aliased = tf.image.resize(image, (24, 16), "bicubic", antialias=False).numpy()
    assert np.abs(bicubic(image, 24, 16) - aliased)[4:-4, 4:-4].max() > 5


def test_beyond_the_border_it_goes_on_as_its_mirror_image():
    image = picture(32, 32)
    wide = np.pad(image, ((16, 16), (16, 16), (0, 0)), "symmetric")
    np.testing.assert_array_equal(bicubic(image, 8, 8), bicubic(wide, 16, 16)[4:12, 4:12])


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 255))
def test_one_color_stays_that_color_at_any_size(length, resized, value):
    np.testing.assert_allclose(bicubic_matrix(length, resized).sum(axis=1), 1.0)
    image = np.full((length, 3, 3), value, np.uint8)
    assert (bicubic(image, resized, 5) == value).all()


def test_at_its_own_size_nothing_changes():
    image = picture(20, 12)
    np.testing.assert_array_equal(bicubic(image, 20, 12), image)
