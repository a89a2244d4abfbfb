"""The step of the GAN of binary images by hand, and what is binary in it."""

import numpy as np
import pytest
import tensorflow as tf

from engine.command import Evaluate
from engine.parts.generation import in_black_and_white
from evaluation.evaluator import Data
from models.core.config import ConfigError
from models.generation.binary import Binarized
from serving.latents import LatentSampler
from tests.models.steps import Step, batch_of, descend, entropy, plain, probability
from tests.worlds import examples_of, labeled_images, tiny, tiny_run

DRAWS = 3


def sharp(**changes):
    """A model whose generator is sure enough of some pixels."""
    model = plain("bgan_discrete", draws=DRAWS, discriminator_steps=1, **changes)
    model.generator.set_weights([2.0 * weight for weight in model.generator.get_weights()])
    return model


def expected_of(model, latent):
    return model.generator({"latent": tf.constant(latent)}, training=True)


@pytest.mark.parametrize("estimator", ["boundary_seeking", "straight_through"])
def test_the_step(estimator):
    model = sharp(estimator=estimator)
    batch = batch_of(model)
    step = Step(model, batch)
    real, fake, drawn = (tf.constant(given["image"]) for given in step.given["discriminator"])
    latents = [given["latent"] for given in step.given["generator"]]
    np.testing.assert_array_equal(real, np.where(batch["real"][:, 0] > 0, 1, -1))
    assert set(np.unique(fake)) == {-1.0, 1.0}
    with tf.GradientTape() as tape:
        real_logits, fake_logits = (model.discriminator({"image": image}, training=True) for image in (real, fake))
        discriminator_loss = entropy(real_logits, 1) + entropy(fake_logits, 0)
    descend(discriminator_loss, tape, model.discriminator)
    count = len(real)
    with tf.GradientTape() as tape:
        expected = expected_of(model, latents[1])
        if estimator == "straight_through":
            assert set(np.unique(drawn.numpy().round(5))) == {-1.0, 1.0}
            # As if the drawn pixels were the expected ones.
            passed = expected + tf.stop_gradient(tf.round(drawn) - expected)
            generator_loss = entropy(model.discriminator({"image": passed}, training=True), 1)
        else:
            assert set(np.unique(drawn)) == {-1.0, 1.0}
            logits = tf.reshape(model.discriminator({"image": drawn}, training=True), (count, DRAWS))
            weights = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) - 1 / DRAWS
            images = tf.reshape(drawn, (count, DRAWS, *expected.shape[1:]))
            # The probability of a pixel's own value, from its expected one.
            own = tf.math.log((1 + images * expected[:, tf.newaxis]) / 2)
            generator_loss = -tf.reduce_mean(tf.reduce_sum(weights * tf.reduce_sum(own, axis=(2, 3, 4)), axis=1))
    descend(generator_loss, tape, model.generator)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=probability(real_logits),
        fake_score=probability(fake_logits),
    )


def test_pixels_are_drawn_as_often_as_the_generator_says_each_draw_by_itself():
    model = sharp()
    (turn, _) = model.turns(batch_of(model))
    logits = model.pixel_logits(turn)
    images = model.draws(turn, logits, 2000).numpy()
    np.testing.assert_allclose(images.mean(axis=1), model.generator({"latent": turn.latent}, training=True), atol=0.12)
    assert not np.array_equal(images[:, 0], images[:, 1])
    assert not np.array_equal(images[0, 0], images[1, 0])


def test_importance_weights_are_of_a_discriminator_of_probabilities():
    with pytest.raises(ConfigError, match=r"boundary_seeking requires adversarial=non_saturating.*Received: hinge"):
        tiny("bgan_discrete", adversarial="hinge")
    assert tiny("bgan_discrete", adversarial="hinge", estimator="straight_through").adversarial == "hinge"


def test_real_images_are_black_and_white_wherever_they_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    run = tiny_run("bgan_discrete", tmp_path / "run")
    prepared = run.parts.prepare(run.splits.train)
    (batch,) = prepared.batches.dataset(0, 1)
    assert set(np.unique(batch["real"])) == {-1.0, 1.0}
    data = Data(labeled_images(), "test", 50)
    outputs = run.parts.outputs(plain("bgan_discrete"), LatentSampler.__new__(LatentSampler), data, Evaluate())
    assert set(np.unique(outputs.real[:])) == {-1.0, 1.0}
    images = in_black_and_white(labeled_images()).images
    np.testing.assert_array_equal(images == 255, labeled_images().images > 127)
    assert set(np.unique(images)) == {0, 255}
    (real,) = run.parts.real_images(labeled_images(), prepared.config).values()
    assert set(np.unique(real[np.arange(3)])) <= {0, 255}


def test_back_propagation_ends_at_the_pixels():
    model = sharp()
    (turn, _) = model.turns(batch_of(model))
    with tf.GradientTape() as tape:
        logits = model.discriminator({"image": model.generate(turn)}, training=True)
    gradients = tape.gradient(logits, model.generator.trainable_variables)
    assert all(gradient is None or not np.any(gradient) for gradient in gradients)


@pytest.mark.parametrize("average_decay", [0.0, 0.9])
def test_what_is_sampled_is_the_more_probable_pixel(average_decay):
    model = sharp(average_decay=average_decay)
    latent = tf.constant(np.random.default_rng(0).normal(size=(4, model.config.input_dim)), tf.float32)
    network = model.averaged_generator if average_decay else model.generator
    expected = network({"latent": latent}, training=False).numpy()
    found = model.sampled_generator({"latent": latent}, training=False).numpy()
    np.testing.assert_array_equal(found, np.where(expected > 0, 1, -1))
    assert list(Binarized()(tf.constant([-0.2, 0.0, 0.1]))) == [-1, -1, 1]
