import numpy as np
import pytest

from pipelines.examples import DataError
from pipelines.readers import digits
from pipelines.registry import load


def test_both_splits_have_every_digit_in_the_same_shares_and_no_image_twice():
    train, test = (load("digits", split, 8, "", "") for split in ("train", "test"))
    assert len(train) + len(test) == 1797
    assert not set(train.names) & set(test.names)
    assert train.class_names == test.class_names == tuple("0123456789")
    for label in range(10):
        count, held_out = (train.labels == label).sum(), (test.labels == label).sum()
        assert held_out == (count + held_out) // 5


def test_pixels_have_the_whole_range_and_the_size_asked_for():
    small, large = digits.load("test", 8, "", ""), digits.load("test", 32, "", "")
    assert small.images.shape == (355, 8, 8, 1)
    assert large.images.shape == (355, 32, 32, 1)
    assert small.images.dtype == large.images.dtype == np.uint8
    assert set(np.unique(small.images)) == {round(value * 255 / 16) for value in range(17)}
    np.testing.assert_array_equal(small.labels, large.labels)
    # The same pictures, but larger.
    blocks = large.images.reshape(355, 8, 4, 8, 4).mean(axis=(2, 4))
    assert np.corrcoef(blocks.ravel(), small.images.ravel())[0, 1] > 0.95


def test_every_load_gives_the_same():
    one, other = digits.load("train", 8, "", ""), digits.load("train", 8, "", "")
    np.testing.assert_array_equal(one.images, other.images)
    assert one.names == other.names


def test_unknown_split():
    with pytest.raises(DataError, match=r"'train', 'test'. Received: 'valid'"):
        digits.load("valid", 8, "", "")
