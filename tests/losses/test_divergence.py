"""The divergence from the standard normal distribution, held against the integral that defines it."""

import numpy as np
import pytest
from scipy import integrate, stats

from losses import standard_normal_divergence


def by_integral(mean, deviation):
    """The mean of log p / q under p, with p = N(mean, deviation^2) and q = N(0, 1)."""
    p, q = stats.norm(mean, deviation), stats.norm()
    limits = mean - 12 * deviation, mean + 12 * deviation
    return integrate.quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), *limits)[0]


def test_it_is_the_mean_of_the_integrals_of_all_numbers():
    mean = np.array([[0.3, -1.2, 0.0], [2.0, 0.1, -0.4]])
    log_deviation = np.array([[0.2, -0.7, 0.0], [-0.1, 0.5, -1.0]])
    expected = np.mean([by_integral(*pair) for pair in zip(mean.ravel(), np.exp(log_deviation).ravel(), strict=True)])
    assert float(standard_normal_divergence(mean, log_deviation)) == pytest.approx(expected, rel=1e-5)


def test_the_standard_normal_distribution_has_none():
    assert float(standard_normal_divergence(np.zeros((3, 4)), np.zeros((3, 4)))) == 0.0
