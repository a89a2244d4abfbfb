import types

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.batches.draws import in_random_order
from pipelines.batches.pairs import crop_sizes, paired_batches
from pipelines.examples import DataError, PairedImages
from tests.worlds import paired_images

SIDE = 8


def config(batch_size=3, seed=0, direction="AtoB"):
    settings = {"batch_size": batch_size, "seed": seed, "direction": direction}
    return types.SimpleNamespace(sides=(SIDE, SIDE), flip=True, channels_a=0, channels_b=0, **settings)


def order_of(epoch, seed=5):
    steps = range(4 * epoch, 4 * epoch + 4)
    return np.concatenate([in_random_order(12, 3, seed, 0, tf.constant(step, tf.int64)) for step in steps])


def test_an_epoch_takes_every_image_once_in_a_new_order():
    orders = [order_of(0), order_of(1), order_of(2), order_of(0, seed=6)]
    for order in orders:
        assert sorted(order) == list(range(12))
    assert len({tuple(order) for order in orders}) == 4


def test_both_sides_are_cropped_and_flipped_alike():
    # B is A inverted, pixel by pixel, so it stays so whatever is cut and flipped.
    seen = set()
    for batch in paired_batches(paired_images(side=12), config()).dataset(0, 6):
        assert batch["input"].shape == (3, SIDE, SIDE, 3)
        assert batch["input"].dtype == tf.float32
        np.testing.assert_allclose(batch["input"], -batch["target"], atol=1e-6)
        seen |= {image.numpy().tobytes() for image in batch["input"]}
    assert len(seen) == 18


def test_the_direction_decides_which_side_is_the_input():
    images = np.zeros((4, 10, 10, 3), np.uint8)
    examples = PairedImages(a=images, b=images + 255, names=tuple("abcd"))
    for direction, wanted in (("AtoB", -1), ("BtoA", 1)):
        (batch,) = paired_batches(examples, config(direction=direction)).dataset(0, 1)
        assert np.unique(batch["input"]) == [wanted]
        assert np.unique(batch["target"]) == [-wanted]


def test_a_resumed_run_sees_the_batches_of_an_uninterrupted_one():
    batches = paired_batches(paired_images(), config())
    whole = list(batches.dataset(0, 7))
    for batch, other in zip(whole[4:], batches.dataset(4, 7), strict=True):
        for name in ("input", "target"):
            np.testing.assert_array_equal(batch[name], other[name])


def test_too_few_pairs():
    with pytest.raises(DataError, match=r"at least as many pairs as batch_size=11. Received: 10"):
        paired_batches(paired_images(), config(batch_size=11))


def sizes_of_pairs(small, factor, larger="b", count=6):
    """Pairs of noise, the larger side being the smaller one with each pixel repeated."""
    a = np.random.default_rng(0).integers(0, 256, (count, small, small, 3), np.uint8)
    b = a.repeat(factor, axis=1).repeat(factor, axis=2)
    a, b = (a, b) if larger == "b" else (b, a)
    return PairedImages(a=a, b=b, names=tuple(map(str, range(count))))


@settings(max_examples=30, deadline=None)
@given(
    factor=st.integers(1, 4),
    crop=st.integers(1, 6),
    room=st.integers(0, 3),
    larger=st.sampled_from("ab"),
    direction=st.sampled_from(["AtoB", "BtoA"]),
    seed=st.integers(0, 99),
)
def test_crops_of_both_sides_show_the_same_region(factor, crop, room, larger, direction, seed):
    examples = sizes_of_pairs(crop + room, factor, larger)
    settings = config(seed=seed, direction=direction)
    settings.sides = (factor * crop, factor * crop)
    larger_name = "input" if (larger == "a") == (direction == "AtoB") else "target"
    batches = paired_batches(examples, settings)
    for step in range(2):
        batch = batches.at(tf.constant(step, tf.int64))
        large = batch.pop(larger_name).numpy()
        (small,) = (images.numpy() for images in batch.values())
        if factor > 1:
            assert (large.shape, small.shape) == ((3, factor * crop, factor * crop, 3), (3, crop, crop, 3))
        np.testing.assert_array_equal(large, small.repeat(factor, axis=1).repeat(factor, axis=2))


def test_the_smaller_side_is_cropped_as_it_would_be_in_pairs_of_its_size():
    alike, larger = sizes_of_pairs(10, 1), sizes_of_pairs(10, 3)
    of_three = config()
    of_three.sides = (3 * SIDE, 3 * SIDE)
    for batch, other in zip(
        paired_batches(alike, config()).dataset(0, 4), paired_batches(larger, of_three).dataset(0, 4), strict=True
    ):
        np.testing.assert_array_equal(batch["input"], other["input"])


def test_crop_sizes():
    assert crop_sizes(paired_images(side=36), 32) == ((32, 32), (32, 32))
    assert crop_sizes(sizes_of_pairs(19, 4), 64) == ((16, 16), (64, 64))
    assert crop_sizes(sizes_of_pairs(19, 4, larger="a"), 64) == ((64, 64), (16, 16))
    with pytest.raises(DataError, match=r"image_size must be a multiple of 4, .* Received: 30"):
        crop_sizes(sizes_of_pairs(19, 4), 30)
    odd = PairedImages(a=np.zeros((1, 8, 8, 3), np.uint8), b=np.zeros((1, 12, 12, 3), np.uint8), names=("a",))
    with pytest.raises(DataError, match=r"a whole multiple of the other's. Received: 8 and 12"):
        crop_sizes(odd, 8)
