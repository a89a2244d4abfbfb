import numpy as np
import pytest
import tensorflow as tf

from models.core.adversarial_config import AUGMENTATIONS
from models.core.augmentation import DRAWS, augment

IMAGES = tf.random.stateless_uniform((5, 16, 16, 3), [0, 1], -1.0, 1.0)
DRAWN = tf.random.stateless_uniform((5, DRAWS), [0, 2])


def test_without_names_nothing_changes():
    np.testing.assert_array_equal(augment(IMAGES, (), DRAWN), IMAGES)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_changes_every_image_differently_and_passes_gradients(name):
    with tf.GradientTape() as tape:
        tape.watch(IMAGES)
        changed = augment(IMAGES, (name,), DRAWN)
    assert changed.shape == IMAGES.shape
    assert all((changed[row] != IMAGES[row]).numpy().any() for row in range(5))
    gradient = tape.gradient(changed, IMAGES).numpy()
    assert all(np.abs(gradient[row]).max() > 0 for row in range(5))
    same = augment(tf.repeat(IMAGES[:1], 5, axis=0), (name,), DRAWN).numpy()
    assert len({image.tobytes() for image in same}) == 5


def test_the_middle_of_every_range_changes_nothing():
    """Brightness, saturation and contrast 0.5, no translation: the image is unchanged."""
    draws = tf.fill((5, DRAWS), 0.5)
    np.testing.assert_allclose(augment(IMAGES, ("color", "translation"), draws), IMAGES, atol=1e-6)


def test_cutout_is_a_gray_square_of_half_the_side():
    cut = augment(IMAGES, ("cutout",), tf.fill((5, DRAWS), 0.5)).numpy()
    assert (cut[:, 4:12, 4:12] == 0).all()
    np.testing.assert_array_equal(cut[:, :4], IMAGES[:, :4])


@pytest.mark.parametrize(("draw", "shift"), [(0.0, -2), (1.0, 2)])
def test_translation_is_by_an_eighth_of_the_side_at_most(draw, shift):
    moved = augment(IMAGES, ("translation",), tf.fill((5, DRAWS), draw)).numpy()
    expected = np.zeros_like(moved)
    inside, source = (slice(2, None), slice(None, -2)) if shift > 0 else (slice(None, -2), slice(2, None))
    expected[:, inside, inside] = IMAGES.numpy()[:, source, source]
    np.testing.assert_array_equal(moved, expected)


def test_gray_images_too():
    assert augment(IMAGES[..., :1], AUGMENTATIONS, DRAWN).shape == (5, 16, 16, 1)


def test_colors_by_hand():
    """Zhao et al. 2020, DiffAugment-pytorch: brightness, then saturation, then contrast, drawn for each image."""
    images, draws = IMAGES.numpy(), DRAWN.numpy().reshape(5, DRAWS, 1, 1, 1)
    expected = images + draws[:, 0] - 0.5
    gray = expected.mean(axis=3, keepdims=True)
    expected = gray + 2.0 * draws[:, 1] * (expected - gray)
    mean = expected.mean(axis=(1, 2, 3), keepdims=True)
    expected = mean + (0.5 + draws[:, 2]) * (expected - mean)
    np.testing.assert_allclose(augment(IMAGES, ("color",), DRAWN), expected, atol=1e-5)


def test_the_square_that_is_cut_out_is_centered_where_it_is_drawn():
    draws = np.full((5, DRAWS), 0.5, np.float32)
    # Of 16 rows and columns 8 around the middle of the draw's share of the side, cut at the edges.
    draws[:, 5], draws[:, 6] = (0.0, 0.25, 0.5, 0.75, 0.999), (0.999, 0.25, 0.5, 0.0, 0.5)
    rows = [(0, 4), (0, 8), (4, 12), (8, 16), (12, 16)]
    columns = [(12, 16), (0, 8), (4, 12), (0, 4), (4, 12)]
    expected = IMAGES.numpy().copy()
    for image, (top, bottom), (left, right) in zip(expected, rows, columns, strict=True):
        image[top:bottom, left:right] = 0.0
    np.testing.assert_array_equal(augment(IMAGES, ("cutout",), draws), expected)


def test_several_are_applied_in_the_order_of_the_paper():
    one_by_one = IMAGES
    for name in ("color", "translation", "cutout"):
        one_by_one = augment(one_by_one, (name,), DRAWN)
    np.testing.assert_array_equal(augment(IMAGES, ("cutout", "color", "translation"), DRAWN), one_by_one)
