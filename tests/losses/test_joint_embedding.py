import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from losses import joint_embedding_loss


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
