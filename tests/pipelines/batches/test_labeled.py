import dataclasses
import types

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.batches.labeled import class_batches, labeled_rows, real_batches, semi_supervised_batches
from pipelines.examples import CaptionedImages, DataError, LabeledImages
from pipelines.images import with_channels

SIDE = 8


def config(batch_size=2, turns=3, flip=False, channels=0, seed=0, conditional=False):
    return types.SimpleNamespace(
        image_size=SIDE,
        batch_size=batch_size,
        discriminator_steps=turns,
        flip=flip,
        channels=channels,
        seed=seed,
        conditional=conditional,
    )


def tones(count=12, channels=1, classes=4):
    """Images of one tone each, its number; the label is the tone modulo the number of classes."""
    images = np.zeros((count, SIDE, SIDE, channels), np.uint8)
    images[:] = np.arange(count).reshape(-1, 1, 1, 1)
    return LabeledImages(
        images=images,
        names=tuple(map(str, range(count))),
        labels=(np.arange(count) % classes).astype(np.int32) if classes else None,
        class_names=tuple(map(str, range(classes))),
    )


def noise(count=12, channels=3):
    images = np.random.default_rng(0).integers(0, 256, (count, SIDE, SIDE, channels), np.uint8)
    return LabeledImages(images=images, names=tuple(map(str, range(count))))


def shown(batch):
    """(B, k) which images a batch of `tones` holds."""
    return np.rint((batch["real"].numpy()[:, :, 0, 0, 0] + 1) * 127.5).astype(int)


def test_shapes_types_and_what_is_measured():
    batches = real_batches(tones(), config())
    assert batches.measured == {"channels": 1, "classes": 4}
    assert batches.images == 12
    spec = batches.dataset(0, 1).element_spec
    assert spec["real"] == tf.TensorSpec((2, 3, SIDE, SIDE, 1), tf.float32)
    assert spec["label"] == tf.TensorSpec((2, 3), tf.int32)


def test_the_range_is_minus_one_to_one():
    images = noise()
    images.images[:, 0, 0], images.images[:, 0, 1] = 0, 255
    (batch,) = real_batches(images, config()).dataset(0, 1)
    assert float(tf.reduce_min(batch["real"])) == -1.0
    assert float(tf.reduce_max(batch["real"])) == 1.0


def test_labels_stay_with_their_images():
    for flip in (False, True):
        for batch in real_batches(tones(), config(flip=flip)).dataset(0, 6):
            np.testing.assert_array_equal(batch["label"], shown(batch) % 4)


@settings(max_examples=15, deadline=None)
@given(batch_size=st.integers(1, 4), turns=st.integers(1, 3), epochs=st.integers(1, 2), seed=st.integers(0, 99))
def test_each_epoch_takes_every_image_once(batch_size, turns, epochs, seed):
    steps, count = 3, batch_size * turns * 3
    batches = real_batches(tones(count), config(batch_size, turns, seed=seed))
    for epoch in range(epochs):
        seen = [shown(batch) for batch in batches.dataset(epoch * steps, (epoch + 1) * steps)]
        # So that no image is in two turns of a step either.
        assert sorted(np.concatenate(seen).ravel()) == list(range(count))


def test_a_turn_takes_neighbors_of_the_order_that_one_turn_alone_would_have():
    whole, turns = real_batches(tones(), config(6, 1)), real_batches(tones(), config(2, 3))
    for one, three in zip(whole.dataset(0, 4), turns.dataset(0, 4), strict=True):
        np.testing.assert_array_equal(shown(one)[:, 0], shown(three).T.ravel())


def test_epochs_and_seeds_differ():
    def order(seed, epoch):
        batches = real_batches(tones(), config(seed=seed))
        return np.concatenate([shown(batch).ravel() for batch in batches.dataset(2 * epoch, 2 * epoch + 2)]).tolist()

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1)
    assert order(0, 0) != order(1, 0)


def test_a_resumed_run_sees_the_batches_of_an_uninterrupted_one():
    batches = real_batches(noise(), config(flip=True))
    whole = list(batches.dataset(0, 7))
    for batch, other in zip(whole[4:], batches.dataset(4, 7), strict=True):
        np.testing.assert_array_equal(batch["real"], other["real"])


def test_half_of_the_images_are_mirrored_if_so_configured():
    examples = noise()
    examples.images[:, :, 0], examples.images[:, :, -1] = 0, 255
    seen = {
        flip: np.concatenate(
            [
                batch["real"].numpy()[..., 0, 0, 0].ravel()
                for batch in real_batches(examples, config(flip=flip)).dataset(0, 200)
            ]
        )
        for flip in (False, True)
    }
    assert set(seen[False]) == {-1.0}
    assert set(seen[True]) == {-1.0, 1.0}
    assert abs(seen[True].mean()) < 0.1


def test_nothing_but_the_flip_changes_an_image():
    examples = noise()
    for batch in real_batches(examples, config(flip=True)).dataset(0, 2):
        for image in np.rint((batch["real"].numpy().reshape(-1, SIDE, SIDE, 3) + 1) * 127.5).astype(np.uint8):
            assert any(np.array_equal(image, one) or np.array_equal(image[:, ::-1], one) for one in examples.images)


@pytest.mark.parametrize("own", [1, 3])
@pytest.mark.parametrize("wanted", [0, 1, 3])
def test_channels_as_configured(own, wanted):
    batches = real_batches(tones(channels=own), config(channels=wanted))
    assert batches.measured["channels"] == (wanted or own)
    (batch,) = batches.dataset(0, 1)
    assert batch["real"].shape[-1] == (wanted or own)
    # The luma of a gray is that gray.
    assert set(shown(batch).ravel()) <= set(range(12))


def test_gray_is_pillows():
    images = noise(count=1500).images
    images[:3, 0, 0] = [[255, 255, 255], [0, 0, 0], [255, 0, 0]]
    gray = with_channels(images, 1)
    assert gray.shape == (1500, SIDE, SIDE, 1)
    assert gray.dtype == np.uint8
    assert gray[:3, 0, 0, 0].tolist() == [255, 0, 76]
    pillows = np.asarray(Image.fromarray(images[7]).convert("L"), int)
    assert np.abs(gray[7, :, :, 0] - pillows).max() <= 1


def test_what_has_as_many_channels_already_is_not_copied(tmp_path):
    np.save(tmp_path / "images.npy", noise().images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    assert with_channels(mapped, 3) is mapped
    examples = LabeledImages(images=mapped, names=noise().names)
    for batch, other in zip(
        real_batches(examples, config()).dataset(0, 2), real_batches(noise(), config()).dataset(0, 2), strict=True
    ):
        np.testing.assert_array_equal(batch["real"], other["real"])


def test_without_classes_there_are_no_labels():
    batches = real_batches(noise(), config())
    assert batches.measured["classes"] == 0
    assert set(batches.dataset(0, 1).element_spec) == {"real"}


@pytest.mark.parametrize("turns", [1, 2])
def test_attributes_are_those_of_their_images(turns):
    attributes = np.stack([np.arange(12) / 4, -np.arange(12) / 8], axis=1)
    (batch,) = real_batches(tones(), config(turns=turns), attributes).dataset(3, 4)
    assert batch["attributes"].dtype == tf.float32
    np.testing.assert_array_equal(batch["attributes"], attributes[shown(batch)])
    np.testing.assert_array_equal(batch["label"], shown(batch) % 4)


def test_a_conditional_model_needs_classes():
    with pytest.raises(DataError, match=r"needs classes: sub-folders of --data_dir, one a class.*Received: 12 images"):
        real_batches(noise(), config(conditional=True))
    assert "label" in real_batches(tones(), config(conditional=True)).dataset(0, 1).element_spec


@pytest.mark.parametrize(
    ("turns", "message"),
    [(1, "as batch_size=13. Received: 12"), (2, "as batch_size=13 times discriminator_steps=2. Received: 12")],
)
def test_too_few_images(turns, message):
    with pytest.raises(DataError, match=f"at least as many images {message}"):
        real_batches(tones(), config(13, turns))


def test_captioned_images_are_labeled_images():
    captioned = CaptionedImages(images=noise().images, names=noise().names, captions=(("a",),) * 12)
    assert len(captioned) == 12
    assert set(real_batches(captioned, config()).dataset(0, 1).element_spec) == {"real"}


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("channels", [0, 1, 3])
def test_a_classifier_sees_the_images_of_a_gan_with_one_turn(flip, channels):
    judge = config(turns=None, batch_size=3, flip=flip, channels=channels, conditional=None)
    del judge.discriminator_steps, judge.conditional
    batches = class_batches(tones(), judge)
    gan = real_batches(tones(), config(turns=1, batch_size=3, flip=flip, channels=channels, conditional=True))
    assert batches.measured == {"channels": channels or 1, "value_counts": (4,)}
    assert batches.images == gan.images
    for batch, other in zip(batches.dataset(0, 9), gan.dataset(0, 9), strict=True):
        assert set(batch) == {"image", "attributes"}
        np.testing.assert_array_equal(batch["image"], other["real"][:, 0])
        np.testing.assert_array_equal(batch["attributes"], other["label"])
        assert batch["attributes"].dtype == tf.int32
    spec = batches.dataset(0, 1).element_spec
    assert (spec["image"].shape, spec["attributes"].shape) == ((3, SIDE, SIDE, channels or 1), (3, 1))


def test_a_classifier_needs_classes_and_a_batch_of_images():
    with pytest.raises(DataError, match=r"a class judge needs classes: .*Received: 12 images"):
        class_batches(noise(), config())
    with pytest.raises(DataError, match=r"as batch_size=13. Received: 12"):
        class_batches(tones(), config(13))


def sorted_by_class(classes=3, per_class=6):
    """Images each of one tone of its own; class by class."""
    labels = np.repeat(np.arange(classes), per_class).astype(np.int32)
    tones = np.arange(len(labels), dtype=np.uint8) * 10
    images = np.broadcast_to(tones[:, None, None, None], (len(labels), SIDE, SIDE, 1)).copy()
    names = tuple(map(str, range(len(labels))))
    return LabeledImages(images=images, names=names, labels=labels, class_names=tuple("abc"[:classes]))


def test_few_labels_are_as_many_of_each_class_and_always_the_same_images():
    examples, few = sorted_by_class(), config(batch_size=2, turns=2)
    few.labels = 6
    rows = labeled_rows(examples, 6, seed=0)
    assert np.bincount(examples.labels[rows]).tolist() == [2, 2, 2]
    assert rows.tolist() != labeled_rows(examples, 6, seed=1).tolist()
    batches = semi_supervised_batches(examples, few)
    assert batches.measured == {"channels": 1, "classes": 3}
    seen = set()
    for step in range(12):
        batch = batches.at(tf.constant(step))
        assert batch["real"].shape == (2, 2, SIDE, SIDE, 1)
        assert set(batch) == {"real", "labeled", "known_label"}
        tones = np.rint((batch["labeled"][:, 0, 0, 0].numpy() + 1) * 127.5).astype(int) // 10
        np.testing.assert_array_equal(examples.labels[tones], batch["known_label"])
        seen |= set(tones.tolist())
    # Those that are known, and all of them.
    assert seen == set(rows.tolist())


def test_images_without_labels_are_all_in_an_order_of_their_own():
    examples, few = sorted_by_class(), config(batch_size=2, turns=1)
    few.labels = 0
    batches = semi_supervised_batches(examples, few)
    drawn = [batches.at(tf.constant(step)) for step in range(9)]
    tones = {
        key: [float(value) for batch in drawn for value in np.ravel(batch[key][..., 0, 0, 0])]
        for key in ("real", "labeled")
    }
    assert sorted(tones["real"]) == sorted(tones["labeled"])
    assert len(set(tones["real"])) == 18
    assert tones["real"] != tones["labeled"]


def test_fewer_labels_than_a_batch_holds_come_several_times_in_it():
    examples, few = sorted_by_class(), config(batch_size=4, turns=1)
    few.labels = 3
    batches = semi_supervised_batches(examples, few)
    for step in range(3):
        labels = batches.at(tf.constant(step))["known_label"].numpy()
        assert len(labels) == 4
        assert set(labels) <= {0, 1, 2}
        assert len(set(labels)) > 1


def test_images_with_and_without_labels_are_mirrored_apart():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (12, SIDE, SIDE, 1), np.uint8)
    examples = dataclasses.replace(sorted_by_class(), images=np.resize(images, (18, SIDE, SIDE, 1)))
    both = config(batch_size=6, turns=1)
    both.labels, both.flip = 0, True
    plain = config(batch_size=6, turns=1)
    plain.labels, plain.flip = 0, False
    mirrored = {"real": [], "labeled": []}
    for step in range(6):
        flipped, straight = (semi_supervised_batches(examples, each).at(tf.constant(step)) for each in (both, plain))
        for name, rows in mirrored.items():
            one, other = (np.asarray(batch[name]).reshape(6, -1) for batch in (flipped, straight))
            rows += (np.abs(one - other).max(axis=1) > 0).tolist()
    # Half of each, and not the same places.
    assert all(8 < sum(rows) < 28 for rows in mirrored.values())
    assert mirrored["real"] != mirrored["labeled"]


@pytest.mark.parametrize("count", [4, 21, 2])
def test_labels_that_cannot_be_shared_among_the_classes_are_refused(count):
    few = config(batch_size=2, turns=1)
    few.labels = count
    with pytest.raises(
        DataError, match=f"labels must be a multiple of the 3 classes, of at most 6 .*Received: {count}"
    ):
        semi_supervised_batches(sorted_by_class(), few)
