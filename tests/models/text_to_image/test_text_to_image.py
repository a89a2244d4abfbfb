"""The property that defines each objective of text to image."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from losses import ADVERSARIAL
from models.core.adversarial import REAL
from models.core.adversarial_config import ENERGY_LOSS, PAIRED_LOSSES
from models.core.average import MovingAverage
from models.core.config import from_plain
from models.core.layers import FusedBatchNormalization
from models.text_to_image.gan_cls import GANCLS
from models.text_to_image.gan_int import GANINT
from models.text_to_image.text_gan import TextGAN
from tests.worlds import SIDE, tiny

CLASSES = {"text_gan": TextGAN, "gan_cls": GANCLS, "gan_int": GANINT, "gan_int_cls": GANINT}


def make(name, **changes):
    keras.utils.set_random_seed(0)
    model = CLASSES[name](tiny(name, **({"text_dim": 3} | changes)))
    model.compile()
    return model


def make_batch(count=4, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "image": tf.constant(rng.uniform(-1, 1, (count, SIDE, SIDE, 3)), tf.float32),
        "wrong_image": tf.constant(rng.uniform(-1, 1, (count, SIDE, SIDE, 3)), tf.float32),
        "text": tf.constant(rng.normal(size=(count, 3)), tf.float32),
    }


def one_step(model, batch):
    """A step, with the discriminator's passes: (images, texts, logits) each."""
    passes, score = [], model.score

    def recording(image, text, role):
        logits = score(image, text, role)
        passes.append((image.numpy(), text.numpy(), logits.numpy()))
        return logits

    object.__setattr__(model, "score", recording)
    logs = {name: float(value) for name, value in model.train_step(batch).items()}
    return logs, passes


def bce(logits, target):
    return float(keras.losses.BinaryCrossentropy(from_logits=True)(np.full_like(logits, target), logits))


def find(passes, image):
    """The discriminator's passes on these images."""
    return [one for one in passes if np.array_equal(one[0], image)]


@pytest.mark.parametrize("weight", [0.5, 0.3])
def test_gan_cls_weights_real_images_with_mismatched_texts(weight):
    model, batch = make("gan_cls", mismatch_weight=weight), make_batch()
    logs, passes = one_step(model, batch)
    assert len(passes) == 4
    ((_, real_text, real),) = find(passes, batch["image"])
    ((_, wrong_text, wrong),) = find(passes, batch["wrong_image"])
    np.testing.assert_array_equal(wrong_text, batch["text"])
    np.testing.assert_array_equal(real_text, batch["text"])
    fake, after = passes[-2], passes[-1]
    # The images are generated once, for both players.
    np.testing.assert_array_equal(fake[0], after[0])
    expected = bce(real, 1) + weight * bce(wrong, 0) + (1 - weight) * bce(fake[2], 0)
    assert logs["discriminator_loss"] == pytest.approx(expected, rel=1e-5)
    assert logs["generator_loss"] == pytest.approx(bce(after[2], 1), rel=1e-5)
    assert logs["wrong_score"] == pytest.approx(np.mean(1 / (1 + np.exp(-wrong))), rel=1e-5)


def test_text_gan_does_not_use_mismatched_pairs():
    batch = make_batch()
    logs, passes = one_step(make("text_gan"), batch)
    assert len(passes) == 3
    assert not find(passes, batch["wrong_image"])
    assert logs["discriminator_loss"] == pytest.approx(bce(passes[0][2], 1) + bce(passes[1][2], 0), rel=1e-5)
    weights = []
    for wrong in (batch["wrong_image"], -batch["wrong_image"]):
        model = make("text_gan")
        model.train_step(dict(batch, wrong_image=wrong))
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["gan_int", "gan_int_cls"])
def test_gan_int_trains_the_generator_on_midpoints_and_the_discriminator_without_them(name):
    model, batch = make(name), make_batch(6)
    discriminators = model.generate(batch["text"])
    logs, passes = one_step(model, batch)
    text = batch["text"].numpy()
    images, texts, logits = passes[-1]
    assert len(images) == 9
    np.testing.assert_array_equal(texts[:6], text)
    np.testing.assert_allclose(texts[6:], (text[:3] + text[3:]) / 2, rtol=1e-6)
    # The mean over 1.5 B generated images, each with weight 1.
    assert logs["generator_loss"] == pytest.approx(bce(logits, 1), rel=1e-5)
    assert logs["interpolated_loss"] == pytest.approx(bce(logits[6:], 1), rel=1e-5)
    for _, pass_texts, _ in passes[:-1]:
        np.testing.assert_array_equal(pass_texts, text)
    by_kind = {"real": find(passes, batch["image"])[0][2], "fake": passes[1][2]}
    # The discriminator's B images have noise of their own, and a batch of their own: their statistics do not mix with
    # those of interpolated texts.
    np.testing.assert_allclose(passes[1][0], discriminators, atol=1e-5)
    assert np.abs(passes[1][0] - images[:6]).max() > 0.01
    expected = bce(by_kind["real"], 1)
    if name == "gan_int":
        assert len(passes) == 3
        expected += bce(by_kind["fake"], 0)
    else:
        expected += 0.5 * bce(by_kind["fake"], 0) + 0.5 * bce(find(passes, batch["wrong_image"])[0][2], 0)
    assert logs["discriminator_loss"] == pytest.approx(expected, rel=1e-5)
    assert ("wrong_score" in logs) == (name == "gan_int_cls")


@pytest.mark.parametrize("beta", [0.0, 0.25, 1.0])
def test_interpolation_beta(beta):
    model = make("gan_int", interpolation_beta=beta)
    text = tf.constant([[1.0, 0, 0], [2, 0, 0], [0, 1, 0], [0, 2, 0]])
    between = [[beta, 1 - beta, 0], [2 * beta, 2 - 2 * beta, 0]]
    np.testing.assert_allclose(model.with_interpolations(text), np.concatenate([text, between]))


def test_only_gan_cls_learns_to_recognize_mismatched_pairs():
    """Against a generator whose images already match: then only mismatched pairs can teach what matching is."""
    gaps = {}
    for name in ("gan_cls", "text_gan"):
        model = make(name, discriminator_width=8, learning_rate=1e-3, batch_size=8, image_size=16)
        own_images = model.generate
        model.generate = lambda text, own_images=own_images: picture_of(text) + 0.0 * own_images(text)
        step = tf.function(model.train_step)
        for index in range(100):
            text = np.repeat(np.random.default_rng(index).choice([-1.0, 1.0], (8, 1)), 3, axis=1)
            text = tf.constant(text, tf.float32)
            batch = {"image": picture_of(text), "wrong_image": picture_of(-text), "text": text}
            step(batch)
        gaps[name] = score_gap(model, batch)
    # Matching pairs are real with weight 1 and fake (generated) with weight 0.5: their score is 2/3 at best.
    assert gaps["gan_cls"] > 0.5
    assert abs(gaps["text_gan"]) < 0.25


def picture_of(text):
    """(B, 16, 16, 3) images, bright for texts of ones and dark for texts of minus ones."""
    return 0.8 * text[:, None, None, :] + tf.random.stateless_normal((len(text), 16, 16, 3), (0, 0)) * 0.05


def score_gap(model, batch):
    """The difference in score of matching and mismatched pairs."""
    right, wrong = (tf.sigmoid(model.score(batch[key], batch["text"], REAL)) for key in ("image", "wrong_image"))
    return float(tf.reduce_mean(right) - tf.reduce_mean(wrong))


@pytest.mark.parametrize("name", ["text_gan", "gan_cls", "gan_int_cls"])
@pytest.mark.parametrize("adversarial", [name for name in ADVERSARIAL if name not in (*PAIRED_LOSSES, ENERGY_LOSS)])
def test_any_adversarial_loss_by_name(name, adversarial):
    logs, passes = one_step(make(name, adversarial=adversarial), make_batch())
    assert np.isfinite(list(logs.values())).all()
    loss = ADVERSARIAL[adversarial]()
    assert logs["generator_loss"] == pytest.approx(float(loss.generator(passes[-1][2])), rel=1e-4, abs=1e-6)


def test_label_smoothing_changes_only_the_real_term():
    plain, smoothed = (one_step(make("gan_cls", label_smoothing=s), make_batch()) for s in (0.0, 0.1))
    assert (plain[1][0][2] == smoothed[1][0][2]).all()
    real = plain[1][0][2]
    difference = smoothed[0]["discriminator_loss"] - plain[0]["discriminator_loss"]
    assert difference == pytest.approx(bce(real, 0.9) - bce(real, 1.0), abs=1e-5)


def test_the_gradient_penalty_is_added_with_its_weight():
    changes = {"adversarial": "wasserstein", "discriminator_normalization": "layer", "penalty": "gradient"}
    losses = [
        one_step(make("gan_cls", penalty_weight=weight, **changes), make_batch())[0]["discriminator_loss"]
        for weight in (0.0, 1.0, 10.0)
    ]
    penalty = losses[1] - losses[0]
    assert penalty > 0.01
    assert losses[2] - losses[0] == pytest.approx(10 * penalty, rel=1e-3)


def test_end_to_end_the_encoder_learns_in_the_discriminators_step_only():
    model = make("gan_cls", text_encoder="end_to_end", captions_per_image=2)
    encoder = {id(variable) for variable in model.text_encoder.trainable_variables}
    assert encoder <= {id(variable) for variable in model.player_variables("discriminator")}
    assert not encoder & {id(variable) for variable in model.player_variables("generator")}
    characters = np.random.default_rng(0).integers(1, 71, (4, 2, 201)).astype(np.uint8)
    batch = make_batch()
    del batch["text"]
    batch["characters"] = tf.constant(characters)
    singly = [model.text_encoder({"characters": characters[:, caption]}) for caption in range(2)]
    np.testing.assert_allclose(model.read(batch)["embedding"], (singly[0] + singly[1]) / 2, atol=1e-6)

    moved, minimize = {}, model.minimize

    def watching(loss, tape, player):
        before = [value.copy() for value in model.text_encoder.get_weights()]
        minimize(loss, tape, player)
        after = model.text_encoder.get_weights()
        moved[player] = any((one != other).any() for one, other in zip(before, after, strict=True))

    object.__setattr__(model, "minimize", watching)
    model.train_step(batch)
    assert moved == {"discriminator": True, "generator": False}


# Schedules and averages.


def test_the_preset_halves_at_the_beginning_of_every_hundredth_epoch():
    model = make("gan_cls")
    model.compile(steps_per_epoch=138)
    for player in ("generator", "discriminator"):
        optimizer = model.optimizer_of(player)
        for step, rate in ((0, 2e-4), (13_661, 2e-4), (13_662, 1e-4), (27_462, 5e-5)):
            optimizer.iterations.assign(step)
            assert float(optimizer.learning_rate) == pytest.approx(rate)


def test_the_moving_average_against_numpy():
    model = make("gan_cls", average_decay=0.5)
    network = model.generator
    assert model.sampled_generator is model.averaged_generator
    expected = [value.copy() for value in network.get_weights()]
    for one, other in zip(model.averaged_generator.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    for step in range(1, 8):
        decay = min(0.5, (1 + model.step) / (10 + model.step))
        model.train_step(make_batch(seed=step))
        expected = [decay * old + (1 - decay) * new for old, new in zip(expected, network.get_weights(), strict=True)]
    for average, value, current in zip(
        model.averaged_generator.variables, expected, network.get_weights(), strict=True
    ):
        np.testing.assert_allclose(average.numpy(), value, atol=1e-6, rtol=1e-5, err_msg=average.path)
        assert not np.array_equal(average.numpy(), current)


def test_a_moving_average_includes_batch_statistics_and_follows_its_decay():
    network = keras.Sequential([keras.Input((2,)), FusedBatchNormalization()])
    average = MovingAverage(network, decay=0.9)
    moving_mean = network.layers[0].moving_mean
    moving_mean.assign([10.0, 20.0])
    # At step 1,000 the start-up is over: a tenth of the way.
    average.update(tf.constant(1000))
    np.testing.assert_allclose(average.average.layers[0].moving_mean, [1.0, 2.0], rtol=1e-5)
    average.update(tf.constant(1000))
    np.testing.assert_allclose(average.average.layers[0].moving_mean, [1.9, 3.8], rtol=1e-5)


def test_without_an_average_the_last_weights_are_sampled():
    model = make("gan_cls")
    assert not model.is_averaged
    assert model.sampled_generator is model.generator


@pytest.mark.parametrize("shape", [(5, 4, 4, 3), (7, 6)])
def test_fused_batch_normalization_is_batch_normalization(shape):
    x = np.random.default_rng(0).normal(3, 2, shape).astype(np.float32)
    fused, plain = (
        FusedBatchNormalization(momentum=0.9, epsilon=1e-5),
        keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
    )
    np.testing.assert_allclose(fused(x, training=True), plain(x, training=True), atol=1e-4)
    count = x.size / shape[-1]
    np.testing.assert_allclose(fused.moving_mean, plain.moving_mean, rtol=1e-4)
    # Torch's moving variance is the unbiased one.
    unbiased = 0.9 + (plain.moving_variance.numpy() - 0.9) * count / (count - 1)
    np.testing.assert_allclose(fused.moving_variance, unbiased, rtol=1e-3)
    fused.moving_variance.assign(plain.moving_variance)
    np.testing.assert_allclose(fused(x), plain(x), atol=1e-4)


def test_a_configuration_survives_json():
    config = tiny("attribute_judge", value_counts=(3, 2))
    assert from_plain(type(config), json.loads(json.dumps(dataclasses.asdict(config)))) == config
