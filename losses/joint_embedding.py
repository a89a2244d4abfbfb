"""Losses of two encoders whose embeddings of matching images and texts learn to agree."""

import tensorflow as tf


def joint_embedding_loss(
    image_embedding: tf.Tensor, text_embedding: tf.Tensor, labels: tf.Tensor, margin: float = 1.0
) -> tf.Tensor:
    """Symmetric hinge loss over all pairs of a batch: the matching pair must exceed every other pair by the margin.

    The deep structured joint embedding loss (Reed et al., CVPR 2016, equations 4 to 6). Compatibility is the inner
    product. The two directions are summed, each the mean over the B x B pairs, as in the authors' code. Pairs of
    different examples of the same class are not mistakes and contribute nothing.

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


def contrastive_loss(
    image_embedding: tf.Tensor,
    text_embedding: tf.Tensor,
    labels: tf.Tensor,
    captions: tf.Tensor | None = None,
    scale: float = 10.0,
    edited_embedding: tf.Tensor | None = None,
    is_edited: tf.Tensor | None = None,
) -> tf.Tensor:
    """Symmetric InfoNCE over all pairs of a batch: each image must find its text among all, and each text its image.

    Compatibility is the cosine times a fixed scale (van den Oord et al. 2018, equation 4; symmetric and on cosines as
    in Radford et al. 2021, figure 3, who learn the scale). The mean of the cross-entropies of the two directions. Pairs
    of different examples of one class, or with the same caption, are not mistakes: they are left out of the sums.

    Args:
        image_embedding: (B, D) floats, of any length.
        text_embedding: (B, D) floats, of any length; row i describes image i.
        labels: (B,) integer class labels of the pairs.
        captions: (B,) integers that tell different captions apart; None: all are different.
        scale: of the cosines; the inverse of a temperature.
        edited_embedding: (B, K, D) floats: further texts that image i, alone, must not take for its own.
        is_edited: (B, K) bool, which of them there are; None: all.

    Returns:
        A float32 scalar.
    """
    images, texts = (
        tf.math.l2_normalize(tf.cast(rows, tf.float32), axis=1) for rows in (image_embedding, text_embedding)
    )
    logits = scale * tf.matmul(images, texts, transpose_b=True)  # (image, text)
    counted = labels[:, tf.newaxis] != labels[tf.newaxis, :]
    if captions is not None:
        counted &= captions[:, tf.newaxis] != captions[tf.newaxis, :]
    counted |= tf.eye(tf.shape(logits)[0], dtype=tf.bool)
    matching = tf.linalg.diag_part(logits)
    # No cosine is below -1, so that nothing is left of these in a sum of exponentials.
    logits = tf.where(counted, logits, -scale - 100.0)
    offered = logits
    if edited_embedding is not None:
        edits = tf.math.l2_normalize(tf.cast(edited_embedding, tf.float32), axis=2)
        edited_logits = scale * tf.einsum("bd,bkd->bk", images, edits)
        if is_edited is not None:
            edited_logits = tf.where(is_edited, edited_logits, -scale - 100.0)
        offered = tf.concat([logits, edited_logits], axis=1)
    right_text = tf.reduce_logsumexp(offered, axis=1) - matching
    right_image = tf.reduce_logsumexp(logits, axis=0) - matching
    return (tf.reduce_mean(right_text) + tf.reduce_mean(right_image)) / 2.0
