import hypothesis
import numpy as np
import pytest
import scipy.linalg
from hypothesis import strategies

from metrics import frechet


def whitened(generator: np.random.Generator, rows: int, dimensions: int) -> np.ndarray:
    """Rows whose sample mean is zero and whose sample covariance is the identity, both exactly."""
    columns = generator.normal(size=(rows, dimensions))
    orthogonal, _ = np.linalg.qr(columns - columns.mean(axis=0))
    return orthogonal * np.sqrt(rows - 1)


def test_hand_worked_distance_in_one_dimension():
    # Means 0 and 3; variances ((-1)^2 + 1^2) / 1 = 2 and 8: 9 + 2 + 8 - 2 sqrt 16 = 11.
    assert frechet.frechet_distance([[-1.0], [1.0]], [[1.0], [5.0]]) == pytest.approx(11)


def test_closed_form_of_diagonal_gaussians():
    generator = np.random.default_rng(0)
    mean_a, mean_b = generator.normal(size=(2, 16))
    deviation_a, deviation_b = generator.uniform(0, 3, (2, 16))
    features_a = mean_a + deviation_a * whitened(generator, 100, 16)
    features_b = mean_b + deviation_b * whitened(generator, 70, 16)
    expected = np.sum((mean_a - mean_b) ** 2) + np.sum((deviation_a - deviation_b) ** 2)
    assert frechet.frechet_distance(features_a, features_b) == pytest.approx(expected)


def test_equals_the_matrix_square_root_of_the_definition():
    generator = np.random.default_rng(1)
    features_a = generator.normal(size=(60, 10)) @ generator.normal(size=(10, 10))
    features_b = generator.normal(size=(50, 10)) @ generator.normal(size=(10, 10)) + 1
    covariance_a, covariance_b = np.cov(features_a, rowvar=False), np.cov(features_b, rowvar=False)
    root = scipy.linalg.sqrtm(covariance_a @ covariance_b).real
    expected = np.sum((features_a.mean(0) - features_b.mean(0)) ** 2)
    expected += np.trace(covariance_a + covariance_b - 2 * root)
    assert frechet.frechet_distance(features_a, features_b) == pytest.approx(expected)


@pytest.mark.parametrize(("rows", "dimensions"), [(500, 32), (20, 300), (2, 5)])
def test_identical_sets_are_at_zero_even_with_singular_covariances(rows, dimensions):
    features = 100 * np.random.default_rng(2).normal(size=(rows, dimensions)).astype(np.float32)
    scale = float(np.var(features, axis=0).sum())
    assert frechet.frechet_distance(features, features[::-1]) == pytest.approx(0, abs=1e-10 * scale)


@hypothesis.settings(deadline=None, max_examples=30)
@hypothesis.given(strategies.integers(0, 2**32 - 1))
def test_symmetric_and_unmoved_by_order_offset_and_rotation(seed):
    generator = np.random.default_rng(seed)
    features_a, features_b = generator.normal(size=(9, 6)), 2 * generator.normal(size=(12, 6)) + 1
    rotation, _ = np.linalg.qr(generator.normal(size=(6, 6)))
    distance = frechet.frechet_distance(features_a, features_b)
    assert distance > 0
    assert frechet.frechet_distance(features_b, features_a) == pytest.approx(distance)
    assert frechet.frechet_distance(generator.permutation(features_a), features_b) == pytest.approx(distance)
    moved = frechet.frechet_distance(features_a @ rotation - 5, features_b @ rotation - 5)
    assert moved == pytest.approx(distance)


@pytest.mark.parametrize(
    ("features_a", "features_b", "message"),
    [
        (np.zeros((1, 4)), np.zeros((9, 4)), r"features_a must .* at least 2 rows. Received: shape \(1, 4\)"),
        (np.zeros((9, 4)), np.zeros((9, 4, 4)), r"features_b must .* Received: shape \(9, 4, 4\)"),
        (np.zeros((9, 4)), np.zeros((9, 5)), "same d. Received: 4 and 5"),
        (np.zeros((9, 4)), np.full((9, 4), np.inf), "features_b must be finite"),
    ],
)
def test_errors_name_the_argument(features_a, features_b, message):
    with pytest.raises(ValueError, match=message):
        frechet.frechet_distance(features_a, features_b)
