import dataclasses
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.batches.domain_transfer import associated_batches
from pipelines.examples import DataError, PairedImages

SIDE = 4


def config(**changes):
    values = {"image_size": SIDE, "batch_size": 2, "seed": 0, "direction": "AtoB", "flip": True}
    return types.SimpleNamespace(channels_a=0, channels_b=0, **(values | changes))


def labelled(labels):
    """Pairs of one tone each: A is the row, B the label."""
    labels = np.asarray(labels)
    a, b = (
        np.broadcast_to(tone.reshape(-1, 1, 1, 1), (len(labels), SIDE, SIDE, 3)).astype(np.uint8)
        for tone in (np.arange(len(labels)), labels)
    )
    return PairedImages(a=a, b=b, names=tuple(map(str, range(len(labels)))), labels=labels)


def tones(images):
    return np.rint((images.numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=3, max_size=12).filter(lambda labels: len(set(labels)) > 1))
def test_the_unassociated_target_never_belongs_to_the_input(labels):
    for batch in associated_batches(labelled(labels), config()).dataset(0, 4):
        rows, target, other = (tones(batch[name]) for name in ("input", "target", "unassociated"))
        np.testing.assert_array_equal(target, np.asarray(labels)[rows])
        assert (other != target).all()
        assert set(other) <= set(labels)


def test_every_other_target_is_drawn():
    batches = associated_batches(labelled([3, 1, 1, 0]), config(batch_size=4))
    drawn = {
        (int(a), int(b))
        for batch in batches.dataset(0, 60)
        for a, b in zip(tones(batch["target"]), tones(batch["unassociated"]), strict=True)
    }
    assert drawn == {(a, b) for a in (0, 1, 3) for b in (0, 1, 3) if a != b}


def test_targets_are_not_flipped_and_inputs_are():
    row = np.arange(SIDE, dtype=np.uint8).reshape(1, 1, SIDE, 1) * np.ones((6, SIDE, 1, 3), np.uint8)
    examples = PairedImages(a=row, b=row, names=tuple("abcdef"))
    batches = list(associated_batches(examples, config()).dataset(0, 9))
    assert len({image.numpy().tobytes() for batch in batches for image in batch["target"]}) == 1
    assert len({image.numpy().tobytes() for batch in batches for image in batch["input"]}) == 2


def test_the_direction_and_pairs_without_labels():
    examples = dataclasses.replace(labelled([9, 8, 7]), labels=None)
    for batch in associated_batches(examples, config(direction="BtoA")).dataset(0, 3):
        assert set(tones(batch["input"])) <= {7, 8, 9}
        assert (tones(batch["target"]) != tones(batch["unassociated"])).all()


def test_what_cannot_be_trained_on():
    with pytest.raises(DataError, match="targets with at least two different labels"):
        associated_batches(labelled([1, 1, 1]), config())
    with pytest.raises(DataError, match=r"at least as many pairs as batch_size=5. Received: 2"):
        associated_batches(labelled([0, 1]), config(batch_size=5))
