"""Pixel-level domain transfer: what each discriminator is trained to accept."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core.adversarial import REAL
from models.core.config import ConfigError
from models.image_to_image.pixel_dt import PixelDT
from models.registry import PRESETS
from tests.worlds import SIDE, tiny


def model(**changes):
    keras.utils.set_random_seed(0)
    made = PixelDT(tiny("pixel_dt", **changes))
    made.compile()
    return made


def batch(count=4):
    rng = np.random.default_rng(0)
    return {
        name: tf.constant(rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32))
        for name in ("input", "target", "unassociated")
    }


def entropy(logits, target):
    return float(tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.fill(logits.shape, target), logits)))


def test_the_losses_by_hand():
    made, data = model(), batch()
    made.minimize = lambda *arguments: None
    generated = made.translate(data["input"])
    pairs = [made.score_pair(data["input"], image, REAL) for image in (data["target"], data["unassociated"], generated)]
    alone = [made.score(image, REAL) for image in (data["target"], data["unassociated"], generated)]
    logs = {name: float(value) for name, value in made.train_step(data).items()}
    # The unassociated target is real for one discriminator and fake for the other.
    expected = sum(entropy(logits, target) for logits, target in zip(alone, (1.0, 1.0, 0.0), strict=True)) / 3
    assert logs["discriminator_loss"] == pytest.approx(expected, rel=1e-5)
    expected = sum(entropy(logits, target) for logits, target in zip(pairs, (1.0, 0.0, 0.0), strict=True)) / 3
    assert logs["domain_loss"] == pytest.approx(expected, rel=1e-5)
    expected = (entropy(alone[2], 1.0) + entropy(pairs[2], 1.0)) / 2
    assert logs["generator_loss"] == pytest.approx(expected, rel=1e-5)


def test_the_domain_discriminator_learns_that_an_unassociated_pair_is_false():
    """Inputs and targets of one tone each: a pair is associated if the tones are the same."""
    made = model(learning_rate=1e-3, batch_size=8)
    made.translate = lambda image: 0.0 * image
    tones = tf.constant(np.array([-0.8, 0.8] * 4, np.float32).reshape(8, 1, 1, 1)) * tf.ones((1, SIDE, SIDE, 3))
    noise = tf.random.stateless_normal(tones.shape, (0, 1), stddev=0.05)
    made.minimize = lambda loss, tape, player: player == "generator" or PixelDT.minimize(made, loss, tape, player)
    step = tf.function(made.train_step)
    for _ in range(60):
        made.reset_metrics()
        logs = step({"input": tones + noise, "target": tones, "unassociated": -tones})
    assert float(logs["associated_score"]) > 0.8
    assert float(logs["unassociated_score"]) < 0.2
    # Both targets are real.
    assert float(logs["real_score"]) > 0.8


def test_the_players_are_updated_in_the_papers_order_each_against_the_updated_ones():
    made, order = model(), []
    minimize = made.minimize

    def recorded(loss, tape, player):
        order.append(player)
        minimize(loss, tape, player)

    made.minimize = recorded
    data = batch()
    generated = made.translate(data["input"])
    made.generator_optimizer = keras.optimizers.SGD(0.0)
    made.generator_optimizer.build(made.player_variables("generator"))
    logs = made.train_step(data)
    assert order == ["discriminator", "domain_discriminator", "generator"]
    alone, paired = made.score(generated, REAL), made.score_pair(data["input"], generated, REAL)
    after = (entropy(alone, 1.0) + entropy(paired, 1.0)) / 2
    assert float(logs["generator_loss"]) == pytest.approx(after, rel=1e-4)


def test_only_the_domain_discriminator_compares_with_the_input():
    """Translations held fixed, another input changes a loss only where there is a domain discriminator."""
    assert PRESETS["pixel_dt_no_domain"].config.domain_weight == 0
    for weight in (0.0, 1.0):
        losses = []
        for sign in (1.0, -1.0):
            made, data = model(domain_weight=weight), batch()
            made.translate = lambda image, fixed=0.5 * data["input"]: fixed
            made.minimize = lambda *arguments: None
            logs = made.train_step(data | {"input": sign * data["input"]})
            losses.append({name: float(value) for name, value in logs.items()})
        assert (losses[0] == losses[1]) == (weight == 0.0)
        assert ("domain_loss" in losses[0]) == (weight == 1.0)


def test_the_converter_has_a_code_or_passes_its_map_on():
    sizes = {code: model(code_dim=code).generator.count_params() for code in (0, 5, 10)}
    assert sizes[0] < sizes[5] < sizes[10]
    with pytest.raises(ConfigError, match="power of two"):
        tiny("pixel_dt", image_size=48)
