import numpy as np
import pytest

from metrics.neighbors import closest_and_others, memorization_figures, nearest


def test_the_nearest_are_those_of_all_distances():
    rng = np.random.default_rng(0)
    queries, gallery = rng.normal(size=(600, 5)), rng.normal(size=(70, 5))
    indices, distances = nearest(queries, gallery, 3)
    every = np.sqrt(((queries[:, None] - gallery) ** 2).mean(axis=2))
    np.testing.assert_array_equal(indices, np.argsort(every, axis=1)[:, :3])
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :3], rtol=1e-9)
    assert nearest(queries, gallery[:2], 3)[0].shape == (600, 2)


def test_half_of_a_picture_are_the_nearest_and_no_row_is_shown_twice():
    distances = np.array([5.0, 1.0, 4.0, 0.0, 3.0])
    assert closest_and_others(distances, 3).tolist() == [3, 1, 0]
    assert closest_and_others(distances, 4).tolist() == [3, 1, 0, 2]
    assert sorted(closest_and_others(distances, 9).tolist()) == [0, 1, 2, 3, 4]


def test_medians_over_samples_and_over_unseen_images():
    training = np.array([[0.0], [10.0], [20.0]])
    # At 0.5, 1, 1 and 4 from the nearest training image; unseen ones at 1, 2 and 5.
    figures = memorization_figures(np.array([[0.5], [9.0], [21.0], [24.0]]), np.array([[1.0], [12.0], [5.0]]), training)
    assert figures["training_distance"] == 1.0
    assert figures["training_distance_of_unseen"] == 2.0
    assert figures["memorization_ratio"] == 0.5
    # The first hundredth of 1, 2 and 5 is 1.02.
    assert figures["nearer_to_training_than_unseen"] == 0.75


def test_copies_are_told_from_new_images():
    rng = np.random.default_rng(0)
    training, unseen, new = (rng.normal(size=(count, 8)) for count in (2000, 400, 400))
    copied = memorization_figures(training[:400] + 1e-4 * rng.normal(size=(400, 8)), unseen, training)
    assert copied["memorization_ratio"] < 0.01
    assert copied["nearer_to_training_than_unseen"] == 1.0
    drawn = memorization_figures(new, unseen, training)
    assert drawn["memorization_ratio"] == pytest.approx(1.0, abs=0.05)
    assert drawn["nearer_to_training_than_unseen"] < 0.04
    assert np.isnan(memorization_figures(new, training[:50], training)["memorization_ratio"])
