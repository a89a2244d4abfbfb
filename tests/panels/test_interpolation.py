import numpy as np
import pytest

from panels.interpolation import lerp, slerp, slerp_of


def test_lerp_is_a_straight_line():
    points = lerp(np.array([0.0, 4.0]), np.array([1.0, 0.0]), 5)
    np.testing.assert_allclose(points, [[0, 4], [0.25, 3], [0.5, 2], [0.75, 1], [1, 0]])
    assert lerp(np.zeros(2, np.float32), np.ones(2, np.float32), 1).shape == (1, 2)


@pytest.mark.parametrize("count", [2, 5])
def test_slerp_keeps_both_ends_and_the_norm(count):
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 50))
    second *= np.linalg.norm(first) / np.linalg.norm(second)
    arc = slerp(first, second, count)
    assert arc.dtype == np.float32
    np.testing.assert_allclose(arc[[0, -1]], [first, second], rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(arc, axis=1), np.linalg.norm(first), rtol=1e-5)
    assert np.ptp(np.linalg.norm(np.diff(arc, axis=0), axis=1)) < 1e-4


def test_slerp_between_a_latent_and_itself():
    noise = np.ones(4, np.float32)
    np.testing.assert_allclose(slerp(noise, noise, 3), np.ones((3, 4)))


def test_what_is_not_noise_is_kept_where_both_ends_have_it():
    first, second = np.array([1.0, 0.0, 0.8, -0.5], np.float32), np.array([0.0, 1.0, 0.8, 0.5], np.float32)
    way = slerp_of(np.array([True, True, False, False]))(first, second, 3)
    root = np.sqrt(0.5)
    np.testing.assert_allclose(way, [first, [root, root, 0.8, 0.0], second], atol=1e-6)
