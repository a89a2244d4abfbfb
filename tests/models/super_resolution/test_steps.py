"""The steps of SRResNet and SRGAN by hand (Ledig et al. 2017, equations 2 to 6)."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core.config import ConfigError
from models.registry import PRESETS
from models.super_resolution.perceptual import PerceptualNetwork
from tests.models.steps import OBJECTIVES, Step, descend, images, penalty, plain


def batch(side=16, factor=4):
    return {"low": images(0, side=side // factor), "high": images(1, side=side)}


def squared(one, other):
    return tf.reduce_mean((one - other) ** 2)


def test_srresnet_minimizes_the_squared_error():
    model = plain("srresnet", image_size=16)
    given = batch()
    step = Step(model, given)
    with tf.GradientTape() as tape:
        loss = squared(model.generator({"image": given["low"]}, training=True), given["high"])
    descend(loss, tape, model.generator)
    step.assert_repeated(generator_loss=loss)


def features(side=16):
    """A network of two maps, which does not learn."""
    keras.utils.set_random_seed(3)
    image = keras.Input((None, None, 3))
    half = keras.layers.Conv2D(4, 3, 2, padding="same", activation="tanh", name="half")(image)
    quarter = keras.layers.Conv2D(5, 3, 2, padding="same", activation="tanh", name="quarter")(half)
    vector = keras.layers.GlobalAveragePooling2D(name="features")(quarter)
    return keras.Model(image, vector)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"content_weight": 2.0, "adversarial_weight": 0.5},
        {"perceptual_network": "by hand", "adversarial_weight": 0.3},
        {"perceptual_network": "by hand", "perceptual_layers": "quarter", "pixel_weight": 3.0},
        {"adversarial": "least_squares"},
        {"penalty": "r1", "penalty_weight": 3.0, "discriminator_normalization": "none"},
    ],
    ids=str,
)
def test_srgan(changes):
    model = plain("srgan", image_size=16, **changes)
    config, objective = model.config, OBJECTIVES[model.config.adversarial]
    names = tuple(filter(None, config.perceptual_layers.split(",")))
    network = features()
    if config.perceptual_network:
        model.attach(PerceptualNetwork(network, names, 16))
    given = batch()
    step = Step(model, given)
    low, high = given["low"], given["high"]

    def enlarge():
        return model.generator({"image": low}, training=True)

    def score(image):
        return model.discriminator({"image": image}, training=True)

    fake = enlarge()
    with tf.GradientTape() as tape:
        real_logits, fake_logits = score(high), score(fake)
        discriminator_loss = objective.discriminator(real_logits, fake_logits)
        if config.penalty != "none":
            scored = step.given["discriminator"][2]["image"]
            discriminator_loss += config.penalty_weight * penalty(config.penalty, score, high, fake, scored)
    descend(discriminator_loss, tape, model.discriminator)
    with tf.GradientTape() as tape:
        enlarged = enlarge()
        if config.perceptual_network:
            chosen = [network.get_layer(name).output for name in names or ("half", "quarter")]
            maps = keras.Model(network.inputs[0], chosen)
            pairs = zip(tf.nest.flatten(maps(high)), tf.nest.flatten(maps(enlarged)), strict=True)
            content_loss = tf.reduce_mean([squared(real, other) / tf.reduce_mean(real**2) for real, other in pairs])
        else:
            content_loss = squared(enlarged, high)
        generator_loss = config.content_weight * content_loss + config.pixel_weight * squared(enlarged, high)
        generator_loss += config.adversarial_weight * objective.generator(score(enlarged), None)
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        content_loss=content_loss,
        discriminator_loss=discriminator_loss,
        real_score=objective.score(real_logits),
        fake_score=objective.score(fake_logits),
    )
    assert len(step.given["generator"]) == 1


def test_the_network_of_the_content_loss_is_neither_trained_nor_saved():
    model = plain("srgan", image_size=16, perceptual_network="by hand")
    before = len(model.weights), len(model.trainable_variables)
    perceptual = PerceptualNetwork(features(), (), 16)
    kept = [weight.copy() for weight in perceptual.network.get_weights()]
    model.attach(perceptual)
    model.train_step(batch())
    assert (len(model.weights), len(model.trainable_variables)) == before
    for weight, now in zip(kept, perceptual.network.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, now)


def test_srgan_begins_with_the_generator_of_srresnet_its_average_too():
    model, trained = plain("srgan", image_size=16, average_decay=0.9), plain("srresnet", image_size=16)
    model.begin_with(trained.generator)
    for network in (model.generator, model.sampled_generator):
        for weight, given in zip(network.get_weights(), trained.generator.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, given)


def vgg():
    """A network with the layer that the paper names."""
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(2, 3, padding="same", name="block1_conv1")(image)
    x = keras.layers.MaxPooling2D(name="block1_pool")(x)
    return keras.Model(image, keras.layers.Conv2D(3, 3, padding="same", name="block5_conv4")(x))


def test_the_layers_are_the_papers_of_vgg19_and_of_others_the_last_of_each_size():
    image = images(2, count=1, side=16)
    of_vgg = PerceptualNetwork(vgg(), (), 16)
    assert [tuple(found.shape) for found in of_vgg(image)] == [(1, 8, 8, 3)]
    # 1 / 0.006, as others quote it.
    assert of_vgg.scale == pytest.approx(1 / 0.006, rel=0.03)
    assert PerceptualNetwork(vgg(), ("block1_conv1",), 16).scale == 0.0
    others = PerceptualNetwork(features(), (), 16)
    assert [tuple(found.shape[1:]) for found in others(image)] == [(8, 8, 4), (4, 4, 5)]
    assert others.scale == 0.0
    # A network within a network, as files of feature networks are.
    whole = keras.Input((None, None, 3))
    mobile = keras.applications.MobileNetV2(input_shape=(96, 96, 3), weights=None, include_top=False, alpha=0.35)
    nested = PerceptualNetwork(keras.Model(whole, keras.layers.GlobalAveragePooling2D()(mobile(whole))))
    found = nested(tf.zeros((1, 96, 96, 3)))
    assert [each.shape[1] for each in found] == [48, 24, 12, 6, 3]
    expected = keras.Model(mobile.inputs[0], [mobile.get_layer(layer.name).output for layer in nested.layers])
    for each, output in zip(found, expected(tf.zeros((1, 96, 96, 3))), strict=True):
        np.testing.assert_allclose(each, output, rtol=1e-5)
    with pytest.raises(ConfigError, match=r"must be layers .* such as .*half, quarter.* Received: full"):
        PerceptualNetwork(features(), ("full",), 16)
    image = keras.Input((None, None, 3))
    with pytest.raises(ConfigError, match=r"must have maps of more than 3 channels"):
        PerceptualNetwork(keras.Model(image, keras.layers.GlobalAveragePooling2D()(image)), (), 16)
    with pytest.raises(ConfigError, match=r"that give maps.* Received: features"):
        PerceptualNetwork(features(), ("features",), 16)


def test_the_learning_rate_is_a_tenth_from_its_step_on():
    model = plain("srresnet", image_size=16, optimizer="adam", learning_rate=1e-3, learning_rate_drop_step=5)
    rate = model.learning_rate("generator", 1)
    np.testing.assert_allclose([rate(step) for step in (0, 4, 5, 9, 10, 1000)], [1e-3] * 2 + [1e-4] * 4, rtol=1e-5)
    assert float(plain("srresnet", image_size=16).learning_rate("generator", 1)(10**6)) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("model", "changes", "message"),
    [
        ("srresnet", {"image_size": "98"}, "image_size must be a multiple of factor=4. Received: 98"),
        ("srgan", {"image_size": "24"}, "image_size must be a multiple of 16, .* Received: 24"),
        ("srgan", {"pixel_weight": "1"}, "pixel_weight and perceptual_layers go with a perceptual_network"),
        ("srgan", {"content_weight": "0", "adversarial_weight": "0"}, "must not all be 0"),
        ("srresnet", {"factor": "3"}, "factor must be one of 2, 4. Received: 3"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(model, changes, message):
    with pytest.raises(ConfigError, match=message):
        PRESETS[model].resolve("birds", changes)
