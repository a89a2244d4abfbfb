"""The deep structured joint embedding loss (Reed et al., CVPR 2016, equations 4 to 6)."""

import tensorflow as tf


def joint_embedding_loss(
    image_embedding: tf.Tensor, text_embedding: tf.Tensor, labels: tf.Tensor, margin: float = 1.0
) -> tf.Tensor:
    """Symmetric hinge loss over all pairs of a batch: the matching pair must exceed every other pair by the margin.

    Compatibility is the inner product. The two directions are summed, each the mean over the B x B pairs, as in the
    authors' code. Pairs of different examples of the same class are not mistakes and contribute nothing.

    Args:
        image_embedding: (B, D) floats.
        text_embedding: (B, D) floats; row i describes image i.
        labels: (B,) integer class labels of the pairs.
        margin: by how much the matching pair must exceed the others.

    Returns:
        A float32 scalar.
    """
    scores = tf.matmul(
        tf.cast(image_embedding, tf.float32), tf.cast(text_embedding, tf.float32), transpose_b=True
    )  # (image, text)
    matching = tf.linalg.diag_part(scores)
    counts = tf.cast(labels[:, tf.newaxis] != labels[tf.newaxis, :], tf.float32)
    wrong_text = tf.nn.relu(margin + scores - matching[:, tf.newaxis])
    wrong_image = tf.nn.relu(margin + scores - matching[tf.newaxis, :])
    return tf.reduce_mean(counts * wrong_text) + tf.reduce_mean(counts * wrong_image)
