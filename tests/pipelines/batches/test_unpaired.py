import types

import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.unpaired import unpaired_batches
from pipelines.examples import DataError
from pipelines.readers import unpaired as unpaired_folders
from tests.worlds import paired_images, unpaired_images

SIDE = 8


def config(batch_size=2, seed=0):
    return types.SimpleNamespace(
        sides=(SIDE, SIDE), batch_size=batch_size, seed=seed, flip=True, channels_a=0, channels_b=0
    )


def shown(examples, steps):
    """By side, which images the batches hold, two a step: images of one tone each."""
    batches = list(unpaired_batches(examples, config()).dataset(*steps))
    return {
        side: [round((float(image[0, 0, 0]) + 1) * 127.5) for batch in batches for image in batch[side]]
        for side in "ab"
    }


def tones(count_a, count_b):
    examples = unpaired_images(count_a, count_b, side=10)
    for images in (examples.a, examples.b):
        images[:] = np.arange(len(images), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return examples


def test_each_side_takes_all_its_images_before_it_starts_over():
    batches = unpaired_batches(tones(8, 4), config())
    assert batches.images == 8
    seen = shown(tones(8, 4), (0, 8))
    assert sorted(seen["a"][:8]) == sorted(seen["a"][8:]) == list(range(8))
    for start in (0, 4, 8, 12):
        assert sorted(seen["b"][start : start + 4]) == list(range(4))
    # Not always the same two together.
    assert len(set(zip(seen["a"], seen["b"], strict=True))) > 8


def test_pairs_are_taken_apart():
    seen = {"together": 0, "apart": 0}
    for batch in unpaired_batches(paired_images(side=SIDE), config()).dataset(0, 20):
        for a, b in zip(batch["a"].numpy(), batch["b"].numpy(), strict=True):
            alike = np.abs(a + b).max() < 1e-5 or np.abs(a + b[:, ::-1]).max() < 1e-5
            seen["together" if alike else "apart"] += 1
    assert seen["apart"] > 30


def test_a_resumed_run_sees_the_batches_of_an_uninterrupted_one():
    batches = unpaired_batches(unpaired_images(), config())
    whole = list(batches.dataset(0, 7))
    for batch, other in zip(whole[4:], batches.dataset(4, 7), strict=True):
        assert batch["a"].shape == (2, SIDE, SIDE, 3)
        assert batch["a"].dtype == tf.float32
        for side in "ab":
            np.testing.assert_array_equal(batch[side], other[side])


def test_too_few_images_of_a_side():
    with pytest.raises(DataError, match=r"at least as many images of B as batch_size=2. Received: 1"):
        unpaired_batches(unpaired_images(5, 1), config())


def load(folder, split="train"):
    return unpaired_folders.load(split, SIDE, str(folder / "data"), str(folder / "cache"))


def test_sides_smaller_than_the_crops_are_refused():
    examples = unpaired_images(4, 4, side=SIDE - 1)
    with pytest.raises(DataError, match=r"images of A must have sides of at least image_size=8. Received: 7 pixels"):
        unpaired_batches(examples, config())
