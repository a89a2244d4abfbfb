import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

from metrics import frechet, kernel
from tests.metrics import reference


def features(seed: int, rows: int, dimensions: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.3 * seed, 1 + seed, (rows, dimensions))


def test_hand_worked_in_one_dimension():
    # Kernels: within a (0 * 1 + 1)^3 = 1, within b (2 * 3 + 1)^3 = 343; across 1, 1, 3^3 and 4^3.
    assert kernel.squared_discrepancy([[0.0], [1.0]], [[2.0], [3.0]]) == pytest.approx(
        1 + 343 - 2 * (1 + 1 + 27 + 64) / 4
    )


def test_equals_the_sums_over_pairs_and_another_librarys_kernel():
    a, b = features(0, 12), features(1, 9)
    value = kernel.squared_discrepancy(a, b)
    assert value == pytest.approx(reference.kernel_discrepancy(a, b), abs=1e-6)
    within = [polynomial_kernel(rows)[~np.eye(len(rows), dtype=bool)].mean() for rows in (a, b)]
    assert value == pytest.approx(sum(within) - 2 * polynomial_kernel(a, b).mean(), abs=1e-6)


def test_the_mean_over_subsets_is_of_rows_drawn_without_replacement():
    a, b = features(0, 12), features(1, 12)
    # A subset of all rows is all rows, so that every subset gives the same.
    mean, deviation = kernel.kernel_distance(a, b, subsets=3, size=12)
    assert mean == pytest.approx(kernel.squared_discrepancy(a, b))
    assert deviation == pytest.approx(0, abs=1e-9)
    many = kernel.kernel_distance(a, b, subsets=4000, size=6)
    assert many[0] == pytest.approx(mean, abs=4 * many[1] / np.sqrt(4000))
    assert many[1] > 0.1 * abs(mean)


def test_the_draws_are_a_function_of_the_seed():
    a, b = features(0, 40), features(1, 40)
    first, again, other = (kernel.kernel_distance(a, b, 5, 10, seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other


@pytest.mark.parametrize("rows", [5, 40])
def test_it_is_unbiased_at_any_number_of_rows_by_the_closed_form_of_two_gaussians(rows):
    # In one dimension the kernel is 1 + 3 xy + 3 x^2 y^2 + x^3 y^3, so the distance is one of moments.
    difference = reference.gaussian_moments(0.0, 1.0) - reference.gaussian_moments(0.5, 1.2)
    expected = np.sum(np.array([3, 3, 1]) * difference**2)
    rng, times = np.random.default_rng(0), 1500
    a, b = rng.normal(0, 1, (times, rows, 1)), rng.normal(0.5, 1.2, (times, rows, 1))
    values = [kernel.squared_discrepancy(*pair) for pair in zip(a, b, strict=True)]
    assert np.mean(values) == pytest.approx(expected, abs=4 * np.std(values) / np.sqrt(times))


def test_of_one_distribution_the_kernel_distance_is_around_zero_where_the_frechet_distance_falls_as_rows_grow():
    rng, frechet_means, kernel_means = np.random.default_rng(1), [], []
    for rows in (16, 64, 256):
        pairs = rng.normal(size=(24, 2, rows, 8))
        frechet_means.append(np.mean([frechet.frechet_distance(*pair) for pair in pairs]))
        values = [kernel.squared_discrepancy(*pair) for pair in pairs]
        kernel_means.append(np.mean(values) / (np.std(values) / np.sqrt(len(values))))
    # The bias of the Frechet distance is about proportional to 1 / n.
    assert frechet_means[0] > 3 * frechet_means[1] > 9 * frechet_means[2] > 0
    assert np.abs(kernel_means).max() < 3.5


def test_a_subset_is_a_thousand_or_half_of_what_there_is():
    assert [kernel.subset_size(*rows) for rows in ((10_000, 5_000), (1_500, 9_000), (7, 100))] == [1000, 750, 3]


@pytest.mark.parametrize(
    ("a", "b", "size", "message"),
    [
        (np.zeros((9, 4)), np.zeros((5, 4)), 6, r"size must be 2 to 5, .* Received: size 6"),
        (np.zeros((9, 4)), np.zeros((9, 5)), 2, r"Received: shapes \(9, 4\) and \(9, 5\)"),
        (np.zeros((9, 4)), np.full((9, 4), np.nan), 2, "must be finite"),
    ],
)
def test_what_is_refused(a, b, size, message):
    with pytest.raises(ValueError, match=message):
        kernel.kernel_distance(a, b, size=size)
