"""Crops in low and high resolution: the same region, shrunk as files are."""

import numpy as np
import pytest

from models.registry import PRESETS
from pipelines.batches.super_resolution import super_resolution_batches
from pipelines.bicubic import bicubic
from pipelines.examples import DataError, LabeledImages


def examples(count=6, side=40):
    images = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)
    return LabeledImages(
        images=images, names=tuple(map(str, range(count))), labels=None, class_names=(), report=None, values={}
    )


def config(**changes):
    return PRESETS["srresnet"].resolve("cub", {"batch_size": 3, "image_size": 32, **changes})


def uint8(batch):
    return np.rint((batch.numpy() + 1) * 127.5).astype(np.uint8)


@pytest.mark.parametrize("factor", [2, 4])
def test_low_resolution_is_the_crop_shrunk_by_matlabs_kernel(factor):
    batch = super_resolution_batches(examples(), config(factor=factor)).at(2)
    low, high = uint8(batch["low"]), uint8(batch["high"])
    assert low.shape == (3, 32 // factor, 32 // factor, 3)
    for small, large in zip(low, high, strict=True):
        shrunk = bicubic(large, *small.shape[:2]).astype(int)
        # In float32 a half may be rounded to either side.
        assert np.abs(small - shrunk).max() <= 1
        assert (small != shrunk).mean() < 0.01


def test_crops_are_parts_of_the_photographs_at_their_own_size_mirrored_or_not():
    found = super_resolution_batches(examples(), config())
    mirrored = []
    for step in range(4):
        high, rows = uint8(found.at(step)["high"]), found.rows(step)["image"].numpy()
        for crop, row in zip(high, rows, strict=True):
            image = examples().images[row]
            windows = np.lib.stride_tricks.sliding_window_view(image, (32, 32, 3))[:, :, 0]
            there = [(windows == side).all(axis=(2, 3, 4)).any() for side in (crop, crop[:, ::-1])]
            assert sum(there) == 1
            mirrored.append(there[1])
    assert 0 < sum(mirrored) < len(mirrored)
    assert not any(
        (super_resolution_batches(examples(), config(flip=False)).at(0)["high"] == side).numpy().all()
        for side in [found.at(0)["high"][:, :, ::-1]]
    )


def test_a_step_is_a_function_of_its_number_and_too_few_or_too_small_photographs_are_refused():
    one, other = (super_resolution_batches(examples(), config()) for _ in range(2))
    np.testing.assert_array_equal(one.at(5)["high"], other.at(5)["high"])
    assert (one.at(5)["high"] != one.at(6)["high"]).numpy().any()
    with pytest.raises(DataError, match=r"as many images as batch_size=3.* Received: 2"):
        super_resolution_batches(examples(2), config())
    with pytest.raises(DataError, match=r"sides of at least image_size=32.* Received: 31 pixels"):
        super_resolution_batches(examples(side=31), config())
