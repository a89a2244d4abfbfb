"""The optimizers of every preset: method, rates, decay rates, momentum and schedule, from the papers and their code.

Gradients are known numbers, and the updates are computed by hand: a constant that the optimizer does not take is seen.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import NamedTuple

import keras
import numpy as np
import pytest

from engine.run import import_name
from models.core import optimizers
from models.registry import PRESETS
from tests.models.reference import DATA
from tests.worlds import tiny

# Of the schedules below, for each step its share of the initial rate, with 10 steps an epoch.
EPOCH = 10
CONSTANT = {0: 1.0, 1_000_000: 1.0}
# Reed et al., main_cls_int.lua: halved when `epoch % 100 == 0`, epochs counted from 1.
HALVED = {0: 1.0, 989: 1.0, 990: 0.5, 1989: 0.5, 1990: 0.25, 2990: 0.125}
# The same at every 50th epoch.
HALVED_AT_50 = {0: 1.0, 489: 1.0, 490: 0.5, 989: 0.5, 990: 0.25, 1490: 0.125}
# Zhu et al. 2017, section 4: 100 epochs, then 100 over which it falls to 0; train.lua: at the end of each.
FALLING = {0: 1.0, 1009: 1.0, 1010: 0.99, 1019: 0.99, 1500: 0.5, 1999: 0.01, 2000: 0.0, 9999: 0.0}
# Gulrajani et al. 2017, appendix, and Miyato et al. 2018: to 0 over 100,000 steps of the generator.
LINEAR = {0: 1.0, 25_000: 0.75, 50_000: 0.5, 99_000: 0.01, 100_000: 0.0, 200_000: 0.0}


def exponential(factor: float, least: float) -> dict[int, float]:
    """pylearn2's ExponentialDecay: divided by `factor` at every step, down to a share of `least`."""
    return {step: max(factor**-step, least) for step in (0, 1, 20_000, 100_000, 250_000, 10_000_000)}


class Adam(NamedTuple):
    """Kingma & Ba 2015, end of section 2; epsilon as in Torch."""

    beta_1: float
    beta_2: float
    epsilon: float = 1e-8

    def update(self, gradients, rates):
        mean = square = moved = 0.0
        for step, (gradient, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
            mean = self.beta_1 * mean + (1 - self.beta_1) * gradient
            square = self.beta_2 * square + (1 - self.beta_2) * gradient**2
            size = rate * math.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
            moved = moved - size * mean / (np.sqrt(square) + self.epsilon)
        return moved


class RMSProp(NamedTuple):
    """Torch's: Arjovsky et al. 2017 trained with PyTorch's defaults."""

    rho: float = 0.99
    epsilon: float = 1e-8

    def update(self, gradients, rates):
        square = moved = 0.0
        for gradient, rate in zip(gradients, rates, strict=True):
            square = self.rho * square + (1 - self.rho) * gradient**2
            moved = moved - rate * gradient / (np.sqrt(square) + self.epsilon)
        return moved


class Momentum(NamedTuple):
    """Classical momentum, rising from the first epoch to the last of `epochs`.

    pylearn2's MomentumAdjustor from 1 to `epochs`, which counts its calls, the first of them before the first epoch.
    """

    first: float
    last: float
    epochs: int

    def at(self, step: int) -> float:
        return float(np.interp(step // EPOCH, (0, self.epochs - 1), (self.first, self.last)))

    def update(self, gradients, rates):
        velocity = moved = 0.0
        for step, (gradient, rate) in enumerate(zip(gradients, rates, strict=True)):
            velocity = self.at(step) * velocity - rate * gradient
            moved = moved + velocity
        return moved


class Row(NamedTuple):
    """Of one preset: the method, the rate of each player, the schedule, turns and bound of the discriminator."""

    method: Adam | RMSProp | Momentum
    rate: float
    schedule: Mapping[int, float] = CONSTANT
    discriminator_rate: float | None = None
    turns: int = 1
    clip: float = 0.0


# Radford et al. 2016, section 4, whom most others follow.
DCGAN = Row(Adam(0.5, 0.999), 2e-4)
REED = DCGAN._replace(schedule=HALVED)
CYCLEGAN = DCGAN._replace(schedule=FALLING)
# Goodfellow et al. 2014, mnist.yaml: the momentum is 0.5 in epoch 1 and 0.7 from epoch 250 on, the rate 1e-6 at least.
MAXOUT = Row(Momentum(0.5, 0.7, 250), 0.1, exponential(1.000004, 1e-5))
# Gulrajani et al. 2017, Algorithm 1; Miyato et al. 2018, table 1.
CRITIC = Row(Adam(0.0, 0.9), 2e-4, LINEAR, turns=5)
POINTS = Row(Adam(0.5, 0.999), 1e-3)
JUDGE = Row(Adam(0.9, 0.999), 1e-3)

TABLE = {
    "text_gan": REED,
    "gan_cls": REED,
    "gan_int": REED,
    "gan_int_cls": REED,
    "char_cnn_rnn": Row(Adam(0.9, 0.999), 2e-4, HALVED_AT_50),
    **dict.fromkeys(("pix2pix", "pix2pix_l1", "pix2pix_gan", "pix2pix_cgan", "pix2pix_l1_gan"), DCGAN),
    **dict.fromkeys(("cyclegan", "cyclegan_no_cycle", "cyclegan_log_likelihood"), CYCLEGAN),
    "pixel_dt": DCGAN,
    "pixel_dt_no_domain": DCGAN,
    "gan": MAXOUT,
    "gan_minimax": MAXOUT,
    # Mirza & Osindero 2014, 4.1: decay factor 1.00004.
    "cgan": MAXOUT._replace(schedule=exponential(1.00004, 1e-5)),
    "gan_1d": POINTS,
    "gan_2d": POINTS,
    "dcgan": DCGAN,
    "lsgan": DCGAN,
    # Arjovsky et al. 2017, Algorithm 1.
    "wgan": Row(RMSProp(), 5e-5, turns=5, clip=0.01),
    "wgan_gp": CRITIC,
    "sngan": CRITIC,
    "projection": CRITIC,
    "acgan": DCGAN,
    # Chen et al. 2016, appendix C.1.
    "infogan": Row(Adam(0.5, 0.999), 1e-3, discriminator_rate=2e-4),
    "class_judge": JUDGE,
    "attribute_judge": JUDGE,
}


SMALLER = {"image_size": 16, "receptive_field": 16, "generator_width": 2, "discriminator_width": 2}


def test_every_preset_has_a_row():
    assert set(TABLE) == set(PRESETS)


@pytest.fixture(scope="module", params=PRESETS)
def preset(request):
    """A preset's row, and its model: the smallest networks, trained as published."""
    name, published = request.param, PRESETS[request.param].config
    fields = {field.name for field in dataclasses.fields(published)}
    given = {field: value for field, value in (DATA | SMALLER).items() if field in fields}
    kept = {field: getattr(published, field) for field in ("discriminator_steps",) if field in fields}
    model = import_name(PRESETS[name].model)(tiny(name, **given, **kept))
    model.compile(steps_per_epoch=EPOCH)
    return TABLE[name], model


def rate_and_turns(row: Row, player: str) -> tuple[float, int]:
    if "discriminator" in player:
        return row.discriminator_rate or row.rate, row.turns
    return row.rate, 1


def test_the_schedule(preset):
    row, model = preset
    for player in model.players:
        optimizer, (rate, turns) = model.optimizer_of(player), rate_and_turns(row, player)
        for step, share in row.schedule.items():
            # A discriminator's optimizer counts turns.
            optimizer.iterations.assign(step * turns)
            found = float(optimizer.learning_rate)
            assert found == pytest.approx(rate * share, rel=1e-4, abs=1e-12), f"{player}, step {step}"
        optimizer.iterations.assign(0)
    assert getattr(model.config, "discriminator_steps", 1) == row.turns
    assert getattr(model.config, "weight_clip", 0.0) == row.clip


def ends_of(model, player: str) -> list[keras.Variable]:
    """The first and the last variable of each network of a player."""
    return [network.trainable_variables[end] for network in model.player_networks(player) for end in (0, -1)]


# As large as gradients are, and far smaller than epsilon.
MAGNITUDES = (10.0, 0.3, 1e-2, 1e-4, -2.0, -1e-3)
TINY = (1e-6, 1e-8, 1e-10, -1e-9)


def test_updates_by_known_gradients(preset):
    """Three updates from zero of variables of all networks, by gradients that differ from step to step."""
    row, model = preset
    for player in model.players:
        optimizer, variables = model.optimizer_of(player), ends_of(model, player)
        rate, _ = rate_and_turns(row, player)
        # Torch's RMSprop and ours agree where gradients are larger or far smaller than epsilon.
        magnitudes = (*MAGNITUDES, 1e-11) if isinstance(row.method, RMSProp) else MAGNITUDES + TINY
        first = [np.resize(np.array(magnitudes), variable.shape) for variable in variables]
        for variable in [*variables, *optimizer.variables]:
            variable.assign(np.zeros(variable.shape))
        factors = (1.0, -0.5, 2.0)
        for factor in factors:
            optimizer.apply([keras.ops.convert_to_tensor(factor * each, "float32") for each in first], variables)
        # The rate has not fallen yet: by 1e-4 of itself at most.
        for variable, gradient in zip(variables, first, strict=True):
            expected = row.method.update([factor * gradient for factor in factors], [rate] * 3)
            np.testing.assert_allclose(
                variable.numpy(), expected, rtol=3e-3, atol=1e-7 * rate, err_msg=f"{player}: {variable.path}"
            )


@pytest.mark.parametrize("preset", [name for name, row in TABLE.items() if row.method == MAXOUT.method], indirect=True)
def test_the_momentum_rises(preset):
    """At several epochs, what is left in the second update of a push by a gradient of 1 in the first."""
    row, model = preset
    for player in model.players:
        optimizer, variables = model.optimizer_of(player), ends_of(model, player)
        for epoch in (0, 1, 2, 125, 248, 249, 1000):
            for variable in [*optimizer.momentums, *variables]:
                variable.assign(np.zeros(variable.shape))
            optimizer.iterations.assign(epoch * EPOCH * rate_and_turns(row, player)[1])
            places = [0.0]
            for size in (1.0, 0.0):
                optimizer.apply([size * np.ones(variable.shape, np.float32) for variable in variables], variables)
                places.append(float(np.mean(variables[0])))
            first, second = np.diff(places)
            assert second / first == pytest.approx(row.method.at(epoch * EPOCH), rel=1e-3), f"{player}, epoch {epoch}"


@pytest.mark.parametrize(("beta_1", "beta_2", "epsilon"), [(0.5, 0.999, 1e-8), (0.0, 0.9, 1e-8), (0.9, 0.99, 1e-3)])
@pytest.mark.parametrize("kernel", ["fused", "Keras's"])
def test_both_kernels_of_adam_by_hand(monkeypatch, kernel, beta_1, beta_2, epsilon):
    monkeypatch.setattr(optimizers, "LARGE", 1 if kernel == "fused" else 10**6)
    variable = keras.Variable(np.zeros(10, np.float32))
    optimizer = optimizers.FusedAdam(0.1, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
    optimizer.build([variable])
    gradients = [factor * np.array(MAGNITUDES + TINY) for factor in (1.0, -0.5, 2.0, 0.3)]
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [variable])
    expected = Adam(beta_1, beta_2, epsilon).update(gradients, [0.1] * 4)
    np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-3, atol=1e-7)
