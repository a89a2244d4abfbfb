"""Retrieval between captions and images by the inner product of their embeddings, and the level of chance.

Equal scores are ranked at random and the expectation is returned, so that an encoder that maps everything to one point
gets exactly the chance level, in whatever order the examples come.
"""

import numpy as np

# Scores closer than this share of the row's largest are equal: a matrix product of equal rows may differ in last bits.
_TOLERANCE = 1e-9

# Rows of the score matrix in memory at a time.
_BLOCK = 1024

# Captions of other classes that the own one is ranked among.
MISMATCHES = 99


def retrieval_precision(
    query_embeddings: np.ndarray,
    query_labels: np.ndarray,
    gallery_embeddings: np.ndarray,
    gallery_labels: np.ndarray,
    k: int = 50,
) -> float:
    """Returns the share of the k best images for a class's mean caption that are of that class, averaged over classes.

    With k = 50 it is "AP@50" of Reed et al., CVPR 2016, section 5 (util_retrieval.lua of their code). A class with
    fewer than k images cannot reach 1.

    Args:
        query_embeddings: (q, d) floating point, of captions.
        query_labels: (q,) integers, the class of each caption.
        gallery_embeddings: (g, d) floating point, of images.
        gallery_labels: (g,) integers, the class of each image.
        k: the number of best images that count, 1 to g.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: an argument of the wrong shape, values that are not finite, a caption's class without an image, or k
            out of range.
    """
    queries, gallery = _checked_embeddings(query_embeddings, gallery_embeddings)
    query_labels, gallery_labels = _checked_labels(query_labels, len(queries), gallery_labels, len(gallery))
    _check_k(k, len(gallery))
    classes, means = _class_means(queries, query_labels)
    scores = means @ gallery.T
    threshold = np.partition(scores, len(gallery) - k, axis=1)[:, len(gallery) - k, None]
    above, equal = _compare(scores, threshold)
    matching = classes[:, None] == gallery_labels[None, :]
    places_left = k - above.sum(axis=1)
    found = (matching & above).sum(axis=1) + places_left * (matching & equal).sum(axis=1) / equal.sum(axis=1)
    return float(np.mean(found / k))


def retrieval_precision_chance(query_labels: np.ndarray, gallery_labels: np.ndarray) -> float:
    """Returns the expectation of `retrieval_precision` for a random ranking, the same for every k.

    Args:
        query_labels: (q,) integers.
        gallery_labels: (g,) integers.

    Returns:
        The share of the gallery that is of a query's class, averaged over the classes among the queries.

    Raises:
        ValueError: as in `retrieval_precision`.
    """
    query_labels, gallery_labels = _checked_labels(query_labels, None, gallery_labels, None)
    return float(np.mean([np.mean(gallery_labels == label) for label in np.unique(query_labels)]))


def class_accuracy(
    query_embeddings: np.ndarray,
    query_labels: np.ndarray,
    gallery_embeddings: np.ndarray,
    gallery_labels: np.ndarray,
) -> float:
    """Returns the share of the queries whose best class, by the gallery's mean embedding of each class, is their own.

    With captions as queries and images as gallery it classifies captions; with images as queries and captions as
    gallery it is the zero-shot classification of Reed et al., CVPR 2016, section 5.

    Args:
        query_embeddings: (q, d) floating point.
        query_labels: (q,) integers.
        gallery_embeddings: (g, d) floating point.
        gallery_labels: (g,) integers; every query's class is among them.

    Returns:
        A number in [0, 1]; chance is `class_accuracy_chance(gallery_labels)`.

    Raises:
        ValueError: an argument of the wrong shape, values that are not finite, or a query's class without an example in
            the gallery.
    """
    queries, gallery = _checked_embeddings(query_embeddings, gallery_embeddings)
    query_labels, gallery_labels = _checked_labels(query_labels, len(queries), gallery_labels, len(gallery))
    classes, means = _class_means(gallery, gallery_labels)
    scores = queries @ means.T
    _, best = _compare(scores, scores.max(axis=1, keepdims=True))
    own_class_is_best = best[np.arange(len(queries)), np.searchsorted(classes, query_labels)]
    return float(np.mean(own_class_is_best / best.sum(axis=1)))


def class_accuracy_chance(gallery_labels: np.ndarray) -> float:
    """Returns the expectation of `class_accuracy` for guesses: 1 over the number of classes among the (g,) labels."""
    return 1 / len(np.unique(gallery_labels))


def instance_recall(
    query_embeddings: np.ndarray, gallery_embeddings: np.ndarray, query_targets: np.ndarray, k: int
) -> float:
    """Returns the share of the captions whose own image is among their k best: "R@k", for datasets without classes.

    Args:
        query_embeddings: (q, d) floating point, of captions.
        gallery_embeddings: (g, d) floating point, of images.
        query_targets: (q,) integers, for each caption the row of its image in the gallery.
        k: the number of best images that count, 1 to g.

    Returns:
        A number in [0, 1]; chance is `instance_recall_chance(g, k)`.

    Raises:
        ValueError: an argument of the wrong shape, values that are not finite, or a row or k out of range.
    """
    queries, gallery = _checked_embeddings(query_embeddings, gallery_embeddings)
    targets = _integers("query_targets", query_targets, len(queries))
    if targets.min() < 0 or targets.max() >= len(gallery):
        raise ValueError(
            f"query_targets must be rows of the gallery, 0 to {len(gallery) - 1}. "
            f"Received: {targets.min()} to {targets.max()}"
        )
    _check_k(k, len(gallery))
    found = 0.0
    for start in range(0, len(queries), _BLOCK):
        block = slice(start, start + _BLOCK)
        scores = queries[block] @ gallery.T
        above, equal = _compare(scores, np.take_along_axis(scores, targets[block, None], axis=1))
        found += np.clip((k - above.sum(axis=1)) / equal.sum(axis=1), 0, 1).sum()
    return float(found / len(queries))


def instance_recall_chance(gallery_size: int, k: int) -> float:
    """Returns the expectation of `instance_recall` for a random ranking of `gallery_size` images: k over their number.

    Args:
        gallery_size: g, at least 1.
        k: 1 to g.

    Raises:
        ValueError: k is out of range.
    """
    _check_k(k, gallery_size)
    return k / gallery_size


def r_precision(
    image_embeddings: np.ndarray,
    caption_embeddings: np.ndarray,
    targets: np.ndarray,
    image_labels: np.ndarray,
    caption_labels: np.ndarray,
    mismatches: int = MISMATCHES,
    seed: int = 0,
) -> tuple[float, float]:
    """Returns the share of the images whose own caption fits them best among it and random ones of other classes.

    Xu et al. 2018 (AttnGAN), section 4.1: 1 matching caption against 99, the most alike one counts. Here the 99 are of
    other classes, so that none of them describes the image as well.

    Args:
        image_embeddings: (n, d) floating point, of (generated) images.
        caption_embeddings: (m, d) floating point, of all captions that are drawn from.
        targets: (n,) integers, for each image the row of its own caption.
        image_labels: (n,) integers, the class of each image.
        caption_labels: (m,) integers, the class of each caption.
        mismatches: captions beside the own one, drawn without replacement.
        seed: of the draws.

    Returns:
        A number in [0, 1], and its standard error over the images; chance is 1 / (mismatches + 1).

    Raises:
        ValueError: an argument of the wrong shape, values that are not finite, or too few captions of other classes.
    """
    images, captions = _checked_embeddings(image_embeddings, caption_embeddings)
    targets = _integers("targets", targets, len(images))
    image_labels = _integers("image_labels", image_labels, len(images))
    caption_labels = _integers("caption_labels", caption_labels, len(captions))
    others = {label: np.flatnonzero(caption_labels != label) for label in np.unique(image_labels)}
    fewest = min(map(len, others.values()))
    if not 1 <= mismatches <= fewest:
        raise ValueError(
            f"mismatches must be 1 to {fewest}, the captions of other classes than an image's. Received: {mismatches}"
        )
    rng = np.random.default_rng(seed)
    rows = [
        np.concatenate([[target], rng.choice(others[label], mismatches, replace=False)])
        for target, label in zip(targets, image_labels, strict=True)
    ]
    scores = np.stack([captions[row] @ image for row, image in zip(rows, images, strict=True)])
    above, equal = _compare(scores, scores[:, :1])
    found = ~above.any(axis=1) / equal.sum(axis=1)
    return float(found.mean()), float(found.std() / np.sqrt(len(found)))


def _compare(scores: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns two (rows, columns) bools: where a score is above its row's reference (rows, 1), where it equals it."""
    tolerance = _TOLERANCE * np.abs(scores).max(axis=1, keepdims=True)
    above = scores > reference + tolerance
    return above, ~above & (scores >= reference - tolerance)


def _class_means(embeddings: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the sorted classes (c,) and the mean embedding of each (c, d)."""
    classes = np.unique(labels)
    return classes, np.stack([embeddings[labels == label].mean(axis=0) for label in classes])


def _checked_embeddings(queries: np.ndarray, gallery: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    queries, gallery = np.asarray(queries, np.float64), np.asarray(gallery, np.float64)
    if (
        queries.ndim != 2
        or gallery.ndim != 2
        or queries.shape[1] != gallery.shape[1]
        or not queries.size * gallery.size
    ):
        raise ValueError(
            "query_embeddings and gallery_embeddings must be (q, d) and (g, d), none empty. "
            f"Received: shapes {queries.shape} and {gallery.shape}"
        )
    for name, embeddings in (("query_embeddings", queries), ("gallery_embeddings", gallery)):
        if not np.isfinite(embeddings).all():
            raise ValueError(f"{name} must be finite. Received: NaN or infinity")
    return queries, gallery


def _checked_labels(
    query_labels: np.ndarray, queries: int | None, gallery_labels: np.ndarray, gallery: int | None
) -> tuple[np.ndarray, np.ndarray]:
    query_labels = _integers("query_labels", query_labels, queries)
    gallery_labels = _integers("gallery_labels", gallery_labels, gallery)
    missing = np.setdiff1d(query_labels, gallery_labels)
    if missing.size:
        raise ValueError(f"gallery_labels must hold every class of query_labels. Received: no {missing[:5].tolist()}")
    return query_labels, gallery_labels


def _integers(name: str, values: np.ndarray, count: int | None) -> np.ndarray:
    values = np.asarray(values)
    if values.ndim != 1 or not values.size or values.dtype.kind not in "iu" or count not in (None, len(values)):
        rows = "n" if count is None else count
        raise ValueError(f"{name} must be ({rows},) integers. Received: shape {values.shape} of {values.dtype}")
    return values


def _check_k(k: int, gallery_size: int) -> None:
    if not 1 <= k <= gallery_size:
        raise ValueError(f"k must be 1 to {gallery_size}, the number of images in the gallery. Received: {k}")
