import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.linear_classifier import accuracy_of, linear_classifier, pooled, run, standardized
from tests.experiments import toys


def stripes(count, seed, side=16):
    """Stripes across (1) or along (0) with a random phase and sign: no single pixel tells which."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    phase = rng.uniform(0, 2 * np.pi, (count, 1, 1))
    place = np.arange(side) * np.pi / 2
    wave = np.sin(np.where(labels[:, None, None] == 1, place[:, None], place[None, :]) + phase)
    return (wave[..., None] + rng.normal(0, 0.3, (count, side, side, 1))).astype(np.float32), labels


@pytest.fixture(scope="module")
def finding():
    trained, blind = toys.discriminator(side=16), toys.discriminator(side=16)
    for network, kernel in ((trained, edges()), (blind, np.zeros((3, 3, 1, 6)))):
        network.get_layer("first_filters").set_weights([kernel, np.zeros(6)])
    return linear_classifier(trained, blind, *stripes(300, 0), *stripes(200, 1))


def edges():
    kernel = np.zeros((3, 3, 1, 6))
    kernel[:, :, 0, 0], kernel[:, :, 0, 1] = [[-1] * 3, [0] * 3, [1] * 3], [[-1, 0, 1]] * 3
    return kernel


def test_features_that_separate_the_classes_classify(finding):
    assert finding.figures["trained"]["accuracy"] > 0.95
    # A network that sees nothing guesses, whatever its classifier learns.
    assert finding.figures["untrained"]["accuracy"] == pytest.approx(0.5, abs=0.1)
    assert finding.figures["trained"]["accuracy"] > finding.figures["pixels"]["accuracy"] + 0.1
    assert finding.figures["chance"] == pytest.approx(0.5, abs=0.1)


def test_the_sizes_are_reported(finding):
    assert finding.figures["trained"]["features"] == 4 * 4 * (6 + 5)
    assert finding.figures["pixels"]["features"] == 256
    assert (finding.figures["train_examples"], finding.figures["test_examples"]) == (300, 200)


def test_a_run_learns_on_the_training_split_and_is_tested_on_the_test_split():
    network = toys.discriminator(side=16)
    network.get_layer("first_filters").set_weights([edges(), np.zeros(6)])
    train, (images, labels) = stripes(120, 0), stripes(80, 1)
    # In the test split the classes have changed places: what is learned of the one is wrong of the other.
    splits = {"train": train, "test": (images, 1 - labels)}
    subject = types.SimpleNamespace(
        discriminator=network, untrained_discriminator=lambda: network, real=lambda split, most: splits[split]
    )
    figures = run(subject).figures
    assert (figures["train_examples"], figures["test_examples"]) == (120, 80)
    assert figures["trained"]["accuracy"] < 0.2


def test_the_regularization_is_chosen_on_images_that_are_not_fitted():
    # Labels of noise: the best guess is the frequent one, as the strongest regularization makes it. Without, the
    # labels that are fitted are learned by heart.
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(400, 100)) / 10, (rng.random(400) < 0.2).astype(int)
    accuracy, penalty = accuracy_of(features[:200], labels[:200], features[200:], labels[200:], seed=0)
    assert penalty <= 1.0
    assert accuracy == pytest.approx(np.mean(labels[200:] == 0), abs=0.03)


def test_features_that_see_the_label_are_refused():
    network = toys.discriminator(side=16, label="first")
    with pytest.raises(ValueError, match="depend on the label"):
        linear_classifier(network, network, *stripes(20, 0), *stripes(20, 1))


@pytest.mark.parametrize("side", [3, 4, 7, 8, 14])
def test_pooling_keeps_the_largest_of_each_cell(side):
    maps = np.random.default_rng(0).normal(size=(2, side, side, 3)).astype(np.float32)
    small = pooled(tf.constant(maps), 4).numpy()
    cells = min(side, 4)
    assert small.shape == (2, cells, cells, 3)
    np.testing.assert_array_equal(small.max(axis=(1, 2)), maps.max(axis=(1, 2)))
    np.testing.assert_array_equal(small[:, 0, 0], maps[:, : -(-side // cells), : -(-side // cells)].max(axis=(1, 2)))
    if side % 4 == 0:
        np.testing.assert_allclose(small, keras.ops.max_pool(maps, side // 4))


def test_standardized_features_have_length_one_and_dead_ones_none():
    rng = np.random.default_rng(0)
    train = rng.normal(5, 3, (500, 40)).astype(np.float32)
    train[:, 7] = 2.0
    scaled, test = standardized(train, train[:10] + 1)
    assert scaled.dtype == test.dtype == np.float32
    np.testing.assert_allclose(np.mean(np.sum(scaled**2, axis=1)), 39 / 40, rtol=1e-3)
    assert (scaled[:, 7] == 0).all()
    assert (test[:, 7] == 0).all()
