"""The text encoder and its image encoders recomputed in NumPy (Reed et al., CVPR 2016, section 4)."""

import numpy as np
import pytest

from models.text_encoder.networks import feature_projection, image_encoder, text_encoder
from tests.models.operations import max_pool_1d, relu
from tests.models.reference import assert_computes, images, vectors
from tests.worlds import tiny


def described_text_encoder(r, characters, read: int, width: int, units: int, dim: int):
    """Convolutions of 4 characters with ReLU, the first two pooled by 3; the mean of a rectified RNN's states; linear.

    Character i is the row i of the identity; 0, which pads, is a row of zeros.
    """
    one_hot = np.concatenate([np.zeros((1, 70)), np.eye(70)])[characters[:, :read]]
    x = max_pool_1d(relu(r.convolution_1d(one_hot, 3 * width // 4, 4)), 3)
    x = max_pool_1d(relu(r.convolution_1d(x, width, 4)), 3)
    x = relu(r.convolution_1d(x, width, 4))
    x = r.dense(x, units)
    recurrent, state, states = r.take("kernel", (units, units)), 0.0, []
    for step in range(x.shape[1]):
        state = relu(x[:, step] + (state @ recurrent if step else 0.0))
        states.append(state)
    return r.dense(np.mean(states, axis=0), dim)


def described_image_encoder(r, image, width: int, dim: int):
    """3x3 convolutions of stride 2, batch normalization and ReLU, to a map of at most 4 pixels; linear."""
    x, channels = image, width
    while x.shape[1] > 4:
        x = relu(r.batch_normalization(r.convolution(x, channels, 3, strides=2), epsilon=1e-3, unbiased=False))
        channels = min(2 * channels, 8 * width)
    return r.dense(x.reshape(len(x), -1), dim)


@pytest.mark.parametrize("read", [201, 60])
def test_the_text_encoder_computes_what_the_paper_describes(read):
    config = tiny("char_cnn_rnn", convolution_width=8, recurrent_width=5, read_characters=read)
    characters = np.random.default_rng(0).integers(0, 71, (4, 201)).astype(np.int32)
    characters[1:, 40:] = 0
    assert_computes(
        text_encoder(config, 7),
        lambda r, characters: described_text_encoder(r, characters, read, 8, 5, 7),
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
