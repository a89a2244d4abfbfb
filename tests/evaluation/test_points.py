"""Every number of an evaluation of points that are known."""

import numpy as np
import pytest
import scipy.stats

from evaluation.evaluator import Data, measure
from evaluation.points import Modes, Moments, PointOutputs
from pipelines.examples import GaussianMixture
from tests.evaluation.doubles import LatentDouble


def measured(evaluator, drawn, centers, deviation):
    data = Data(GaussianMixture(np.array(centers, np.float32), deviation), "test", len(drawn), seed=3)
    outputs = PointOutputs(LatentDouble(np.array(drawn, np.float32)), data)
    assert outputs.protocol() == {"generated": len(drawn), "real": len(drawn)}
    return measure([evaluator], outputs, data), outputs


def test_moments_of_generated_and_of_real_points():
    # A distribution without spread, so that the real points are known.
    figures, _ = measured(Moments(), [[1.0], [2.0], [6.0]], [[4.0]], 0.0)
    assert figures == pytest.approx(
        {
            **{"mean": 3, "mean_of_real": 4},
            # Squares of -2, -1 and 3.
            **{"deviation": np.sqrt(14 / 3), "deviation_of_real": 0},
            # 3, 2 and 2.
            "wasserstein_1_distance": 7 / 3,
        }
    )


def test_the_transport_keeps_the_order():
    drawn = np.random.default_rng(0).normal(1, 2, (50, 1))
    figures, outputs = measured(Moments(), drawn, [[4.0]], 0.5)
    expected = scipy.stats.wasserstein_distance(drawn[:, 0], outputs.real[:, 0])
    assert figures["wasserstein_1_distance"] == pytest.approx(expected, rel=1e-5)
    assert figures["deviation_of_real"] == pytest.approx(0.5, abs=0.2)


def test_modes_are_of_the_generated_points_by_the_datas_own_deviation():
    centers = [[0, 0], [4, 0], [0, 4], [4, 4]]
    # Three deviations are 0.6.
    drawn = [[0, 0.5], [0.3, 0.4], [4.4, 0.4], [0, 4.7], [2, 2], [4, 0.59]]
    figures, _ = measured(Modes(), drawn, centers, 0.2)
    # Two each at the first two; the others are too far from any.
    assert figures == pytest.approx(
        {"modes": 4, "modes_found": 2, "high_quality_share": 4 / 6, "balance": np.log(2) / np.log(4)}
    )
