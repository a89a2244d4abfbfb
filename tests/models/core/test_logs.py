import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.strategy import mirrored
from tests.callbacks.toys import batches, line


def two_cpus():
    return mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")))


@pytest.fixture(params=[1, 2], ids=["one replica", "two replicas"])
def strategy(request):
    return tf.distribute.get_strategy() if request.param == 1 else two_cpus()


def trained(strategy=None, **spoiled):
    model = line(strategy)
    model.fit(batches(0, 5, **spoiled), verbose=0, shuffle=False)
    return model


def test_checkpoints_hold_the_running_means_of_every_replica(tmp_path, strategy):
    model = trained(strategy)
    assert model.logs.state.shape == (2, 2, strategy.num_replicas_in_sync)
    assert (model.logs.state[:, 1] == 5).all()
    model.save(tmp_path / "model.keras")
    other = line(strategy)
    assert not other.logs.state.any()
    other.load_weights(tmp_path / "model.keras")
    np.testing.assert_array_equal(other.logs.state, model.logs.state)
    assert other.step == 5
    # On other devices it starts new ones.
    alone = keras.saving.load_model(tmp_path / "model.keras")
    assert alone.logs.state.any() == (strategy.num_replicas_in_sync == 1)
    for one, same in zip(alone.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)


def test_a_checkpoint_without_running_means_loads(tmp_path, monkeypatch):
    model = trained()
    with monkeypatch.context() as patch:
        patch.setattr(type(model), "save_own_variables", keras.Model.save_own_variables)
        model.save(tmp_path / "model.keras")
    other = line()
    other.load_weights(tmp_path / "model.keras")
    assert (other.step, other.logs.state.any()) == (5, False)


def test_the_flag_is_no_weight_and_is_clear_in_what_is_loaded(tmp_path, strategy):
    model = trained(strategy, spoiled=(2, 4), rows=(3,))
    step, name, value = model.logs.first_non_finite()
    assert (step, name) == (2, "loss")
    assert np.isnan(value)
    assert len(model.weights) == len(model.network.weights) + 1
    model.save(tmp_path / "model.keras")
    other = line(strategy)
    other.load_weights(tmp_path / "model.keras")
    assert other.logs.first_non_finite() is None


def test_a_mean_that_overflows_is_flagged(strategy):
    """Every value is finite, but not their sum: the numbers would say infinite."""
    model = line(strategy)
    # Its square is 8e37, and the largest float32 is 3.4e38.
    data = tf.data.Dataset.range(6).map(lambda step: {"x": tf.zeros((4, 1)), "y": tf.fill((4, 1), 8.9e18)})
    model.fit(data, verbose=0, shuffle=False)
    assert model.logs.first_non_finite() == (5, "loss", np.inf)
