import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.points import point_batches, sample
from pipelines.readers.points import load_grid, load_normal, load_ring
from tests.worlds import tiny


@pytest.mark.parametrize(("load", "modes", "dimensions"), [(load_normal, 1, 1), (load_ring, 8, 2), (load_grid, 25, 2)])
def test_points_have_the_density_that_is_known(load, modes, dimensions):
    mixture = load("train", 8, "", "")
    assert mixture.centers.shape == (modes, dimensions)
    points = sample(mixture, 20_000, tf.constant([0, 1])).numpy()
    nearest = ((points[:, np.newaxis] - mixture.centers) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_allclose(np.bincount(nearest) / len(points), 1 / modes, atol=0.02)
    offsets = points - mixture.centers[nearest]
    np.testing.assert_allclose(offsets.std(axis=0), mixture.deviation, rtol=0.03)
    # Around a center lies its share of the whole.
    side = np.linspace(-5 * mixture.deviation, 5 * mixture.deviation, 101)
    grid = np.stack(np.meshgrid(*[side] * dimensions), axis=-1).reshape(-1, dimensions) + mixture.centers[0]
    integral = mixture.density(grid).sum() * (side[1] - side[0]) ** dimensions
    assert integral == pytest.approx(1 / modes, rel=0.01)


def test_each_turn_has_points_of_its_own_and_a_step_can_be_asked_for_again():
    config = tiny("gan_2d", batch_size=5, discriminator_steps=3)
    batches = point_batches(load_ring("train", 8, "", ""), config)
    batch = next(iter(batches.dataset(7, 8)))["real"].numpy()
    assert batch.shape == (5, 3, 2)
    assert len(np.unique(batch.reshape(-1, 2), axis=0)) == 15
    np.testing.assert_array_equal(batch, next(iter(batches.dataset(7, 9)))["real"])
    assert (batch != next(iter(batches.dataset(8, 9)))["real"].numpy()).all()
    assert batches.measured == {"dimensions": 2}
