"""What an energy-based GAN adds to its losses (Zhao et al. 2017)."""

import tensorflow as tf


def pulling_away_term(codes: tf.Tensor) -> tf.Tensor:
    """Zhao et al. 2017, equation 4: the mean squared cosine of all pairs of codes of different images.

    1 where all codes have one direction, 0 where all are at right angles.

    Args:
        codes: (N, D) of this replica's images, N at least 2.

    Returns:
        A float32 scalar.
    """
    unit = tf.math.l2_normalize(tf.cast(codes, tf.float32), axis=1)
    count = tf.cast(tf.shape(unit)[0], tf.float32)
    squares = tf.square(tf.matmul(unit, unit, transpose_b=True))
    return (tf.reduce_sum(squares) - tf.reduce_sum(tf.linalg.diag_part(squares))) / (count * (count - 1.0))
