import types

import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.draws import in_random_order
from pipelines.batches.pairs import paired_batches
from pipelines.examples import DataError, PairedImages
from tests.worlds import paired_images

SIDE = 8


def config(batch_size=3, seed=0, direction="AtoB"):
    return types.SimpleNamespace(image_size=SIDE, batch_size=batch_size, seed=seed, direction=direction)


def order_of(epoch, seed=5):
    steps = range(4 * epoch, 4 * epoch + 4)
    return np.concatenate([in_random_order(12, 3, seed, 0, tf.constant(step, tf.int64)) for step in steps])


def test_an_epoch_takes_every_image_once_in_an_order_of_its_own():
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


def test_the_direction_says_which_side_is_the_input():
    images = np.zeros((4, 10, 10, 3), np.uint8)
    examples = PairedImages(a=images, b=images + 255, names=tuple("abcd"))
    for direction, wanted in (("AtoB", -1), ("BtoA", 1)):
        (batch,) = paired_batches(examples, config(direction=direction)).dataset(0, 1)
        assert np.unique(batch["input"]) == [wanted]
        assert np.unique(batch["target"]) == [-wanted]


def test_a_run_that_goes_on_sees_what_one_that_was_not_stopped_sees():
    batches = paired_batches(paired_images(), config())
    whole = list(batches.dataset(0, 7))
    for batch, other in zip(whole[4:], batches.dataset(4, 7), strict=True):
        for name in ("input", "target"):
            np.testing.assert_array_equal(batch[name], other[name])


def test_too_few_pairs():
    with pytest.raises(DataError, match=r"at least as many pairs as batch_size=11. Received: 10"):
        paired_batches(paired_images(), config(batch_size=11))
