import numpy as np
import pytest

from losses import style_loss


def test_the_mean_over_examples_of_the_squared_distance():
    latent = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 0.5]], np.float32)
    style = np.array([[0.0, 2.0, 2.0], [0.0, 1.0, 0.5]], np.float32)
    assert float(style_loss(latent, style)) == pytest.approx((1 + 4 + 1) / 2)
    assert float(style_loss(style, style)) == 0.0
