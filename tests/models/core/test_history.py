"""Historical averaging: the mean of all past weights, and its pull in a step by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.steps import RATE, Step, batch_of, descend, entropy, plain

WEIGHT = 0.7


def flat(network):
    return np.concatenate([variable.numpy().ravel() for variable in network.trainable_variables])


def test_the_mean_is_that_of_all_weights_so_far():
    model = plain("gan_2d", historical_averaging=WEIGHT, discriminator_steps=2)
    # As a new model, whose weights were set by `plain` after it was made.
    for player in ("generator", "discriminator"):
        getattr(model, f"historical_{player}_0").set_weights(getattr(model, player).get_weights())
    past = [flat(model.generator)]
    for seed in range(4):
        model.train_step(batch_of(model, seed))
        past.append(flat(model.generator))
        history = model.historical_generator_0
        kept = np.concatenate([variable.numpy().ravel() for variable in history.variables])
        np.testing.assert_allclose(kept, np.mean(past, axis=0), atol=1e-6)
    # The discriminator counts its own updates, two in a step.
    assert int(model.discriminator_optimizer.iterations) == 8


@pytest.mark.parametrize("weight", [0.0, WEIGHT])
def test_the_step(weight):
    model = plain("gan_2d", historical_averaging=weight, discriminator_steps=1, adversarial="non_saturating")
    players = {"discriminator": model.discriminator, "generator": model.generator}
    rng = np.random.default_rng(0)
    means = {name: [rng.normal(size=each.shape) for each in network.weights] for name, network in players.items()}
    if weight:
        for name, values in means.items():
            getattr(model, f"historical_{name}_0").set_weights(values)
    batch = batch_of(model)
    step = Step(model, batch)
    for variable in model.discriminator.trainable_variables + model.generator.trainable_variables:
        assert variable.trainable

    def distance(name):
        pairs = zip(players[name].trainable_variables, means[name], strict=True)
        return sum(tf.reduce_sum((variable - mean.astype(np.float32)) ** 2) for variable, mean in pairs)

    def generated(turn):
        return model.generator({"latent": tf.constant(step.given["generator"][turn]["latent"])}, training=True)

    fake = generated(0)
    with tf.GradientTape() as tape:
        real_logits, fake_logits = (
            model.discriminator({"image": each}, training=True) for each in (batch["real"][:, 0], fake)
        )
        loss = entropy(real_logits, 1) + entropy(fake_logits, 0) + weight * distance("discriminator")
    descend(loss, tape, model.discriminator, rate=RATE)
    with tf.GradientTape() as tape:
        generator_loss = entropy(model.discriminator({"image": generated(1)}, training=True), 1)
        total = generator_loss + weight * distance("generator")
    descend(total, tape, model.generator)
    # What is logged is the adversarial loss alone.
    step.assert_repeated(generator_loss=generator_loss)


def test_without_it_there_is_no_copy_of_the_weights():
    assert plain("gan_2d").histories == {}
