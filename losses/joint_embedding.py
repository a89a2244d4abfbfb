"""Losses of two encoders whose embeddings of matching images and texts learn to agree."""

import tensorflow as tf

# So low that nothing is left of it in a sum of exponentials, and no infinity, whose gradient would be undefined.
LEFT_OUT = -1e9


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
    images, texts = (unit_length(rows) for rows in (image_embedding, text_embedding))
    edited_logits = None
    if edited_embedding is not None:
        edited_logits = scale * tf.einsum("bd,bkd->bk", images, unit_length(edited_embedding))
    counted = counted_pairs(labels, captions)
    return cross_entropy_of_pairs(scale * tf.matmul(images, texts, transpose_b=True), counted, edited_logits, is_edited)


def alignment_loss(
    regions: tf.Tensor,
    words: tf.Tensor,
    weights: tf.Tensor,
    labels: tf.Tensor,
    captions: tf.Tensor | None = None,
    scale: float = 15.0,
) -> tf.Tensor:
    """`contrastive_loss` where an image and a text are compared word by word (Yao et al. 2022, FILIP, equation 5).

    Compatibility is the weighted mean, over the words, of the cosine with the region of the image that fits the word
    best. A weight of its own for each word is this project's.

    Args:
        regions: (B, R, D) floats, of any length.
        words: (B, T, D) floats, of any length; row i is of the text of image i.
        weights: (B, T) floats that are 0 where there is no word, with sum 1.
        labels: (B,) integer class labels of the pairs.
        captions: (B,) integers that tell different captions apart; None: all are different.
        scale: of the cosines.

    Returns:
        A float32 scalar.
    """
    best = tf.reduce_max(tf.einsum("ird,ctd->ictr", unit_length(regions), unit_length(words)), axis=3)
    logits = scale * tf.einsum("ict,ct->ic", best, weights)
    return cross_entropy_of_pairs(logits, counted_pairs(labels, captions), None, None)


def edited_words_loss(
    regions: tf.Tensor, words: tf.Tensor, edited_words: tf.Tensor, is_edited: tf.Tensor, scale: float = 8.0
) -> tf.Tensor:
    """Cross-entropy of telling the words of a caption from the same with one exchanged, by the regions of the image.

    As in `alignment_loss` the best region of each word is looked at, but here all words count alike, so that an edit is
    seen by the words that it changes, however little they say of most images: where they learn how much they count, the
    small parts of a bird count for little. (Hard negatives by words: Yuksekgonul et al. 2023; the sum is this
    project's.)

    Args:
        regions: (B, R, D) floats, of any length.
        words: (B, T, D) floats; row i is of the text of image i; 0 where there is no word.
        edited_words: (B, K, T, D) of K edits of that text.
        is_edited: (B, K) bool, which of them there are; a text without edits counts as told.
        scale: of the cosines.

    Returns:
        A float32 scalar.
    """
    regions = unit_length(regions)
    best = tf.reduce_max(tf.einsum("ird,itd->itr", regions, unit_length(words)), axis=2)
    matching = scale * tf.reduce_sum(best, axis=1)
    best = tf.reduce_max(tf.einsum("ird,iktd->iktr", regions, unit_length(edited_words)), axis=3)
    edited = tf.where(is_edited, scale * tf.reduce_sum(best, axis=2), LEFT_OUT)
    offered = tf.concat([matching[:, tf.newaxis], edited], axis=1)
    return tf.reduce_mean(tf.reduce_logsumexp(offered, axis=1) - matching)


def unit_length(rows: tf.Tensor) -> tf.Tensor:
    """(..., D) divided by their lengths, in float32."""
    return tf.math.l2_normalize(tf.cast(rows, tf.float32), axis=-1)


def counted_pairs(labels: tf.Tensor, captions: tf.Tensor | None) -> tf.Tensor:
    """(B, B) bool: the matching pairs, and those of different classes and captions."""
    counted = labels[:, tf.newaxis] != labels[tf.newaxis, :]
    if captions is not None:
        counted &= captions[:, tf.newaxis] != captions[tf.newaxis, :]
    return counted | tf.eye(tf.shape(labels)[0], dtype=tf.bool)


def cross_entropy_of_pairs(
    logits: tf.Tensor, counted: tf.Tensor, edited_logits: tf.Tensor | None, is_edited: tf.Tensor | None
) -> tf.Tensor:
    """The mean of the cross-entropies of finding the text of each image, and the image of each text.

    Args:
        logits: (B, B) of images by texts, of which those at the same place match.
        counted: (B, B) bool, which of them are in the sums.
        edited_logits: (B, K) of each image and further texts, all wrong; None: none.
        is_edited: (B, K) bool, which of these are in the sums; None: all.
    """
    matching = tf.linalg.diag_part(logits)
    logits = tf.where(counted, logits, LEFT_OUT)
    offered = logits
    if edited_logits is not None:
        if is_edited is not None:
            edited_logits = tf.where(is_edited, edited_logits, LEFT_OUT)
        offered = tf.concat([logits, edited_logits], axis=1)
    right_text = tf.reduce_logsumexp(offered, axis=1) - matching
    right_image = tf.reduce_logsumexp(logits, axis=0) - matching
    return (tf.reduce_mean(right_text) + tf.reduce_mean(right_image)) / 2.0
