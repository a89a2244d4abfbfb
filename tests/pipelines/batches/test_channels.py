"""Sides of pairs and of unpaired images with the channels that are asked for, batch by batch."""

import types

import numpy as np
import pytest

from pipelines.batches.domain_transfer import associated_batches
from pipelines.batches.pairs import paired_batches
from pipelines.batches.unpaired import unpaired_batches
from pipelines.examples import PairedImages
from pipelines.images import to_float, with_channels

GRAY, COLORS = (np.random.default_rng(0).integers(0, 256, (6, 8, 8, channels), np.uint8) for channels in (1, 3))
NAMES = {paired_batches: ("input", "target"), associated_batches: ("input", "target"), unpaired_batches: ("a", "b")}


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("batches", NAMES)
def test_gray_becomes_color_and_color_gray(tmp_path, batches, mapped):
    sides = [GRAY, COLORS]
    if mapped:
        for place, images in enumerate(sides):
            np.save(tmp_path / f"{place}.npy", images)
            sides[place] = np.load(tmp_path / f"{place}.npy", mmap_mode="r")
    names = tuple(map(str, range(6)))
    for asked in ((0, 0), (3, 1)):
        config = types.SimpleNamespace(
            image_size=8, sides=(8, 8), batch_size=3, seed=0, flip=True, direction="AtoB",
            channels_a=asked[0], channels_b=asked[1],
        )  # fmt: skip
        found = next(iter(batches(PairedImages(a=sides[0], b=sides[1], names=names), config).dataset(0, 1)))
        copied = PairedImages(a=with_channels(GRAY, asked[0] or 1), b=with_channels(COLORS, asked[1] or 3), names=names)
        config.channels_a = config.channels_b = 0
        wanted = next(iter(batches(copied, config).dataset(0, 1)))
        for name, channels in zip(NAMES[batches], asked, strict=True):
            assert found[name].shape[-1] == (channels or wanted[name].shape[-1])
            np.testing.assert_array_equal(found[name], wanted[name])
    assert to_float(found[NAMES[batches][1]]).shape[-1] == 1
