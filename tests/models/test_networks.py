"""The authors' layers and parameter counts, worked out by hand from papers.md."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core.config import ConfigError
from models.core.layers import halvings, stage_widths
from models.core.trained import parameter_count
from models.registry import PRESETS
from models.text_encoder.configs import CharCNNRNNConfig
from models.text_encoder.networks import OneHotCharacters, image_encoder, text_encoder
from models.text_to_image import networks as reed
from models.text_to_image.configs import TextToImageConfig
from tests.worlds import tiny


def convolution(inputs, outputs, kernel):
    return inputs * outputs * kernel**2


def test_the_authors_generator():
    network = reed.generator(TextToImageConfig(text_dim=1024))
    assert network.output_shape == (None, 64, 64, 3)
    w, norm = 128, lambda channels: 2 * channels
    count = 1024 * 128 + 128  # the text's projection
    count += (100 + 128) * 4 * 4 * 8 * w + norm(8 * w)
    count += convolution(8 * w, 2 * w, 1) + convolution(2 * w, 2 * w, 3) + convolution(2 * w, 8 * w, 3)
    count += norm(2 * w) + norm(2 * w) + norm(8 * w)
    count += convolution(8 * w, 4 * w, 4) + norm(4 * w)
    count += convolution(4 * w, w, 1) + convolution(w, w, 3) + convolution(w, 4 * w, 3)
    count += norm(w) + norm(w) + norm(4 * w)
    count += convolution(4 * w, 2 * w, 4) + norm(2 * w)
    count += convolution(2 * w, w, 4) + norm(w)
    count += convolution(w, 3, 4)
    assert parameter_count(network) == count


def test_the_authors_discriminator():
    network = reed.discriminator(TextToImageConfig(text_dim=1024))
    assert network.output_shape == (None, 1)
    w, norm = 64, lambda channels: 2 * channels
    count = convolution(3, w, 4)
    for inputs, outputs in ((w, 2 * w), (2 * w, 4 * w), (4 * w, 8 * w)):
        count += convolution(inputs, outputs, 4) + norm(outputs)
    count += convolution(8 * w, 2 * w, 1) + convolution(2 * w, 2 * w, 3) + convolution(2 * w, 8 * w, 3)
    count += norm(2 * w) + norm(2 * w) + norm(8 * w)
    count += 1024 * 128 + 128 + norm(128)
    count += convolution(8 * w + 128, 8 * w, 1) + norm(8 * w)
    count += convolution(8 * w, 1, 4)
    assert parameter_count(network) == count


def test_the_inner_product_of_image_and_text_is_added_to_the_papers_logit():
    small = {"image_size": 16, "text_dim": 5, "discriminator_width": 2}
    network = reed.discriminator(tiny("gan_cls", inner_product_dim=3, **small))
    plain = reed.discriminator(tiny("gan_cls", **small))
    assert parameter_count(network) - parameter_count(plain) == (4 * 4 * 16 * 6 + 6) + (6 * 3 + 3) + (4 * 3 + 3)
    (product,) = (layer for layer in network.layers if isinstance(layer, keras.layers.Dot))
    papers, _ = network.layers[-1].input
    probe = keras.Model(network.input, [*product.input, papers, network.output])
    generator = np.random.default_rng(0)
    image, text = generator.uniform(-1, 1, (6, 16, 16, 3)), generator.normal(size=(6, 5))
    of_image, of_text, logits, total = (part.numpy() for part in probe({"image": image, "text": text}))
    assert of_image.shape == of_text.shape == (6, 3)
    np.testing.assert_allclose(total[:, 0], logits[:, 0] + np.sum(of_image * of_text, axis=1), rtol=1e-4)


def test_the_papers_text_encoder():
    network = text_encoder(CharCNNRNNConfig(recurrent_unit="rnn"), 1024)
    assert network.output_shape == (None, 1024)
    # 201 -> 198 -> 66 -> 63 -> 21 -> 18 steps.
    shapes = [layer.output.shape for layer in network.layers if "conv1d" in layer.name]
    assert [tuple(shape[1:]) for shape in shapes] == [(198, 384), (63, 512), (18, 512)]
    count = (4 * 70 * 384 + 384) + (4 * 384 * 512 + 512) + (4 * 512 * 512 + 512)
    count += 2 * (512 * 512 + 512)
    count += 512 * 1024 + 1024
    assert parameter_count(network) == count
    # The gated one has three such pairs.
    assert parameter_count(text_encoder(CharCNNRNNConfig(), 1024)) == count + 4 * (512 * 512 + 512)


@pytest.mark.parametrize("read", [48, 132])
def test_a_text_encoder_that_processes_the_first_characters_only(read):
    network = text_encoder(tiny("char_cnn_rnn", read_characters=read), 6)
    characters = np.random.default_rng(0).integers(1, 71, (2, 201))
    characters[1, :read] = characters[0, :read]
    embeddings = network({"characters": characters}).numpy()
    np.testing.assert_allclose(embeddings[0], embeddings[1], rtol=1e-5)
    characters[1, :read] = characters[1, :read][::-1]
    assert np.abs(network({"characters": characters}).numpy()[1] - embeddings[0]).max() > 1e-6


@pytest.mark.parametrize("size", [16, 24, 32, 40, 48, 64, 80, 112, 128])
def test_other_sizes_keep_the_ends(size):
    config = tiny("gan_cls", image_size=size, text_dim=5)
    generator, discriminator = reed.generator(config), reed.discriminator(config)
    assert generator.output_shape == (None, size, size, 3)
    text = tf.zeros((2, 5))
    image = generator({"latent": tf.ones((2, 5)), "text": text})
    assert discriminator({"image": image, "text": text}).shape == (2, 1)


@pytest.mark.parametrize("size", [0, 7, 9, 36, 50, 66, 72, 100])
def test_sizes_that_halving_does_not_reach_are_refused_by_the_configuration(size):
    with pytest.raises(ConfigError, match="image_size"):
        PRESETS["gan_cls"].resolve("cub", {"image_size": size})


def test_the_widths_of_stages_from_the_largest_map_to_the_smallest():
    assert stage_widths(2, 5) == [2, 4, 8, 16, 16]
    assert stage_widths(2, 3) == [2, 4, 8]
    assert stage_widths(2, 5, from_smallest=True) == [2, 2, 4, 8, 16]
    assert stage_widths(2, 3, from_smallest=True) == [4, 8, 16]
    assert [halvings(side, smallest) for side, smallest in ((64, 4), (28, 7), (256, 1))] == [4, 2, 8]


def test_initial_weights():
    network = reed.generator(TextToImageConfig(text_dim=256, generator_width=32))
    kernels = [v for v in network.trainable_variables if v.name == "kernel" and len(v.shape) == 4]
    scales = np.concatenate([v.numpy() for v in network.trainable_variables if v.name == "gamma"])
    for kernel in kernels:
        if np.prod(kernel.shape) > 10_000:
            assert np.std(kernel) == pytest.approx(0.02, rel=0.05)
    assert scales.mean() == pytest.approx(1.0, abs=0.005)
    assert scales.std() == pytest.approx(0.02, rel=0.2)
    biases = [v.shape for v in network.trainable_variables if v.name == "bias"]
    assert biases == [(128,)]


def test_index_zero_is_no_character():
    rows = OneHotCharacters()(np.array([[0, 1, 70]])).numpy()
    assert rows.shape == (1, 3, 70)
    assert rows[0, 0].sum() == 0
    assert rows[0, 1, 0] == 1
    assert rows[0, 2, 69] == 1
    assert rows.sum() == 2


def test_the_small_image_encoder():
    assert image_encoder(tiny("char_cnn_rnn")).output_shape == (None, 6)


@pytest.mark.parametrize("name", ["text_gan", "gan_cls", "gan_int", "gan_int_cls"])
def test_the_papers_constants_on_cub(name):
    config = PRESETS[name].resolve("cub")
    assert (config.batch_size, config.image_size, config.captions_per_image) == (64, 64, 4)
    assert (config.latent_dim, config.text_projection_dim) == (100, 128)
    assert (config.generator_width, config.discriminator_width) == (128, 64)
    assert (config.optimizer, config.learning_rate, config.beta_1) == ("adam", 2e-4, 0.5)
    assert (config.learning_rate_halving_epochs, config.epochs, config.steps) == (100, 600, 0)
    # 8,855 training images
    assert config.steps_per_epoch(8855) == 138
    assert config.total_steps(8855) == 600 * 138
    assert getattr(config, "mismatch_weight", 0.0) == (0.5 if name.endswith("cls") else 0.0)
    assert getattr(config, "interpolation_weight", 0.0) == (1.0 if "int" in name else 0.0)
    assert getattr(config, "interpolation_beta", 0.5) == 0.5
    assert (config.adversarial, config.label_smoothing, config.penalty) == ("non_saturating", 0.0, "none")
    assert (config.average_decay, config.discriminator_normalization) == (0.0, "batch")


def test_the_papers_constants_of_the_text_encoder_on_cub():
    config = PRESETS["char_cnn_rnn"].resolve("cub")
    assert (config.embedding_dim, config.convolution_width, config.recurrent_width) == (1024, 512, 512)
    assert config.read_characters == 201
    assert (config.margin, config.optimizer, config.learning_rate) == (1.0, "rmsprop", 7e-4)
    assert (config.learning_rate_decay, config.decay_steps, config.steps) == (0.98, 150, 30_000)
    assert (config.recurrent_unit, config.initial_range, config.standardize) == ("gru", 0.08, False)
