import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from losses import alignment_loss, contrastive_loss, edited_words_loss, joint_embedding_loss


def slowly(images, texts, labels, margin):
    """Reed et al., CVPR 2016, equations 4 to 6, pair by pair."""
    count, total = len(labels), 0.0
    for n in range(count):
        right = images[n] @ texts[n]
        for other in range(count):
            if labels[other] == labels[n]:
                continue
            total += max(0.0, margin + images[n] @ texts[other] - right)
            total += max(0.0, margin + images[other] @ texts[n] - right)
    return total / count**2


SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 4))


@given(data=st.data(), shape=SHAPES, margin=st.sampled_from([0.0, 0.5, 1.0]))
@settings(max_examples=60, deadline=None)
def test_against_a_loop_over_pairs(data, shape, margin):
    numbers = st.floats(-3, 3, width=32)
    images = data.draw(arrays.arrays(np.float32, shape, elements=numbers))
    texts = data.draw(arrays.arrays(np.float32, shape, elements=numbers))
    labels = np.array(data.draw(st.lists(st.integers(0, 3), min_size=shape[0], max_size=shape[0])))
    loss = joint_embedding_loss(tf.constant(images), tf.constant(texts), tf.constant(labels), margin)
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, slowly(images, texts, labels, margin), rtol=1e-4, atol=1e-5)


def test_the_loss_is_zero_beyond_the_margin():
    rows = 2.0 * tf.eye(3)
    assert float(joint_embedding_loss(rows, rows, tf.range(3))) == 0.0
    # 1 + 0 - 1/4 in both directions over the 6 wrong pairs of 9.
    assert abs(float(joint_embedding_loss(rows / 4, rows / 4, tf.range(3))) - 2 * 6 / 9 * 0.75) < 1e-6


def test_pairs_of_one_class_do_not_contribute():
    ones = tf.ones((4, 2))
    assert float(joint_embedding_loss(ones, ones, tf.zeros(4, tf.int32))) == 0.0
    assert float(joint_embedding_loss(ones, ones, tf.range(4))) == 2 * 12 / 16


def cross_entropies(images, texts, labels, captions, scale):
    """InfoNCE in float64, pair by pair: -log of the right one's share among it and the wrong ones, both ways."""
    unit_images, unit_texts = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (images, texts))
    count, total = len(labels), 0.0
    for n in range(count):
        wrong = [m for m in range(count) if labels[m] != labels[n] and captions[m] != captions[n]]
        right = np.exp(scale * unit_images[n] @ unit_texts[n])
        total += np.log1p(sum(np.exp(scale * unit_images[n] @ unit_texts[m]) for m in wrong) / right)
        total += np.log1p(sum(np.exp(scale * unit_images[m] @ unit_texts[n]) for m in wrong) / right)
    return total / (2 * count)


@given(data=st.data(), shape=SHAPES, scale=st.sampled_from([0.5, 10.0, 50.0]))
@settings(max_examples=60, deadline=None)
def test_the_contrastive_loss_against_a_loop_over_pairs(data, shape, scale):
    numbers = st.floats(0.125, 3, width=32)
    signs = data.draw(arrays.arrays(np.float32, shape, elements=st.sampled_from([-1.0, 1.0])))
    images = data.draw(arrays.arrays(np.float32, shape, elements=numbers)) * signs
    texts = data.draw(arrays.arrays(np.float32, shape, elements=numbers))
    labels, captions = (
        np.array(data.draw(st.lists(st.integers(0, 3), min_size=shape[0], max_size=shape[0]))) for _ in range(2)
    )
    loss = contrastive_loss(*map(tf.constant, (images, texts, labels, captions)), scale)
    assert loss.dtype == tf.float32
    wanted = cross_entropies(images.astype(float), texts.astype(float), labels, captions, scale)
    np.testing.assert_allclose(loss, wanted, rtol=1e-4, atol=1e-5)


def test_the_contrastive_loss_of_pairs_that_are_all_alike_and_of_perfect_ones():
    ones, labels = tf.ones((4, 2)), tf.range(4)
    # Each of four is as likely.
    np.testing.assert_allclose(contrastive_loss(ones, ones, labels), np.log(4), rtol=1e-5)
    # Without captions to compare, all are different; of one class, or with one caption, nothing is left to confuse.
    assert float(contrastive_loss(ones, ones, tf.zeros(4, tf.int32))) == 0.0
    assert float(contrastive_loss(ones, ones, labels, tf.zeros(4, tf.int32))) == 0.0
    # Three wrong ones at cosine 0, whatever the lengths.
    wanted = np.log(1 + 3 * np.exp(-2))
    np.testing.assert_allclose(contrastive_loss(7 * tf.eye(4), tf.eye(4) / 3, labels, scale=2.0), wanted, rtol=1e-5)


def aligned(regions, words, weights):
    """How well an image fits a text: over its words, the mean of the cosine with the region that fits best."""
    unit_regions, unit_words = (rows / np.linalg.norm(rows, axis=-1, keepdims=True) for rows in (regions, words))
    return sum(
        weight * max(region @ word for region in unit_regions) for word, weight in zip(unit_words, weights, strict=True)
    )


@given(data=st.data(), count=st.integers(1, 4), scale=st.sampled_from([0.5, 15.0]))
@settings(max_examples=30, deadline=None)
def test_the_alignment_loss_against_a_loop_over_words(data, count, scale):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    regions, words = (rng.normal(size=(count, places, 3)) for places in (5, 4))
    weights = rng.uniform(size=(count, 4))
    labels, captions = (np.array(data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))) for _ in "ab")
    total = 0.0
    for n in range(count):
        wrong = [m for m in range(count) if labels[m] != labels[n] and captions[m] != captions[n]]
        right = scale * aligned(regions[n], words[n], weights[n])
        texts = [scale * aligned(regions[n], words[m], weights[m]) for m in wrong]
        images = [scale * aligned(regions[m], words[n], weights[n]) for m in wrong]
        total += np.log(np.sum(np.exp([right, *texts]))) + np.log(np.sum(np.exp([right, *images]))) - 2 * right
    tensors = [tf.constant(rows, tf.float32) for rows in (regions, words, weights)]
    loss = alignment_loss(*tensors, tf.constant(labels), tf.constant(captions), scale)
    np.testing.assert_allclose(loss, total / (2 * count), rtol=1e-4, atol=1e-5)


@given(count=st.integers(1, 4), seed=st.integers(0, 1000), scale=st.sampled_from([0.5, 8.0]))
@settings(max_examples=30, deadline=None)
def test_the_loss_of_edited_words_against_a_loop_over_words(count, seed, scale):
    rng = np.random.default_rng(seed)
    regions, words, edited = (rng.normal(size=(count, *shape, 3)) for shape in [(5,), (4,), (2, 4)])
    lengths, is_edited = rng.integers(0, 5, count), rng.uniform(size=(count, 2)) < 0.5
    total = 0.0
    for n in range(count):
        there = np.arange(4) < lengths[n]
        right = scale * aligned(regions[n], words[n], there)
        wrong = [scale * aligned(regions[n], edited[n, k], there) for k in range(2) if is_edited[n, k]]
        total += np.log(np.sum(np.exp([right, *wrong]))) - right
        words[n, lengths[n] :] = edited[n, :, lengths[n] :] = 0.0
    tensors = [tf.constant(rows, tf.float32) for rows in (regions, words, edited)]
    loss = edited_words_loss(*tensors, tf.constant(is_edited), scale)
    np.testing.assert_allclose(loss, total / count, rtol=1e-4, atol=1e-5)
