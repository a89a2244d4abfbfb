"""What defines the models of the classic line, beyond what `test_contract` asks of every model."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.strategy import mirrored
from losses import ADVERSARIAL, PENALTIES, class_loss
from models.core.adversarial import FAKE, REAL
from models.core.adversarial_config import ENERGY_LOSS
from models.core.preset import import_name
from models.core.trained import parameter_count
from models.generation import mlp
from models.generation.class_configs import InfoGANConfig
from models.generation.gan import ImageGAN
from models.generation.infogan import InfoGAN
from models.registry import PRESETS
from tests.worlds import tiny

SIDE = 32


def make(name, **changes):
    fields = {"channels": 1, "classes": 3, "dimensions": 2}
    config = tiny(name, **{field: value for field, value in fields.items() if hasattr(PRESETS[name].config, field)})
    keras.utils.set_random_seed(1)
    model = import_name(PRESETS[name].model)(dataclasses.replace(config, **changes))
    model.compile()
    return model


def real(config, shape=(SIDE, SIDE, 1), seed=0):
    rng = np.random.default_rng(seed)
    turns = config.discriminator_steps
    return {
        "real": tf.constant(rng.uniform(-1, 1, (config.batch_size, turns, *shape)), tf.float32),
        "label": tf.constant(rng.integers(0, 3, (config.batch_size, turns)), tf.int32),
    }


def points(**changes):
    model = make("gan_2d", **({"optimizer": "sgd", "learning_rate": 0.05, "beta_1": 0.0} | changes))
    return model, real(model.config, (2,))


def weights(network):
    return [value.copy() for value in network.get_weights()]


def test_the_discriminator_has_k_turns_each_on_images_of_its_own(monkeypatch):
    model, batch = points(discriminator_steps=3)
    scored, score = [], type(model).score
    monkeypatch.setattr(
        type(model),
        "score",
        lambda self, turn, image, role: scored.append((turn.index, image)) or score(self, turn, image, role),
    )
    model.train_step(batch)
    assert int(model.discriminator_optimizer.iterations) == 3
    assert int(model.generator_optimizer.iterations) == 1
    # Real and generated images of each turn, then the generator's own.
    assert [index for index, _ in scored] == [0, 0, 1, 1, 2, 2, 3]
    for index in range(3):
        np.testing.assert_array_equal(scored[2 * index][1], batch["real"][:, index])
    generated = {scored[place][1].numpy().tobytes() for place in (1, 3, 5, 6)}
    assert len(generated) == 4


def test_the_turns_of_a_step():
    model = make("cgan", discriminator_steps=2)
    batch = real(model.config)
    turns = list(model.turns(batch))
    assert [turn.index for turn in turns] == [0, 1, 2]
    # The generator's turn has the images and classes of the discriminator's last one, and a latent of its own.
    for turn, drawn in zip(turns, (0, 1, 1), strict=True):
        np.testing.assert_array_equal(turn.real, batch["real"][:, drawn])
        np.testing.assert_array_equal(turn.conditions["label"], batch["label"][:, drawn])
        np.testing.assert_array_equal(turn.latent, model.sample_latent(4, turn.index))
    assert len({turn.latent.numpy().tobytes() for turn in turns}) == 3


@pytest.mark.parametrize("name", ["gan_2d", "dcgan", "acgan", "infogan"])
@pytest.mark.parametrize("adversarial", ["relativistic", "relativistic_average"])
def test_paired_losses_in_the_steps_of_all_generation_models(name, adversarial):
    """Each player's loss from the logits of the same turn's real and generated images."""
    fixed = {"discriminator_learning_rate": 1e-30, "discriminator_normalization": "none", "discriminator_steps": 2}
    model = make(name, adversarial=adversarial, **fixed)
    batch = real(model.config, (2,) if name == "gan_2d" else (SIDE, SIDE, 1))
    *_, last, generators = model.turns(batch)
    logits = [
        (model.score(turn, turn.real, REAL), model.score(turn, model.generate(turn), FAKE))
        for turn in (last, generators)
    ]
    loss = ADVERSARIAL[adversarial]()
    expected = {
        "discriminator_loss": loss.discriminator(*logits[0]),
        "generator_loss": loss.generator(*logits[1][::-1]),
    }
    outputs = [model.discriminate(turn, model.generate(turn), FAKE) for turn in (last, generators)]
    if name == "acgan":
        of_real = model.discriminate(last, last.real, REAL)["class_logits"]
        own = [
            class_loss(found["class_logits"], turn.conditions["label"])
            for found, turn in zip(outputs, (last, generators), strict=True)
        ]
        expected["discriminator_loss"] += own[0] + class_loss(of_real, last.conditions["label"])
        expected["generator_loss"] += own[1]
    if name == "infogan":
        for key, found, turn in zip(expected, outputs, (last, generators), strict=True):
            expected[key] -= model.information(found, turn.latent)[1]
    logs = model.train_step(batch)
    for key, value in expected.items():
        assert float(logs[key]) == pytest.approx(float(value), rel=1e-4, abs=1e-6), key


def test_the_margin_of_the_hinge_loss():
    losses = {}
    for margin in (1.0, 0.25):
        model, batch = points(adversarial="hinge", margin=margin, discriminator_steps=1)
        turn = next(model.turns(batch))
        logits = model.score(turn, turn.real, REAL).numpy(), model.score(turn, model.generate(turn), FAKE).numpy()
        losses[margin] = float(model.train_step(batch)["discriminator_loss"])
        by_hand = np.maximum(margin - logits[0], 0).mean() + np.maximum(margin + logits[1], 0).mean()
        assert losses[margin] == pytest.approx(by_hand, rel=1e-5)
    assert losses[1.0] > losses[0.25] + 1


def test_the_generators_step_leaves_the_discriminator_unchanged():
    model, batch = points(discriminator_learning_rate=1e-30)
    before = weights(model.discriminator)
    start = weights(model.generator)
    model.train_step(batch)
    for one, other in zip(before, weights(model.discriminator), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-20)
    assert any((one != other).any() for one, other in zip(start, weights(model.generator), strict=True))


@pytest.mark.parametrize("penalty", ["none", *PENALTIES])
@pytest.mark.parametrize("adversarial", [name for name in ADVERSARIAL if name != ENERGY_LOSS])
def test_any_loss_goes_with_any_penalty(adversarial, penalty):
    # Of so many units one is on for some examples only: the bias of one that is always on shifts all logits alike.
    changes = {"adversarial": adversarial, "discriminator_steps": 1, "discriminator_width": 16}
    without, batch = points(**changes)
    model, _ = points(penalty=penalty, penalty_weight=3.0, **changes)
    model.set_weights(without.get_weights())
    start = weights(model.discriminator)
    turn = next(model.turns(batch))
    expected = float(model.penalty(turn, model.generate(turn)))
    logs, plain = model.train_step(batch), without.train_step(batch)
    assert np.isfinite([float(value) for value in logs.values()]).all()
    # Except the logit's bias, on which losses of differences do not depend.
    after = weights(model.discriminator)
    assert all((one != other).any() for one, other in zip(start, after, strict=True) if one.size > 1)
    difference = float(logs["discriminator_loss"]) - float(plain["discriminator_loss"])
    assert difference == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert (expected > 0) == (penalty not in ("none", "one_sided_gradient"))


def test_clipped_weights_stay_within_the_bound():
    model = make("wgan", learning_rate=0.05)
    batch = real(model.config)

    def largest(network):
        return max(float(tf.reduce_max(tf.abs(variable))) for variable in network.trainable_variables)

    assert largest(model.discriminator) > 0.01
    for _ in range(3):
        model.train_step(batch)
        assert largest(model.discriminator) <= 0.01 + 1e-9
    # The generator is not clipped.
    assert largest(model.generator) > 0.02


def test_two_replicas_equal_one_for_five_turns_of_a_critic_with_clipped_weights_and_a_penalty():
    strategy = mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")))
    settings = {
        "optimizer": "sgd",
        "learning_rate": 0.02,
        "beta_1": 0.0,
        "adversarial": "wasserstein",
        "penalty": "gradient",
        "discriminator_steps": 5,
        "weight_clip": 0.3,
        "instance_noise": 0.1,
    }
    keras.utils.set_random_seed(0)
    one = make("gan_2d", **settings)
    start = weights(one)
    with strategy.scope():
        two = make("gan_2d", **settings)
        two.set_weights(start)
    batch = real(one.config, (2,))
    data = tf.data.Dataset.range(1).map(lambda step: batch)
    for model in (one, two):
        model.fit(data, verbose=0)
    for found, expected, before in zip(weights(two), weights(one), start, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)
        assert np.size(before) < 10 or (expected != before).any()


@pytest.mark.parametrize("name", ["cgan", "projection"])
def test_both_players_are_conditioned_on_the_class(name):
    model = make(name, dropout=0.0)
    for network, key, shape in (
        (model.generator, "latent", (1, 5)),
        (model.discriminator, "image", (1, SIDE, SIDE, 1)),
    ):
        inputs = {key: tf.random.stateless_normal(shape, [0, 1])}
        if "seed" in network.input:
            inputs["seed"] = tf.zeros((1, 2), tf.int32)
        # Before training conditional batch normalization has the same scale for each class.
        for variable in network.trainable_variables:
            variable.assign(np.random.default_rng(3).normal(size=variable.shape, scale=0.3))
        outputs = [network({**inputs, "label": tf.constant([label])}).numpy().tobytes() for label in range(3)]
        assert len(set(outputs)) == 3


def test_the_projection_discriminator_adds_the_inner_product_of_class_and_features():
    """Miyato & Koyama 2018, equation 3: the difference between two classes is linear in the pooled features."""
    model = make("projection")
    image = tf.random.stateless_uniform((3, SIDE, SIDE, 1), [0, 1], -1.0, 1.0)
    first, second = (model.discriminator({"image": image, "label": tf.fill((3,), label)})[:, 0] for label in (0, 1))
    embedding = next(
        layer for layer in model.discriminator.layers if hasattr(layer, "kernel") and layer.kernel.shape[0] == 3
    )
    last = [layer for layer in model.discriminator.layers if layer.name.startswith("features_")][-1]
    pooled = tf.reduce_sum(keras.Model(model.discriminator.input["image"], last.output)(image), axis=(1, 2))
    weights_of_classes = embedding.kernel / embedding.sigma()
    expected = tf.linalg.matvec(pooled, weights_of_classes[0] - weights_of_classes[1])
    np.testing.assert_allclose(first - second, expected, rtol=1e-3, atol=1e-5)


def test_infogans_bound_rises_until_its_codes_can_be_predicted():
    config = InfoGANConfig(
        network="mlp",
        image_size=8,
        channels=1,
        batch_size=32,
        latent_dim=4,
        categories=3,
        continuous_codes=1,
        generator_width=32,
        discriminator_width=16,
        maxout_pieces=1,
        code_units=16,
        discriminator_normalization="none",
        learning_rate=2e-3,
        latent_distribution="normal",
    )
    keras.utils.set_random_seed(0)
    model = InfoGAN(config)
    model.compile()
    batch = real(config, (8, 8, 1))
    step = tf.function(model.train_step)
    found = []
    for _ in range(10):
        for _ in range(40):
            logs = step(batch)
        found.append(float(logs["information"]))
        model.reset_metrics()
    assert found[-1] > found[0] + 0.25
    # At most log 3 for the category, and log 2 - log(2 pi) / 2 for the continuous one: 0.87.
    assert found[-1] > 0.6


def test_infogans_codes_are_one_hot_categories_and_uniform_numbers():
    model = make("infogan", categories=3, continuous_codes=2, batch_size=600)
    latent = model.sample_latent(600).numpy()
    noise, category, codes = np.split(latent, [5, 8], axis=1)
    assert (category.sum(axis=1) == 1).all()
    np.testing.assert_allclose(category.mean(axis=0), 1 / 3, atol=0.07)
    assert np.abs(codes).max() <= 1
    assert codes.std() == pytest.approx(1 / np.sqrt(3), abs=0.03)
    assert np.abs(noise).max() <= 1


def test_infogans_codes_are_predicted_from_a_hidden_layer_and_acgans_classes_are_not():
    for name, width in (("infogan", 4), ("acgan", 16 * 4 * 4)):
        model = make(name, **({"code_units": 4} if name == "infogan" else {}))
        heads = [model.discriminator.get_layer(head) for head in model.config.heads]
        assert [head.kernel.shape[0] for head in heads] == [width] * len(heads)


def test_acgan_learns_to_predict_the_classes_of_real_images():
    model = make("acgan", learning_rate=2e-3, batch_size=9, discriminator_steps=1)
    label = np.arange(9) % 3
    image = np.random.default_rng(0).normal(size=(9, 1, SIDE, SIDE, 1)) * 0.1 + (label - 1).reshape(9, 1, 1, 1, 1) * 0.8
    batch = {"real": tf.constant(image, tf.float32), "label": tf.constant(label[:, np.newaxis], tf.int32)}
    step = tf.function(model.train_step)
    for _ in range(60):
        step(batch)
    logits = model.discriminator({"image": batch["real"][:, 0]}, training=True)["class_logits"]
    assert (np.argmax(logits, axis=1) == label).all()


def test_instance_noise_falls_linearly_to_zero():
    model, batch = points(instance_noise=2.0, instance_noise_steps=4)
    images = tf.zeros((20_000, 2))
    found = []
    for _ in range(5):
        found.append(float(tf.math.reduce_std(model.augment(images, REAL))))
        model.train_step(batch)
    np.testing.assert_allclose(found, [2.0, 1.5, 1.0, 0.5, 0.0], atol=0.05)


def test_the_players_may_have_different_learning_rates():
    model = make("infogan")
    assert float(model.generator_optimizer.learning_rate) == pytest.approx(1e-3)
    assert float(model.discriminator_optimizer.learning_rate) == pytest.approx(2e-4)


@pytest.mark.parametrize(
    "falling", [{"decay_steps": 10}, {"learning_rate_decay": 0.9}, {"learning_rate_halving_epochs": 5}]
)
def test_the_learning_rate_falls_with_the_generators_steps_for_both_players(falling):
    model = make("wgan_gp", **({"decay_steps": 0, "discriminator_steps": 5} | falling))
    generators, discriminators = (model.learning_rate(player, steps_per_epoch=1) for player in model.players)
    for step in (0, 5, 8):
        assert float(generators(step)) == pytest.approx(float(discriminators(5 * step)))
    assert float(generators(8)) < 0.6 * float(generators(0))


def test_the_published_networks():
    """DCGAN's generator at 64 pixels: 100 x 4x4x1024, 1024-512-256-128-3 by 4x4, and the normalizations."""
    config = dataclasses.replace(PRESETS["dcgan"].config, channels=3)
    model = ImageGAN(config)
    widths = [1024, 512, 256, 128]
    kernels = 100 * 16 * 1024 + sum(16 * a * b for a, b in zip(widths, [*widths[1:], 3], strict=True)) + 3
    assert parameter_count(model.generator) == kernels + 2 * sum(widths)
    # No pooling, no hidden dense layer.
    kinds = [type(layer).__name__ for layer in model.generator.layers + model.discriminator.layers]
    assert not any("Pooling" in kind for kind in kinds)
    # The generator's projection of the noise, and the discriminator's logit.
    assert kinds.count("Dense") == 2


@pytest.mark.parametrize("side", [28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("network", ["dcgan", "resnet", "mlp"])
def test_sizes_and_channels(network, channels, side):
    model = make("dcgan", network=network, channels=channels, image_size=side, discriminator_normalization="none")
    image = model.generator({"latent": tf.zeros((2, 5))})
    assert image.shape == (2, side, side, channels)
    assert model.discriminator({"image": image}).shape == (2, 1)


PUBLISHED = {
    # Goodfellow et al. 2014, authors' code.
    "gan": {
        "batch_size": 100,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "minimum_learning_rate": 1e-6,
        "discriminator_loss_factor": 0.5,
        "latent_distribution": "uniform_unit_variance",
        "generator_width": 1200,
        "maxout_pieces": 5,
    },
    "gan_minimax": {"adversarial": "minimax", "beta_1": 0.5, "final_momentum": 0.7, "momentum_epochs": 250},
    # Mirza & Osindero 2014, 4.1.
    "cgan": {
        "latent_distribution": "uniform_unit_cube",
        "conditioning": "concatenation",
        "learning_rate": 0.1,
        "learning_rate_decay": 1 / 1.00004,
        "generator_dropout": 0.5,
    },
    # Radford et al. 2016, section 4.
    "dcgan": {"batch_size": 128, "learning_rate": 2e-4, "beta_1": 0.5, "latent_dim": 100, "image_size": 64},
    "lsgan": {"adversarial": "least_squares"},
    # Zhao et al. 2017.
    "ebgan": {"adversarial": "energy", "pulling_away_weight": 0.1},
    # Berthelot et al. 2017.
    "began": {"diversity_ratio": 0.5, "balance_rate": 1e-3, "energy_power": 1, "pulling_away_weight": 0.0},
    # Hjelm et al. 2018.
    "bgan": {"adversarial": "boundary_seeking"},
    "bgan_discrete": {"estimator": "boundary_seeking"},
    # Denton et al. 2015, authors' code.
    "lapgan": {"optimizer": "sgd", "learning_rate": 0.02, "coarse_generator_width": 1200, "kernel_size": 7},
    # Arjovsky et al. 2017, Algorithm 1.
    "wgan": {"weight_clip": 0.01, "discriminator_steps": 5, "optimizer": "rmsprop", "learning_rate": 5e-5},
    # Gulrajani et al. 2017.
    "wgan_gp": {"penalty": "gradient", "penalty_weight": 10.0, "discriminator_steps": 5, "beta_1": 0.0, "beta_2": 0.9},
    # Miyato et al. 2018.
    "sngan": {"adversarial": "hinge", "spectral_normalization": True, "discriminator_steps": 5, "beta_2": 0.9},
    "projection": {"conditioning": "projection", "adversarial": "hinge", "spectral_normalization": True},
    "acgan": {"class_weight": 1.0, "batch_size": 100},
    # Chen et al. 2016, appendix C.1.
    "infogan": {"latent_dim": 62, "categories": 10, "continuous_codes": 2, "learning_rate": 1e-3},
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_papers_constants(name):
    config = PRESETS[name].config
    assert {field: getattr(config, field) for field in PUBLISHED[name]} == PUBLISHED[name]
    # None of the stabilizers that came later is on.
    assert (config.average_decay, config.instance_noise, config.augmentation, config.label_smoothing) == (0, 0, "", 0)


def test_cgans_discriminator_has_the_papers_maxout_units():
    config = dataclasses.replace(PRESETS["cgan"].config, channels=1, classes=10)
    # 240 units of 5 pieces for the image, 50 of 5 for the class, 240 of 4 that join them (section 4.1).
    image, label, joint = (784 + 1) * 240 * 5, (10 + 1) * 50 * 5, (240 + 50 + 1) * 240 * 4
    assert parameter_count(mlp.discriminator(config)) == image + label + joint + 240 + 1


@pytest.mark.parametrize("turns", [1, 3])
def test_the_momentum_of_both_players_rises_for_250_epochs(turns):
    model = make("gan", discriminator_steps=turns)
    model.compile(steps_per_epoch=4)
    for player, taken in (("generator", 1), ("discriminator", turns)):
        optimizer = model.optimizer_of(player)
        momenta = [float(optimizer.momentum_at(4 * epoch * taken)) for epoch in (0, 249)]
        np.testing.assert_allclose(momenta, [0.5, 0.7], atol=1e-6)


def test_a_gan_is_trained_by_adam_on_request():
    assert isinstance(make("gan", optimizer="adam").optimizer, keras.optimizers.Adam)


SMALL_IMAGES = {
    "dcgan": {"learning_rate": 2e-4, "discriminator_steps": 1},
    "wgan": {"learning_rate": 3e-4, "discriminator_steps": 5},
    "wgan_gp": {"learning_rate": 1e-3, "beta_1": 0.5, "beta_2": 0.9, "discriminator_steps": 5},
    "sngan": {"learning_rate": 5e-4, "beta_1": 0.0, "discriminator_steps": 1},
    "projection": {"learning_rate": 5e-4, "beta_1": 0.0, "discriminator_steps": 1},
}


@pytest.mark.parametrize("dataset", ["fashion_mnist", "birds", "digits"])
@pytest.mark.parametrize("name", SMALL_IMAGES)
def test_what_small_images_change(name, dataset):
    config = PRESETS[name].resolve(dataset)
    assert {field: getattr(config, field) for field in SMALL_IMAGES[name]} == SMALL_IMAGES[name]
    # A number of epochs with averaged generators, at a constant rate.
    assert (config.steps, config.decay_steps, config.average_decay) == (0, 0, 0.999)


def test_one_piece_means_leaky_relu_everywhere():
    config = dataclasses.replace(PRESETS["cgan"].config, channels=1, classes=10, maxout_pieces=1)
    image, label, joint = (784 + 1) * 240, (10 + 1) * 50, (240 + 50 + 1) * 240
    assert parameter_count(mlp.discriminator(config)) == image + label + joint + 240 + 1
