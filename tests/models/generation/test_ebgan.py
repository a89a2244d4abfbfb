"""The energy-based GAN: its auto-encoder in NumPy's words, and its step by hand."""

import numpy as np
import pytest
import tensorflow as tf

from models.core.config import ConfigError
from tests.models.steps import Step, batch_of, descend, plain
from tests.worlds import tiny


def test_the_energy_is_the_mean_squared_error_of_the_reconstruction():
    model = plain("ebgan", image_size=16, channels=2 + 1)
    image = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 3)).astype(np.float32)
    found = model.discriminator({"image": image}, training=False)
    assert found["reconstruction"].shape == image.shape
    expected = np.mean((found["reconstruction"] - image) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(found["energy"][:, 0], expected, rtol=1e-5)
    # The image goes through the code: another one is reconstructed otherwise.
    assert np.abs(found["reconstruction"][0] - found["reconstruction"][1]).max() > 1e-3
    assert found["code"].shape[0] == 3


@pytest.mark.parametrize("weight", [0.0, 0.3])
@pytest.mark.parametrize("margin", [0.2, 5.0])
def test_the_step(weight, margin):
    model = plain("ebgan", margin=margin, pulling_away_weight=weight, discriminator_steps=1)
    batch = batch_of(model)
    step = Step(model, batch)

    def generate(turn):
        latent = tf.constant(step.given["generator"][turn]["latent"])
        return model.generator({"latent": latent}, training=True)

    real, fake = batch["real"][:, 0], generate(0)
    with tf.GradientTape() as tape:
        real_energy, fake_energy = (
            model.discriminator({"image": image}, training=True)["energy"] for image in (real, fake)
        )
        discriminator_loss = tf.reduce_mean(real_energy) + tf.reduce_mean(tf.maximum(margin - fake_energy, 0))
    descend(discriminator_loss, tape, model.discriminator)
    with tf.GradientTape() as tape:
        outputs = model.discriminator({"image": generate(1)}, training=True)
        generator_loss, codes, pairs = tf.reduce_mean(outputs["energy"]), outputs["code"], []
        for one in range(len(codes)):
            for other in range(len(codes)):
                if one != other:
                    cosine = tf.reduce_sum(codes[one] * codes[other]) / (tf.norm(codes[one]) * tf.norm(codes[other]))
                    pairs.append(cosine**2)
        generator_loss += weight * tf.reduce_mean(pairs)
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=tf.reduce_mean(real_energy),
        fake_score=tf.reduce_mean(fake_energy),
    )


def test_energies_and_logits_are_not_taken_for_each_other():
    with pytest.raises(ConfigError, match=r"adversarial must be one of minimax, .*gives logits\. Received: energy"):
        tiny("dcgan", adversarial="energy")
    with pytest.raises(ConfigError, match="adversarial must be"):
        tiny("ebgan", adversarial="hinge")
    with pytest.raises(ConfigError, match=r"conditioning=none.*Received: network=mlp, minibatch_kernels=3"):
        tiny("ebgan", network="mlp", minibatch_kernels=3)
