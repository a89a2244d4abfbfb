import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.batches.crops import crop_and_flip


def marked(count, side):
    """Images whose every pixel says where it is: (row, column, image)."""
    images = np.zeros((count, side, side, 3), np.uint8)
    images[..., 0] = np.arange(side)[:, np.newaxis]
    images[..., 1] = np.arange(side)
    images[..., 2] = np.arange(count)[:, np.newaxis, np.newaxis]
    return images


@given(size=st.integers(1, 9), room=st.integers(0, 4), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_a_crop_is_a_window_as_it_is_or_mirrored(size, room, seed):
    images = marked(5, size + room)
    crops = crop_and_flip(tf.constant(images), size, tf.constant([seed, 0]), mirror=True).numpy()
    assert crops.shape == (5, size, size, 3)
    assert crops.dtype == np.uint8
    for index, crop in enumerate(crops):
        top, left = crop[0, 0, 0], crop[0, :, 1].min()
        window = images[index, top : top + size, left : left + size]
        assert np.array_equal(crop, window) or np.array_equal(crop, window[:, ::-1])


def test_every_place_and_both_directions_are_equally_likely():
    count = 6000
    images = tf.constant(np.tile(marked(1, 6), (count, 1, 1, 1)))
    crops = crop_and_flip(images, 4, tf.constant([5, 0]), mirror=True).numpy()
    flipped = crops[:, 0, 0, 1] > crops[:, 0, -1, 1]
    assert abs(flipped.mean() - 0.5) < 0.03
    places = np.stack([crops[:, 0, 0, 0], crops[:, 0, :, 1].min(axis=1)], axis=1)
    _, counts = np.unique(places, axis=0, return_counts=True)
    assert len(counts) == 9
    assert np.abs(counts / count - 1 / 9).max() < 0.02
    # Place and direction are independent.
    assert abs(np.corrcoef(flipped, places[:, 0])[0, 1]) < 0.05


def test_the_same_seed_gives_the_same_crops():
    images = tf.constant(np.random.default_rng(0).integers(0, 256, (8, 9, 9, 3), np.uint8))
    one, same, other = (crop_and_flip(images, 5, tf.constant([seed, 0]), mirror=True).numpy() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@given(size=st.integers(1, 9), room=st.integers(0, 4), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_without_mirroring_the_same_windows_are_cut_out_and_none_is_mirrored(size, room, seed):
    images = tf.constant(marked(12, size + room))
    plain, mirrored = (crop_and_flip(images, size, tf.constant([seed, 0]), mirror).numpy() for mirror in (False, True))
    for crop, other in zip(plain, mirrored, strict=True):
        assert (np.diff(crop[..., 1].astype(int), axis=1) > 0).all()
        assert np.array_equal(crop, other) or np.array_equal(crop, other[:, ::-1])


@given(
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    room=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    grid=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
@settings(max_examples=30, deadline=None)
def test_rectangles_are_cut_out_along_both_sides_and_at_the_grid(size, room, grid, seed):
    kept = [side + more for side, more in zip(size, room, strict=True)]
    small = np.stack(np.broadcast_arrays(np.arange(kept[0])[:, np.newaxis], np.arange(kept[1])), axis=2).astype(
        np.uint8
    )
    small = np.tile(small, (5, 1, 1, 1))
    large = small.repeat(grid, axis=1).repeat(grid, axis=2)
    seed = tf.constant([seed, 0])
    crops = crop_and_flip(tf.constant(small), size, seed, mirror=True).numpy()
    of_large = crop_and_flip(tf.constant(large), tuple(grid * side for side in size), seed, True, grid).numpy()
    assert crops.shape == (5, *size, 2)
    np.testing.assert_array_equal(of_large, crops.repeat(grid, axis=1).repeat(grid, axis=2))
    for crop in crops:
        top, left = crop[..., 0].min(), crop[..., 1].min()
        window = small[0, top : top + size[0], left : left + size[1]]
        assert np.array_equal(crop, window) or np.array_equal(crop, window[:, ::-1])


def test_every_place_of_a_rectangle_is_drawn():
    images = tf.constant(np.tile(marked(1, 6)[:, :, :5], (400, 1, 1, 1)))
    crops = crop_and_flip(images, (5, 2), tf.constant([5, 0]), mirror=False).numpy()
    assert {tuple(crop[0, 0, :2]) for crop in crops} == {(top, left) for top in range(2) for left in range(4)}
