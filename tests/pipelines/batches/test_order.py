"""The order of an epoch: a permutation that looks like chance, at the same cost for any number of images.

And what a step costs that takes some of many images: nothing as large as the data set, and no memory but the host's.
"""

import types

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines.batches.captions import CaptionTable, attribute_batches, distinct_class_batches, matching_batches
from pipelines.batches.domain_transfer import associated_batches
from pipelines.batches.draws import in_random_order, permuted
from pipelines.batches.labeled import class_batches, real_batches
from pipelines.batches.pairs import paired_batches
from pipelines.batches.unpaired import unpaired_batches
from pipelines.examples import CaptionedImages, GroundTruth, LabeledImages, PairedImages

SEEDS = st.integers(0, 2**31 - 1)


def whole(number, seed):
    """(number,) a whole permutation."""
    return permuted(tf.range(number, dtype=tf.int64), number, tf.constant([seed, 1])).numpy()


def epochs(images, count, numbers, seed=0, purpose=0):
    """(epochs, steps * count) the orders of some epochs."""
    steps = images // count
    order = tf.function(lambda step: in_random_order(images, count, seed, purpose, step))
    return np.array([
        np.concatenate([order(tf.constant(step, tf.int64)) for step in range(epoch * steps, (epoch + 1) * steps)])
        for epoch in numbers
    ])  # fmt: skip


@given(number=st.one_of(st.integers(1, 12), st.integers(1000, 3000)), seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_every_place_holds_another_number(number, seed):
    np.testing.assert_array_equal(np.sort(whole(number, seed)), np.arange(number))


# TensorFlow's own shuffle loses the last index where that is an even power of two, from 2 ** 16.
@pytest.mark.parametrize("number", [1024, 1025, 4097, 2**16, 2**16 + 1, 2**16 + 2, 2**17 + 1, 2**18 + 1])
def test_at_the_edges_of_its_blocks_too(number):
    np.testing.assert_array_equal(np.sort(whole(number, 3)), np.arange(number))


@given(data=st.data(), images=st.one_of(st.integers(1, 60), st.integers(1020, 1100)), seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_an_epoch_takes_no_image_twice_and_only_whole_batches(data, images, seed):
    count = data.draw(st.integers(max(1, images // 5), images))
    epoch = data.draw(st.integers(0, 10**6))
    (order,) = epochs(images, count, [epoch], seed)
    assert len(order) == len(set(order)) == images // count * count
    assert 0 <= order.min() <= order.max() < images


@pytest.mark.parametrize("images", [40, 2000])
def test_epochs_seeds_and_purposes_have_orders_of_their_own(images):
    orders = [*epochs(images, 20, range(30))]
    orders += [*epochs(images, 20, [0], seed=1), *epochs(images, 20, [0], purpose=1), *epochs(images, 20, [1], 1, 1)]
    assert len({tuple(order) for order in orders}) == len(orders)
    # Of two orders without a relation one place in all holds the same image, on average.
    shared = [np.sum(one == other) for place, one in enumerate(orders) for other in orders[:place]]
    assert abs(np.mean(shared) - 1) < 0.2


@pytest.mark.parametrize("images", [7, 1500])
def test_a_step_has_its_images_whatever_was_drawn_before_it(images):
    first = list(tf.data.Dataset.range(0, 9).map(lambda step: in_random_order(images, 3, 4, 0, step)))
    for step in (8, 2, 5):
        np.testing.assert_array_equal(in_random_order(images, 3, 4, 0, tf.constant(step, tf.int32)), first[step])


def test_more_images_than_32_bits_count():
    for images in (2**31 + 7, 2**32 + 1, 2**40):
        rows = np.concatenate([in_random_order(images, 50, 0, 0, tf.constant(step)) for step in range(4)])
        assert len(set(rows)) == 200
        assert 0 <= rows.min() < images / 4
        assert images * 3 / 4 < rows.max() < images


# How the orders compare with chance: both sides of FEW, and where TensorFlow's own four rounds are seen to fail.


def test_all_orders_of_a_few_images_are_equally_frequent():
    counts = np.unique(epochs(4, 4, range(1200)), axis=0, return_counts=True)[1]
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("images", [900, 1800])
def test_every_image_is_equally_often_in_the_first_batch(images):
    steps = images // 100
    draw = tf.function(lambda epoch: in_random_order(images, 100, 0, 0, epoch * steps))
    drawn = np.concatenate([draw(tf.constant(epoch, tf.int64)) for epoch in range(200)])
    counts = np.bincount(drawn, minlength=images)
    # Without replacement the counts vary less than a multinomial's, by the share that is left out.
    statistic = np.sum((counts - counts.mean()) ** 2 / counts.mean()) / (1 - 100 / images)
    assert 1e-4 < stats.chi2.sf(statistic, images - 1) < 1 - 1e-4


@pytest.mark.parametrize("images", [1000, 1797, 60_000])
def test_batches_of_a_sorted_data_set_are_as_mixed_as_chance_makes_them(images):
    count, classes = 50, 10
    order = np.stack([whole(images, seed)[: images // count * count] for seed in range(20)])
    of_batches = np.eye(classes)[order * classes // images].reshape(-1, count, classes).sum(axis=1)
    # The hypergeometric distribution's: `count` of `images`, a tenth of which are of a class.
    expected = count / classes * (1 - 1 / classes) * (images - count) / (images - 1)
    assert abs(of_batches.var() / expected - 1) < 0.1


@pytest.mark.parametrize("images", [1000, 1797, 60_000])
def test_neighbors_in_an_order_are_no_nearer_in_the_data_set_than_chance_brings_them(images):
    steps = np.concatenate([np.diff(whole(images, seed)) % images for seed in range(4)])
    # Modulo the number of images every distance is equally frequent; here in tenths of it.
    counts = np.bincount(steps * 10 // images, minlength=10)
    assert stats.chisquare(counts).pvalue > 1e-4


# The cost of a step.

MANY = 20_000


def every_batches():
    """Every kind of batches of this project, of many images of one pixel."""
    pixels = np.zeros((MANY, 1, 1, 3), np.uint8)
    names, labels = ("",) * MANY, np.arange(MANY) % 3
    config = types.SimpleNamespace(
        image_size=1, sides=(1, 1), batch_size=4, discriminator_steps=2, flip=True, channels=3, seed=0, conditional=True
    )
    config.captions_per_image, config.direction, config.channels_a, config.channels_b = 2, "AtoB", 0, 0
    truth = GroundTruth(("color",), (("red", "blue", "green"),), labels[:, np.newaxis], (), np.zeros((MANY, 0)), None)
    captioned = CaptionedImages(images=pixels, names=names, captions=(("a", "b"),) * MANY, truth=truth)
    labeled = LabeledImages(images=pixels, names=names, labels=labels, class_names=("a", "b", "c"))
    pairs = PairedImages(a=pixels, b=pixels, names=names)
    characters = CaptionTable(np.zeros((2 * MANY, 201), np.uint8), np.full(MANY, 2))
    vectors = CaptionTable(np.zeros((2 * MANY, 6), np.float32), np.full(MANY, 2))
    features = np.zeros((MANY, 5), np.float32)
    return {
        "real": real_batches(labeled, config),
        "class": class_batches(labeled, config),
        "paired": paired_batches(pairs, config),
        "unpaired": unpaired_batches(pairs, config),
        "associated": associated_batches(pairs, config),
        "matching": matching_batches(captioned, config, vectors),
        "characters": matching_batches(captioned, config, characters),
        "distinct": distinct_class_batches(captioned, config, characters),
        "features": distinct_class_batches(captioned, config, characters, features),
        "attributes": attribute_batches(captioned, config),
    }


KINDS = ("real", "class", "paired", "unpaired", "associated")
KINDS += ("matching", "characters", "distinct", "features", "attributes")


@pytest.fixture(scope="module")
def of_kind():
    """By name, every kind of batches, made where a second CPU is the device that stands in for a GPU."""
    with tf.device("CPU:1"):
        assert tf.constant(0.0).device.endswith("CPU:1")
        return every_batches()


def test_every_kind_is_looked_at(of_kind):
    assert tuple(of_kind) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_no_operation_of_a_step_is_as_large_as_the_data_set(of_kind, kind):
    graph = tf.function(of_kind[kind].at).get_concrete_function(tf.TensorSpec((), tf.int64)).graph
    # What is held is a placeholder; `captures` pairs it with the tensor itself.
    held = {placeholder.name for _, placeholder in graph.captures}
    outputs = [output for operation in graph.get_operations() for output in operation.outputs]
    sizes = {output.name: output.shape.num_elements() for output in outputs if output.name not in held}
    assert len(sizes) > 20
    assert not {name: size for name, size in sizes.items() if size is not None and size >= MANY}


@pytest.mark.parametrize("kind", KINDS)
def test_the_data_set_stays_in_the_memory_of_the_host(of_kind, kind):
    with tf.device("CPU:1"):
        captured = tf.function(of_kind[kind].at).get_concrete_function(tf.TensorSpec((), tf.int64)).captured_inputs
        batch = of_kind[kind].at(tf.constant(0, tf.int64))
    large = [tensor for tensor in captured if tensor.shape.num_elements() >= MANY]
    assert large
    # Nor is a batch made on the device, which would first copy what it is taken from.
    for tensor in (*large, *batch.values()):
        assert tensor.device.endswith("CPU:0")
