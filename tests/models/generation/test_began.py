"""BEGAN: its step by hand, and the ratio that it keeps."""

import numpy as np
import pytest
import tensorflow as tf

from engine.strategy import mirrored
from models.core.config import ConfigError
from models.core.logs import copies
from tests.models.steps import Step, batch_of, descend, plain
from tests.worlds import tiny

RATIO, RATE = 0.4, 0.25


def test_the_energy_is_the_mean_absolute_error():
    model = plain("began", image_size=16)
    image = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 1)).astype(np.float32)
    found = model.discriminator({"image": image}, training=False)
    expected = np.mean(np.abs(found["reconstruction"] - image), axis=(1, 2, 3))
    np.testing.assert_allclose(found["energy"][:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("balance", [0.0, 0.3])
def test_the_step(balance):
    model = plain("began", discriminator_steps=1, diversity_ratio=RATIO, balance_rate=RATE)
    model.balance.assign(balance)
    batch = batch_of(model)
    step = Step(model, batch)
    after = float(step.logs["balance"])

    def energy(image):
        return tf.reduce_mean(model.discriminator({"image": image}, training=True)["energy"])

    def generate(turn):
        return model.generator({"latent": tf.constant(step.given["generator"][turn]["latent"])}, training=True)

    real, fake = batch["real"][:, 0], generate(0)
    with tf.GradientTape() as tape:
        real_energy, fake_energy = energy(real), energy(fake)
        discriminator_loss = real_energy - balance * fake_energy
    descend(discriminator_loss, tape, model.discriminator)
    with tf.GradientTape() as tape:
        generator_loss = energy(generate(1))
    descend(generator_loss, tape, model.generator)
    gap = RATIO * float(real_energy) - float(generator_loss)
    assert after == pytest.approx(np.clip(balance + RATE * gap, 0, 1), abs=1e-6)
    step.assert_repeated(
        generator_loss=generator_loss,
        discriminator_loss=discriminator_loss,
        real_score=real_energy,
        fake_score=fake_energy,
        convergence=float(real_energy) + abs(gap),
    )


def test_the_balance_stays_between_0_and_1_and_is_saved(tmp_path):
    model = plain("began", discriminator_steps=1, diversity_ratio=1.0, balance_rate=100.0)
    batch = batch_of(model)
    # Images that are reconstructed at once: real ones have more energy.
    model.generator.set_weights([0 * weight for weight in model.generator.get_weights()])
    model.train_step(batch)
    assert float(model.balance) in (0.0, 1.0)
    model.balance.assign(0.6)
    model.save_weights(tmp_path / "kept.weights.h5")
    other = plain("began", discriminator_steps=1)
    other.load_weights(tmp_path / "kept.weights.h5")
    assert float(other.balance) == pytest.approx(0.6)


def test_the_ratio_of_energies_is_led_to_what_is_asked_for():
    """Where only k is free (no rates), it rises while generated images have too little energy, and falls else."""
    for ratio, rises in ((1.0, True), (0.0, False)):
        model = plain("began", discriminator_steps=1, learning_rate=0.0, diversity_ratio=ratio, balance_rate=0.01)
        model.balance.assign(0.5)
        batch = batch_of(model)
        batch["real"] = 3.0 * tf.sign(batch["real"])
        model.train_step(batch)
        assert (float(model.balance) > 0.5) == rises


def test_two_replicas_have_the_balance_of_one():
    found = []
    for devices in (1, 2):
        names = tuple(device.name for device in tf.config.list_logical_devices("CPU"))[:devices]
        strategy = mirrored(names)
        with strategy.scope():
            settings = {"diversity_ratio": RATIO, "balance_rate": RATE, "batch_size": 4}
            model = plain("began", discriminator_steps=1, generator_normalization="none", **settings)
            model.balance.assign(0.5)
        batch = batch_of(model)
        # Halves of a batch that differ.
        batch["real"] = batch["real"] * tf.reshape([1.0, 1.0, 0.1, 0.1], (4, 1, 1, 1, 1))
        data = tf.data.Dataset.range(3).map(lambda step, batch=batch: batch)
        model.fit(data, verbose=0)
        found.append([float(copies(model.balance)[place]) for place in range(devices)])
    np.testing.assert_allclose(found[1], found[0] * 2, rtol=1e-3)
    assert 0 < found[0][0] < 0.5


def test_it_has_no_pulling_away_term():
    with pytest.raises(ConfigError, match="pulling_away_weight"):
        tiny("began", pulling_away_weight=0.1)
    with pytest.raises(ConfigError, match="margin"):
        tiny("began", margin=0.1)
