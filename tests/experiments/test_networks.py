import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.networks import compiled, feature_layers, features_of, has_convolutions, images_of, map_layers
from tests.experiments import toys


def images(count, channels=1):
    return np.random.default_rng(0).uniform(-1, 1, (count, toys.SIDE, toys.SIDE, channels)).astype(np.float32)


def test_layers_are_found_by_name_and_in_order():
    assert feature_layers(toys.discriminator()) == ("features_0", "features_1")
    assert map_layers(toys.squares()) == ("maps_0",)
    with pytest.raises(ValueError, match="features_0"):
        feature_layers(toys.squares())


def test_batches_of_any_size_are_traced_once():
    network, traces = toys.discriminator(), []
    run = compiled(network, then=lambda logits: traces.append(1) or logits, batch_size=4)
    for count in (4, 10, 3):
        expected = network({"image": tf.constant(images(count))}, training=False)
        np.testing.assert_allclose(run({"image": images(count)}), expected, rtol=1e-5, atol=1e-6)
    assert len(traces) == 1


def test_layers_of_vectors_are_no_convolutions():
    assert has_convolutions(toys.discriminator())
    assert has_convolutions(toys.squares())
    vector = keras.Input((5,))
    assert not has_convolutions(keras.Model(vector, keras.layers.Dense(3, name="features_0")(vector)))


@pytest.mark.parametrize(
    "wrong", [{}, {"latent": np.zeros((2, 2)), "label": np.zeros(2)}, {"latent": np.zeros((0, 2))}]
)
def test_inputs_must_be_those_of_the_network(wrong):
    with pytest.raises(ValueError, match="latent"):
        compiled(toys.halves())(wrong)


def test_a_class_conditional_generator_gets_its_labels():
    generator = toys.halves(classes=3)
    drawn = images_of(generator, np.zeros((3, 2)), np.array([0, 1, 2], np.int64))
    np.testing.assert_allclose(drawn.mean(axis=(1, 2, 3)), np.tanh([0.0, 2.0, 4.0]), rtol=1e-5)
    with pytest.raises(ValueError, match="label"):
        images_of(generator, np.zeros((3, 2)))


@pytest.mark.parametrize("label", [None, "head"])
def test_features_need_no_more_than_the_image(label):
    network = toys.discriminator(label=label)
    features = features_of(network, images(5))
    assert {name: values.shape for name, values in features.items()} == {
        "features_0": (5, 4, 4, 6),
        "features_1": (5, 4, 4, 5),
    }
    assert set(features_of(network, images(5), ["features_1"])) == {"features_1"}
    highest = features_of(network, images(5), then=lambda maps: tf.reduce_max(maps, axis=(1, 2)))
    np.testing.assert_allclose(highest["features_0"], features["features_0"].max(axis=(1, 2)), rtol=1e-5)


def test_features_that_depend_on_a_label_need_it():
    network = toys.discriminator(label="first", seed=True)
    with pytest.raises(ValueError, match="labels must be given"):
        features_of(network, images(3))
    with_labels = [features_of(network, images(3), labels=np.full(3, label))["features_1"] for label in (0, 1)]
    assert np.abs(with_labels[0] - with_labels[1]).max() > 1e-3


def test_a_seed_is_filled_in():
    assert features_of(toys.discriminator(seed=True), images(3))["features_1"].shape == (3, 4, 4, 5)
