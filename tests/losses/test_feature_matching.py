"""Feature matching by hand: the loss, and a GAN's step whose generator has no other."""

import numpy as np
import pytest
import tensorflow as tf

from losses import feature_matching_loss
from models.core.config import ConfigError
from tests.models.steps import Step, batch_of, descend, entropy, plain, probability
from tests.worlds import tiny


def test_numbers_worked_by_hand():
    real, fake = tf.Variable([[1.0, 0.0], [3.0, 4.0]]), tf.Variable([[0.0, 2.0], [0.0, 0.0]])
    with tf.GradientTape() as tape:
        loss = feature_matching_loss(real, fake)
    # Means of (2, 2) and (0, 1): squares of 2 and 1.
    assert float(loss) == pytest.approx(2.5)
    of_real, of_fake = tape.gradient(loss, [real, fake])
    assert of_real is None
    np.testing.assert_allclose(of_fake, [[-1.0, -0.5]] * 2)


@pytest.mark.parametrize("network", ["dcgan", "mlp", "resnet"])
def test_the_step(network):
    model = plain(
        "dcgan", feature_matching=True, network=network, discriminator_steps=1, generator_width=16, dropout=0.0
    )
    batch = batch_of(model)
    step = Step(model, batch)
    latents = [tf.constant(given["latent"]) for given in step.given["generator"]]
    real, fake = batch["real"][:, 0], model.generator({"latent": latents[0]}, training=True)
    with tf.GradientTape() as tape:
        logits = [model.discriminator({"image": image}, training=True)["logits"] for image in (real, fake)]
        discriminator_loss = entropy(logits[0], 1) + entropy(logits[1], 0)
    descend(discriminator_loss, tape, model.discriminator)
    with tf.GradientTape() as tape:
        images = (real, model.generator({"latent": latents[1]}, training=True))
        means = [
            tf.reduce_mean(model.discriminator({"image": image}, training=True)["features"], axis=0) for image in images
        ]
        generator_loss = tf.reduce_mean((means[0] - means[1]) ** 2)
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=probability(logits[0]),
        fake_score=probability(logits[1]),
    )


@pytest.mark.parametrize("name", ["acgan", "attribute_font", "infogan", "ebgan", "bgan_discrete"])
def test_it_is_refused_where_the_generator_has_another_loss(name):
    with pytest.raises(ConfigError, match=r"feature_matching is in the place of .*Received: feature_matching=True of"):
        tiny(name, feature_matching=True)
