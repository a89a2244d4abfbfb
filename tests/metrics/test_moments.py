import numpy as np
import pytest

from metrics.frechet import frechet_distance, moments_distance
from metrics.moments import Moments
from tests.metrics import reference


def rows(seed: int = 0, count: int = 103, offset: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return offset + rng.normal(size=(count, 5)) @ rng.normal(size=(5, 5))


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_batches_of_any_sizes_give_the_mean_and_covariance_of_all_rows(offset):
    features, moments = rows(offset=offset), Moments(5)
    for batch in np.split(features, [1, 1, 40, 102]):
        moments.add(batch)
    assert moments.count == len(features)
    np.testing.assert_allclose(moments.mean, features.mean(axis=0), rtol=1e-12)
    # The sum of squares of numbers near a million would have lost them.
    np.testing.assert_allclose(moments.covariance, np.cov(features - offset, rowvar=False), atol=1e-6)


def test_parts_are_merged():
    features = rows(offset=3.0)
    parts = [Moments.of(part) for part in np.split(features, [30, 31])]
    parts[0].merge(Moments(5))
    for part in parts[1:]:
        parts[0].merge(part)
    assert parts[0].count == len(features)
    np.testing.assert_allclose(parts[0].mean, features.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(parts[0].covariance, np.cov(features, rowvar=False), atol=1e-12)


def test_the_frechet_distance_of_streamed_moments_is_that_of_all_rows():
    a, b = rows(0), rows(1, 80, 1.0)
    streamed = Moments(5)
    for batch in np.array_split(a, 9):
        streamed.add(batch)
    distance = moments_distance(streamed, Moments.of(b))
    assert distance == pytest.approx(frechet_distance(a, b), abs=1e-9)
    assert distance == pytest.approx(reference.frechet_distance(a, b), abs=1e-6)


def test_what_is_refused():
    moments = Moments(5)
    moments.add(rows(count=1))
    with pytest.raises(ValueError, match=r"at least 2 rows\. Received: 1"):
        moments.covariance  # noqa: B018
    with pytest.raises(ValueError, match=r"\(n, 5\). Received: shape \(3, 4\)"):
        moments.add(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="must be finite"):
        moments.add(np.full((2, 5), np.inf))
