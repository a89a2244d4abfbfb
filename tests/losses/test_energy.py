"""The pulling-away term by hand, and what it pulls."""

import numpy as np
import pytest
import tensorflow as tf

from losses import pulling_away_term
from metrics.diversity import mean_squared_cosine


def test_numbers_worked_by_hand():
    # Cosines of 0, 0.6 and 0.8, whatever the lengths.
    codes = np.array([[2.0, 0.0], [0.0, 5.0], [0.6, 0.8]])
    expected = (0 + 0.36 + 0.64) / 3
    assert float(pulling_away_term(tf.constant(codes))) == pytest.approx(expected, rel=1e-5)
    assert mean_squared_cosine(codes) == pytest.approx(expected, rel=1e-9)
    same = np.ones((4, 3))
    assert float(pulling_away_term(tf.constant(same))) == pytest.approx(1.0, rel=1e-5)
    assert mean_squared_cosine(same) == pytest.approx(1.0)
    assert float(pulling_away_term(tf.eye(5))) == pytest.approx(0.0, abs=1e-6)
    assert np.isnan(mean_squared_cosine(np.ones((1, 3))))


def test_codes_are_pulled_apart():
    codes = tf.Variable(np.random.default_rng(0).uniform(0.5, 1.0, (4, 8)), dtype=tf.float32)
    before = mean_squared_cosine(codes.numpy())
    for _ in range(200):
        with tf.GradientTape() as tape:
            loss = pulling_away_term(codes)
        codes.assign_sub(tape.gradient(loss, codes))
    assert before > 0.9
    assert mean_squared_cosine(codes.numpy()) < 0.1
