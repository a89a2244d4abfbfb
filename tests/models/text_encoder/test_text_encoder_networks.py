"""The text encoder and its image encoders recomputed in NumPy (Reed et al., CVPR 2016, section 4)."""

import numpy as np
import pytest

from models.text_encoder.networks import feature_projection, image_encoder, text_encoder
from tests.models.operations import max_pool_1d, relu
from tests.models.reference import assert_computes, images, vectors
from tests.worlds import tiny


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def rnn_states(r, x, units: int):
    """h_1 = relu(x_1), h_t = relu(x_t + U h_{t-1} + c)."""
    recurrent, bias = r.take("kernel", (units, units)), r.take("offset", (units,))
    state = relu(x[:, 0])
    yield state
    for step in range(1, x.shape[1]):
        state = relu(x[:, step] + state @ recurrent + bias)
        yield state


def gru_states(r, x, units: int):
    """Cho et al. 2014's gates z and r of the state before; the first state has no gates: tanh(x_1)."""
    recurrent, bias = r.take("kernel", (units, 3 * units)), r.take("offset", (3 * units,))
    (x_z, x_r, x_h), (u_z, u_r, u_h) = np.split(x, 3, axis=2), np.split(recurrent, 3, axis=1)
    c_z, c_r, c_h = np.split(bias, 3)
    state = np.tanh(x_h[:, 0])
    yield state
    for step in range(1, x.shape[1]):
        update = sigmoid(x_z[:, step] + state @ u_z + c_z)
        reset = sigmoid(x_r[:, step] + state @ u_r + c_r)
        candidate = np.tanh(x_h[:, step] + (reset * state) @ u_h + c_h)
        state = update * candidate + (1.0 - update) * state
        yield state


def described_text_encoder(r, characters, unit: str, read: int, width: int, units: int, dim: int):
    """Convolutions of 4 characters with ReLU, the first two pooled by 3; the mean of recurrent states; linear.

    Character i is the row i of the identity; 0, which pads, is a row of zeros.
    """
    one_hot = np.concatenate([np.zeros((1, 70)), np.eye(70)])[characters[:, :read]]
    x = max_pool_1d(relu(r.convolution_1d(one_hot, 3 * width // 4, 4)), 3)
    x = max_pool_1d(relu(r.convolution_1d(x, width, 4)), 3)
    x = relu(r.convolution_1d(x, width, 4))
    states = rnn_states(r, r.dense(x, units), units) if unit == "rnn" else gru_states(r, r.dense(x, 3 * units), units)
    return r.dense(np.mean(list(states), axis=0), dim)


def described_image_encoder(r, image, width: int, dim: int):
    """3x3 convolutions of stride 2, batch normalization and ReLU, to a map of at most 4 pixels; linear."""
    x, channels = image, width
    while x.shape[1] > 4:
        x = relu(r.batch_normalization(r.convolution(x, channels, 3, strides=2), epsilon=1e-3, unbiased=False))
        channels = min(2 * channels, 8 * width)
    return r.dense(x.reshape(len(x), -1), dim)


@pytest.mark.parametrize("unit", ["rnn", "gru"])
@pytest.mark.parametrize("read", [201, 60])
def test_the_text_encoder_computes_what_the_paper_describes(read, unit):
    config = tiny("char_cnn_rnn", convolution_width=8, recurrent_width=5, recurrent_unit=unit, read_characters=read)
    characters = np.random.default_rng(0).integers(0, 71, (4, 201)).astype(np.int32)
    characters[1:, 40:] = 0
    assert_computes(
        text_encoder(config, 7),
        lambda r, characters: described_text_encoder(r, characters, unit, read, 8, 5, 7),
        {"characters": characters},
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("size", [8, 50])
def test_the_image_encoder_computes_what_its_documentation_says(size, training):
    config = tiny("char_cnn_rnn", image_size=size, image_encoder_width=2, embedding_dim=7)
    assert_computes(
        image_encoder(config),
        lambda r, image: described_image_encoder(r, image, 2, 7),
        {"image": images(4, size)},
        training,
    )


def test_the_features_of_a_pretrained_network_are_mapped_linearly():
    config = tiny("char_cnn_rnn", image_features_dim=9, embedding_dim=7)
    assert_computes(
        feature_projection(config),
        lambda r, image_features: r.dense(image_features, 7),
        {"image_features": vectors(4, 9)},
    )
