import dataclasses
import types

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.batches.captions import (
    CaptionTable,
    ClassIndex,
    attribute_batches,
    distinct_class_batches,
    matching_batches,
    pick,
    seeded,
)
from pipelines.examples import CaptionedImages, DataError
from pipelines.holdout import hold_out, split_rows
from tests.worlds import captioned_images, ground_truth

SIDE = 8


def flat_examples(labels=None, count=None, captions=3):
    """Images of one value each, their own index, so that a batch tells which images it drew."""
    count = len(labels) if count is None else count
    images = np.zeros((count, 10, 10, 3), np.uint8) + np.arange(count, dtype=np.uint8)[:, None, None, None]
    return CaptionedImages(
        images=images,
        names=tuple(map(str, range(count))),
        captions=tuple(("a bird",) * captions for _ in range(count)),
        labels=None if labels is None else np.asarray(labels, np.int32),
        truth=None if labels is None else ground_truth(np.asarray(labels), captions),
    )


def config(batch_size=8, captions_per_image=1, seed=0):
    return types.SimpleNamespace(
        image_size=SIDE, batch_size=batch_size, captions_per_image=captions_per_image, seed=seed, flip=True
    )


def embeddings(counts):
    """Embeddings that say whose they are: (image, caption)."""
    rows = [(image, caption) for image, count in enumerate(counts) for caption in range(count)]
    return CaptionTable(np.array(rows, np.float32), np.array(counts))


def drawn(images):
    """Which image each row of a batch shows."""
    return np.rint((images.numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int)


LABELS = st.lists(st.integers(0, 4), min_size=2, max_size=12)


@given(labels=LABELS, seed=st.integers(0, 2**31 - 1), step=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_wrong_image_is_of_another_class(labels, seed, step):
    batch = matching_batches(flat_examples(labels), config(seed=seed), embeddings([1] * len(labels))).at(
        tf.constant(step, tf.int64)
    )
    image, wrong = drawn(batch["image"]), drawn(batch["wrong_image"])
    labels = np.array(labels)
    if len(set(labels)) > 1:
        assert (labels[image] != labels[wrong]).all()
    else:
        assert (image != wrong).all()
    assert (image == batch["text"].numpy()[:, 0]).all()


@given(count=st.integers(2, 9), step=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_without_classes_the_wrong_image_is_another_image(count, step):
    batch = matching_batches(flat_examples(count=count), config(), embeddings([1] * count)).at(tf.constant(step))
    assert (drawn(batch["image"]) != drawn(batch["wrong_image"])).all()


def test_one_image_cannot_be_trained_on():
    with pytest.raises(DataError, match=r"at least 2 images\. Received: 1"):
        ClassIndex(flat_examples(count=1))


def test_classes_are_drawn_uniformly_whatever_their_size_and_images_uniformly_within():
    labels = np.array([0] * 1 + [1] * 3 + [5] * 12)
    index = ClassIndex(flat_examples(labels))
    image, wrong = (rows.numpy() for rows in index.matching_and_wrong(30_000, 0, tf.constant(0)))
    for rows in (image, wrong):
        shares = np.array([np.mean(labels[rows] == label) for label in (0, 1, 5)])
        assert np.abs(shares - 1 / 3).max() < 0.02
        _, counts = np.unique(rows[labels[rows] == 5], return_counts=True)
        assert len(counts) == 12
        assert counts.min() / counts.max() > 0.8
    # The wrong class is uniform among the others, whatever the right one.
    assert abs(np.mean(labels[wrong[labels[image] == 0]] == 1) - 0.5) < 0.03


def test_captions_belong_to_the_image_and_are_drawn_with_replacement():
    counts = [1, 4, 2, 7]
    table = embeddings(counts)
    images = tf.constant(np.tile(np.arange(4), 500))
    rows = table.draw(images, 4, tf.constant([0, 1])).numpy()
    assert rows.shape == (2000, 4, 2)
    assert (rows[..., 0] == images.numpy()[:, np.newaxis]).all()
    for image, count in enumerate(counts):
        captions = rows[images.numpy() == image][..., 1]
        assert set(np.unique(captions)) == set(range(count))
        assert np.bincount(captions.astype(int).ravel()).min() > 0.8 * 2000 / count
    of_four = rows[images.numpy() == 1][..., 1]
    assert any(len(set(row)) < 4 for row in of_four)
    assert any(len(set(row)) == 4 for row in of_four)


def test_the_text_is_the_mean_of_n_captions():
    examples, table = flat_examples([0, 0, 1, 1]), embeddings([3] * 4)
    settings_ = config(captions_per_image=4)
    batch = matching_batches(examples, settings_, table).at(tf.constant(0))
    assert batch["text"].dtype == tf.float32
    assert (batch["text"].numpy()[:, 0] == drawn(batch["image"])).all()
    # Means of 4 draws from 0, 1, 2: multiples of a quarter, and not all whole.
    captions = batch["text"][:, 1].numpy()
    assert np.array_equal(captions * 4, np.rint(captions * 4))
    assert not np.array_equal(captions, np.rint(captions))


def test_characters_are_left_for_the_encoder():
    table = CaptionTable(np.arange(12 * 201).reshape(12, 201).astype(np.uint8), np.array([3] * 4))
    batches = matching_batches(flat_examples([0, 0, 1, 1]), config(captions_per_image=2), table)
    batch = batches.at(tf.constant(0))
    assert "text" not in batch
    assert batch["characters"].shape == (8, 2, 201)
    assert "text_dim" not in batches.measured


def all_batches():
    examples = captioned_images()
    settings_ = dataclasses.make_dataclass("C", ["image_size", "batch_size", "captions_per_image", "seed", "flip"])(
        32, 4, 2, 7, True
    )
    characters = CaptionTable(np.random.default_rng(0).integers(0, 71, (36, 201)).astype(np.uint8), np.full(18, 2))
    return {
        "matching": matching_batches(examples, settings_, embeddings([2] * 18)),
        "distinct": distinct_class_batches(examples, settings_, characters),
        "features": distinct_class_batches(examples, settings_, characters, np.eye(18, 5, dtype=np.float32)),
        "attributes": attribute_batches(examples, settings_),
    }


@pytest.mark.parametrize("kind", ["matching", "distinct", "features", "attributes"])
def test_starting_at_a_step_equals_skipping_to_it(kind):
    batches = all_batches()[kind]
    whole = list(batches.dataset(0, 5))
    late = list(batches.dataset(3, 5))
    again = list(all_batches()[kind].dataset(0, 5))
    assert len(whole) == 5
    assert len(late) == 2
    for one, other in [*zip(whole[3:], late, strict=True), *zip(whole, again, strict=True)]:
        assert one.keys() == other.keys()
        for key in one:
            np.testing.assert_array_equal(one[key], other[key])
    image = "image_features" if kind == "features" else "image"
    assert any(not np.array_equal(whole[0][image], batch[image]) for batch in whole[1:])


@pytest.mark.parametrize("kind", ["matching", "distinct", "attributes"])
def test_images_are_float32_in_range_of_a_fixed_size(kind):
    spec = all_batches()[kind].dataset(0, 1).element_spec
    batch = next(iter(all_batches()[kind].dataset(0, 1)))
    assert spec["image"].shape[1:] == (32, 32, 3)
    assert batch["image"].dtype == tf.float32
    assert batch["image"].shape == (4, 32, 32, 3)
    assert -1 <= float(tf.reduce_min(batch["image"])) < -0.9
    assert 0.9 < float(tf.reduce_max(batch["image"])) <= 1


def test_right_and_wrong_images_are_cropped_independently():
    labels = [0, 1]
    marks = np.zeros((2, 10, 10, 3), np.uint8)
    marks[..., 0] = np.arange(10)[:, np.newaxis]
    marks[..., 1] = np.arange(10)
    examples = dataclasses.replace(flat_examples(labels), images=marks)
    batch = matching_batches(examples, config(batch_size=200), embeddings([1, 1])).at(tf.constant(0))
    right, wrong = (np.rint((batch[key].numpy() + 1) * 127.5)[:, 0, 0, :2] for key in ("image", "wrong_image"))
    assert 0.02 < np.mean((right == wrong).all(axis=1)) < 0.4


@given(labels=LABELS, count=st.integers(2, 9), step=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_pairs_of_a_joint_embedding_batch_are_of_distinct_classes(labels, count, step):
    characters = CaptionTable(np.arange(len(labels) * 201).reshape(-1, 201).astype(np.uint8), np.ones(len(labels), int))
    batch = distinct_class_batches(flat_examples(labels), config(batch_size=count), characters).at(tf.constant(step))
    labels = np.array(labels) if len(set(labels)) > 1 else np.arange(len(labels))
    classes = labels[drawn(batch["image"])]
    # As many different ones as there are, and the rest as evenly as it goes.
    _, counts = np.unique(classes, return_counts=True)
    assert len(counts) == min(count, len(set(labels)))
    assert counts.max() - counts.min() <= 1
    assert ((batch["label"][:, None] == batch["label"][None]).numpy() == (classes[:, None] == classes[None])).all()
    np.testing.assert_array_equal(batch["characters"], characters.rows[drawn(batch["image"])])


def test_where_classes_repeat_they_come_in_another_order():
    index = ClassIndex(flat_examples(list(range(6)) * 2))
    for step in range(5):
        _, classes = index.distinct(18, 0, tf.constant(step))
        orders = [tuple(third) for third in classes.numpy().reshape(3, 6)]
        assert [sorted(order) for order in orders] == [list(range(6))] * 3
        assert len(set(orders)) == 3


def test_attributes_are_those_of_the_image():
    examples = flat_examples([0, 1, 2, 2, 4])
    batches = attribute_batches(examples, config())
    batch = batches.at(tf.constant(3))
    np.testing.assert_array_equal(batch["attributes"], examples.truth.attributes[drawn(batch["image"])])
    assert batches.measured == {"value_counts": (3, 2, 2)}


@given(st.floats(0, 1, exclude_max=True, width=32), st.integers(1, 20_000))
@settings(max_examples=100, deadline=None)
def test_pick_stays_below_the_number(draw, number):
    assert 0 <= int(pick(tf.constant(draw), number)) < number


def test_draws_of_different_kinds_steps_and_seeds_share_no_seed():
    seeds = {
        tuple(seeded(seed, purpose, tf.constant(step)).numpy())
        for seed in range(4)
        for purpose in range(7)
        for step in range(10)
    }
    assert len(seeds) == 4 * 7 * 10


@given(counts=st.lists(st.integers(1, 4), min_size=1, max_size=8), data=st.data())
def test_the_captions_of_some_images_stay_with_their_images(counts, data):
    images = data.draw(st.lists(st.integers(0, len(counts) - 1), min_size=1, max_size=8))
    some = embeddings(counts).of_rows(np.array(images))
    np.testing.assert_array_equal(some.counts, np.array(counts)[images])
    expected = [(image, caption) for image in images for caption in range(counts[image])]
    np.testing.assert_array_equal(some.rows, np.array(expected, np.float32))
    # What is drawn for an image is one of its own captions.
    for row, image in zip(some.draw(tf.range(len(images)), 1, tf.constant([0, 0])).numpy()[:, 0], images, strict=True):
        assert row[0] == image


def test_captions_are_held_out_with_their_images():
    examples = captioned_images()
    table = embeddings([2] * len(examples))
    kept, _ = split_rows(len(examples), 0.3, seed=0)
    part, _ = hold_out(examples, 0.3, seed=0)
    names = [examples.names[int(image)] for image in table.of_rows(kept).rows[::2, 0]]
    assert tuple(names) == part.names
