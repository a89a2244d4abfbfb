"""Improved GAN: its published networks, the class of generated images, and its step by hand."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from models.core.config import ConfigError
from models.core.layers import SeededNoise
from models.core.trained import parameter_count
from models.core.weight_norm import WeightNormalizedDense
from models.generation import weight_normalized
from models.registry import PRESETS
from tests.models.steps import Step, batch_of, class_entropy, descend, entropy, images, plain, probability
from tests.worlds import examples_of, tiny, tiny_run


def test_the_published_networks_have_the_published_numbers_of_parameters():
    config = dataclasses.replace(PRESETS["improved_gan"].config, channels=1, classes=10)
    assert parameter_count(weight_normalized.discriminator(config)) == 1_538_770
    # Moving statistics are not trained.
    generator = weight_normalized.generator(config)
    assert sum(int(np.prod(variable.shape)) for variable in generator.trainable_variables) == 694_568


def test_weight_normalization_is_a_direction_and_a_length():
    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    for learns in (False, True):
        layer = WeightNormalizedDense(2, length=1.5, learns_length=learns)
        layer.build((None, 4))
        kernel = np.random.default_rng(1).normal(size=(4, 2))
        lengths = np.array([2.0, 3.0]) if learns else 1.5
        layer.set_weights([kernel, *([lengths] if learns else []), np.array([0.5, -0.5])])
        expected = x @ (kernel / np.linalg.norm(kernel, axis=0) * lengths) + [0.5, -0.5]
        np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-5)
        # The length of the directions says nothing.
        layer.set_weights([3 * kernel, *([lengths] if learns else []), np.array([0.5, -0.5])])
        np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-5)


def test_noise_is_of_the_seed_and_of_training_alone():
    layer, x = SeededNoise(0.5, 1), tf.zeros((200, 50))
    seeds = [tf.constant([[1, number]] * 200, tf.int32) for number in (2, 2, 3)]
    first, same, other = (layer([x, seed], training=True).numpy() for seed in seeds)
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 0.1
    assert first.std() == pytest.approx(0.5, rel=0.03)
    assert not np.any(layer([x, seeds[0]], training=False))


def test_the_classifier_sees_noise_on_its_image_and_on_every_hidden_layer_while_it_is_trained():
    discriminator = plain("improved_gan", noise=0.4).discriminator
    deviations = sorted(layer.deviation for layer in discriminator.layers if isinstance(layer, SeededNoise))
    assert deviations == pytest.approx([0.4] * 5 + [0.48])
    assert len({layer.salt for layer in discriminator.layers if isinstance(layer, SeededNoise)}) == 6
    inputs = {"image": images(0, channels=1), "seed": tf.ones((4, 2), tf.int32)}
    quiet, noisy = (discriminator(inputs, training=training) for training in (False, True))
    assert np.abs(quiet["class_logits"] - noisy["class_logits"]).max() > 1e-3
    # What is matched are rectified units, before their own noise.
    assert np.min(noisy["features"]) >= 0
    assert np.max(noisy["features"]) > 0
    # Hidden weights keep the scale of rectified units.
    lengths = [layer.length for layer in discriminator.layers if isinstance(layer, WeightNormalizedDense)]
    assert lengths == pytest.approx([2**0.5] * 5 + [1.0])


@pytest.mark.parametrize("network", ["weight_normalized", "dcgan", "mlp", "resnet"])
def test_real_is_any_class_and_generated_one_whose_logit_is_0(network):
    model = plain("improved_gan", network=network, dropout=0.0)
    inputs = {"image": images(0, channels=1)}
    if "seed" in model.discriminator.input:
        inputs["seed"] = tf.zeros((4, 2), tf.int32)
    found = model.discriminator(inputs, training=False)
    # A softmax over the classes and one more.
    everything = tf.nn.softmax(tf.concat([found["class_logits"], tf.zeros((4, 1))], axis=1))
    np.testing.assert_allclose(tf.sigmoid(found["logits"][:, 0]), 1 - everything[:, -1], rtol=1e-4)
    assert found["class_logits"].shape == (4, 3)


@pytest.mark.parametrize(
    ("weight", "matches", "network"),
    [(1.0, True, "weight_normalized"), (0.3, False, "weight_normalized"), (0.0, True, "dcgan")],
)
def test_the_step(weight, matches, network):
    changes = {"unlabeled_weight": weight, "feature_matching": matches, "network": network}
    # Of few rectified units, a quarter of the first's, all may be off.
    model = plain("improved_gan", discriminator_steps=1, discriminator_width=32, **changes)
    rng = np.random.default_rng(5)
    batch = {
        "real": batch_of(model)["real"],
        "labeled": images(7, channels=1),
        "known_label": tf.constant(rng.integers(0, 3, 4), tf.int32),
    }
    step = Step(model, batch)
    calls = iter(step.given["discriminator"])

    def outputs(image):
        given = next(calls)
        np.testing.assert_allclose(given["image"], image, atol=1e-5)
        return model.discriminator(
            {name: tf.constant(value) for name, value in given.items()} | {"image": image}, training=True
        )

    def generate(turn):
        return model.generator({"latent": tf.constant(step.given["generator"][turn]["latent"])}, training=True)

    real, fake = batch["real"][:, 0], generate(0)
    with tf.GradientTape() as tape:
        labeled, of_real, of_fake = outputs(batch["labeled"]), outputs(real), outputs(fake)
        classes = class_entropy(labeled["class_logits"], batch["known_label"])
        # The authors': of l = log sum exp, (softplus(l) - l) / 2 of real images and softplus(l) / 2 of generated ones.
        unlabeled = (entropy(of_real["logits"], 1) + entropy(of_fake["logits"], 0)) / 2
        discriminator_loss = classes + weight * unlabeled
    descend(discriminator_loss, tape, model.discriminator)
    with tf.GradientTape() as tape:
        of_new = outputs(generate(1))
        if matches:
            of_real_again = outputs(real)
            means = [tf.reduce_mean(each["features"], axis=0) for each in (of_real_again, of_new)]
            generator_loss = tf.reduce_mean((means[0] - means[1]) ** 2)
        else:
            generator_loss = entropy(of_new["logits"], 1)
    descend(generator_loss, tape, model.generator)
    accuracy = np.mean(np.argmax(labeled["class_logits"], axis=1) == batch["known_label"])
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=probability(of_real["logits"]),
        fake_score=probability(of_fake["logits"]),
        class_loss=classes,
        accuracy=accuracy,
    )


def test_what_its_networks_do_not_have_is_refused():
    for name, value in (("generator_normalization", "virtual"), ("discriminator_normalization", "layer")):
        with pytest.raises(ConfigError, match=f"network=weight_normalized has .*Received: {name}={value}"):
            tiny("improved_gan", **{name: value})
    assert tiny("improved_gan", network="dcgan", generator_normalization="virtual").reference_batch == 64


def test_the_first_pictures_are_those_whose_class_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    run = tiny_run("improved_gan", tmp_path / "run")
    examples = run.splits.train
    batch = {"labeled": np.full((2, 4, 4, 1), 0.5), "known_label": np.array([2, 0])}
    shown = run.parts.trained_on(batch, None, examples)
    assert [name for name, _ in shown] == ["class 2", "class 0"]
    np.testing.assert_array_equal(shown[0][1][0], batch["labeled"][0])
