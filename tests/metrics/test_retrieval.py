import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from metrics import retrieval


def world(seed: int, queries: int = 30, gallery: int = 24, dimensions: int = 5, classes: int = 3):
    """Random embeddings, with every class on both sides."""
    generator = np.random.default_rng(seed)
    return (
        generator.normal(size=(queries, dimensions)),
        np.arange(queries) % classes,
        generator.normal(size=(gallery, dimensions)),
        np.arange(gallery) % classes,
    )


def test_hand_worked_precision():
    # Class 0's mean caption is (1, 0), class 1's (0, 1). By the first number the images rank 0, 2, 3, 1; by the second
    # 1, 3, 2, 0. Of the best two, one is of class 0, and both are of class 1.
    captions = np.array([[2.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    images = np.array([[4.0, 0.0], [1.0, 3.0], [3.0, 1.0], [2.0, 2.0]])
    labels = np.array([0, 1, 1, 1])
    arguments = (captions, np.array([0, 0, 1]), images, labels)
    assert retrieval.retrieval_precision(*arguments, k=1) == 1
    assert retrieval.retrieval_precision(*arguments, k=2) == pytest.approx((1 / 2 + 1) / 2)
    assert retrieval.retrieval_precision(*arguments, k=4) == pytest.approx((1 / 4 + 3 / 4) / 2)
    assert retrieval.retrieval_precision_chance(arguments[1], labels) == pytest.approx((1 / 4 + 3 / 4) / 2)


def test_hand_worked_class_accuracy():
    # Class means (2, 0) and (0, 1): the length counts, as the score is an inner product.
    images, labels = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 1.0]]), np.array([7, 7, 9])
    captions = np.array([[1.0, 0.0], [1.0, 1.5], [0.0, 1.0], [1.0, 2.0]])
    # Scores: (2, 0) right; (2, 1.5) is of 9 and wrong; (0, 1) right; (2, 2) a draw, half right.
    assert retrieval.class_accuracy(captions, np.array([7, 9, 9, 9]), images, labels) == pytest.approx(2.5 / 4)
    assert retrieval.class_accuracy_chance(labels) == 1 / 2


def test_hand_worked_recall():
    images = np.eye(3)
    captions = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [1.0, 2.0, 3.0]])
    targets = np.array([0, 1, 0])
    assert retrieval.instance_recall(captions, images, targets, k=1) == pytest.approx(1 / 3)
    assert retrieval.instance_recall(captions, images, targets, k=2) == pytest.approx(2 / 3)
    assert retrieval.instance_recall(captions, images, targets, k=3) == 1


def test_perfect_embeddings_reach_one():
    labels = np.repeat(np.arange(4), 6)
    embeddings = np.eye(4)[labels]
    assert retrieval.retrieval_precision(embeddings, labels, embeddings, labels, k=6) == 1
    assert retrieval.class_accuracy(embeddings, labels, embeddings, labels) == 1
    assert retrieval.instance_recall(np.eye(24), np.eye(24), np.arange(24), k=1) == 1


@pytest.mark.parametrize("k", [1, 3, 24])
def test_an_encoder_that_maps_all_to_one_point_gets_exactly_chance(k):
    queries, query_labels, gallery, _ = world(0)
    # Sorted, so that a ranking that keeps the order of equal scores would be far from chance.
    gallery_labels = np.array([0] * 4 + [1] * 8 + [2] * 12)
    gallery[:] = gallery[0]
    targets = np.zeros(len(queries), np.int32)
    precision = retrieval.retrieval_precision(queries, query_labels, gallery, gallery_labels, k)
    assert precision == pytest.approx(retrieval.retrieval_precision_chance(query_labels, gallery_labels))
    accuracy = retrieval.class_accuracy(queries, query_labels, gallery, gallery_labels)
    assert accuracy == pytest.approx(retrieval.class_accuracy_chance(gallery_labels))
    recall = retrieval.instance_recall(queries, gallery, targets, k)
    assert recall == pytest.approx(retrieval.instance_recall_chance(len(gallery), k))


def test_chance_levels_are_what_random_embeddings_reach():
    precisions, accuracies, recalls = [], [], []
    gallery_labels = np.array([0] * 4 + [1] * 8 + [2] * 12)
    for seed in range(400):
        queries, query_labels, gallery, _ = world(seed)
        targets = np.arange(len(queries)) % len(gallery)
        precisions.append(retrieval.retrieval_precision(queries, query_labels, gallery, gallery_labels, k=5))
        accuracies.append(retrieval.class_accuracy(queries, query_labels, gallery, gallery_labels))
        recalls.append(retrieval.instance_recall(queries, gallery, targets, k=5))
    for measured, chance in (
        (precisions, retrieval.retrieval_precision_chance(query_labels, gallery_labels)),
        (accuracies, retrieval.class_accuracy_chance(gallery_labels)),
        (recalls, retrieval.instance_recall_chance(24, 5)),
    ):
        assert np.mean(measured) == pytest.approx(chance, abs=4 * np.std(measured) / np.sqrt(len(measured)))


@hypothesis.settings(deadline=None, max_examples=30)
@hypothesis.given(strategies.integers(0, 2**32 - 1), strategies.integers(1, 24), strategies.floats(0.01, 100))
def test_order_rotation_and_scale_do_not_matter(seed, k, scale):
    queries, query_labels, gallery, gallery_labels = world(seed)
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, len(gallery), len(queries))
    rotation, _ = np.linalg.qr(generator.normal(size=(5, 5)))
    query_order, gallery_order = generator.permutation(len(queries)), generator.permutation(len(gallery))
    moved = (
        scale * queries[query_order] @ rotation,
        query_labels[query_order] + 10,
        gallery[gallery_order] @ rotation,
        gallery_labels[gallery_order] + 10,
    )
    unmoved = (queries, query_labels, gallery, gallery_labels)
    precision = retrieval.retrieval_precision(*unmoved, k)
    assert retrieval.retrieval_precision(*moved, k) == pytest.approx(precision)
    assert retrieval.class_accuracy(*moved) == pytest.approx(retrieval.class_accuracy(*unmoved))
    recall = retrieval.instance_recall(queries, gallery, targets, k)
    moved_targets = np.argsort(gallery_order)[targets[query_order]]
    assert retrieval.instance_recall(moved[0], moved[2], moved_targets, k) == pytest.approx(recall)


def test_recall_is_the_same_over_more_queries_than_a_block_holds():
    queries, _, gallery, _ = world(3, queries=2500)
    targets = np.arange(2500) % 24
    ranks = np.argsort(np.argsort(-queries @ gallery.T, axis=1), axis=1)[np.arange(2500), targets]
    assert retrieval.instance_recall(queries, gallery, targets, k=4) == pytest.approx(np.mean(ranks < 4))


def test_errors_name_the_argument_and_what_was_received():
    queries, query_labels, gallery, gallery_labels = world(0)
    with pytest.raises(ValueError, match=r"k must be 1 to 24.* Received: 50"):
        retrieval.retrieval_precision(queries, query_labels, gallery, gallery_labels)
    with pytest.raises(ValueError, match=r"Received: shapes \(30, 4\) and \(24, 5\)"):
        retrieval.class_accuracy(queries[:, :4], query_labels, gallery, gallery_labels)
    with pytest.raises(ValueError, match=r"gallery_labels must hold every class .* \[2\]"):
        retrieval.class_accuracy(queries, query_labels, gallery, np.minimum(gallery_labels, 1))
    with pytest.raises(ValueError, match=r"query_labels must be \(30,\) integers. Received: .* float64"):
        retrieval.class_accuracy(queries, query_labels * 1.0, gallery, gallery_labels)
    with pytest.raises(ValueError, match=r"query_targets must be rows of the gallery, 0 to 23. Received: 0 to 29"):
        retrieval.instance_recall(queries, gallery, np.arange(30), k=1)
    with pytest.raises(ValueError, match="query_embeddings must be finite"):
        retrieval.instance_recall(np.full((1, 5), np.nan), gallery, np.array([0]), k=1)


def test_hand_worked_r_precision():
    # Of the four captions the first three are of class 0 to 2; the last is of class 0, like the first image.
    captions, classes = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [9.0, 9.0]]), np.array([0, 1, 2, 0])
    images = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.5]])
    # The first image: 0 against 1 and 0, wrong. The second, of class 1: 1 against two of 0, 0 and 9. The third: 2
    # against two of 1, 0.5 and 13.5.
    targets, labels = np.array([0, 1, 2]), np.array([0, 1, 2])
    share, error = retrieval.r_precision(images[:1], captions, targets[:1], labels[:1], classes, mismatches=2)
    assert (share, error) == (0, 0)
    # Without the last caption both others are right.
    found = retrieval.r_precision(images, captions[:3], targets, labels, classes[:3], mismatches=2)
    assert found == (pytest.approx(2 / 3), pytest.approx(np.std([0, 1, 1]) / np.sqrt(3)))


def test_r_precision_is_against_captions_of_other_classes_alone_each_drawn_once():
    # Ten captions of the own class fit better than the own one; of ten others, one does.
    captions = np.concatenate([[[1.0]], np.full((10, 1), 5.0), [[3.0]], np.zeros((9, 1))])
    classes = np.repeat([0, 1], [11, 10])
    images, targets, labels = np.ones((4000, 1)), np.zeros(4000, int), np.zeros(4000, int)
    arguments = (images, captions, targets, labels, classes)
    share, error = retrieval.r_precision(*arguments, mismatches=3)
    # That one is among three of ten with probability 0.3 (drawn with replacement, 0.271).
    assert share == pytest.approx(0.7, abs=0.02)
    assert error == pytest.approx(np.sqrt(0.7 * 0.3 / 4000), rel=0.05)
    assert retrieval.r_precision(*arguments, mismatches=10) == (0, 0)
    assert retrieval.r_precision(*arguments, mismatches=3, seed=1) != (share, error)
    with pytest.raises(ValueError, match=r"mismatches must be 1 to 10, .* Received: 11"):
        retrieval.r_precision(*arguments, mismatches=11)


def test_r_precision_of_an_encoder_that_maps_all_to_one_point_is_chance():
    labels = np.arange(200) % 4
    share, _ = retrieval.r_precision(np.ones((20, 3)), np.ones((200, 3)), np.arange(20), labels[:20], labels)
    assert share == pytest.approx(1 / 100)
