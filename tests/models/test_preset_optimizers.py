"""The optimizers of every preset: method, rates, decay rates, momentum and schedule, from the papers and their code.

Gradients are known numbers, and the updates are computed by hand: a constant that the optimizer does not take is seen.
"""

import dataclasses
import functools

import keras
import numpy as np
import pytest

from models.core.config import TrainingConfig
from models.core.preset import import_name
from models.registry import PRESETS
from tests.models.optimizer_tables import EPOCH, MAGNITUDES, MAXOUT, PER_DATASET, TABLE, TINY, RMSProp, Row
from tests.models.steps import DATA
from tests.worlds import of_earlier_run, tiny

# Everything that an optimizer or its schedule may depend on.
KEPT = {field.name for field in dataclasses.fields(TrainingConfig)} | {
    "discriminator_steps",
    "discriminator_learning_rate",
    "learning_rate_decay",
    "minimum_learning_rate",
    "decay_steps",
    "final_momentum",
    "momentum_epochs",
    "weight_clip",
    "constant_epochs",
    "decay_epochs",
    "epochwise_decay",
}
SMALLER = DATA | {"image_size": 16, "receptive_field": 16, "generator_width": 2, "discriminator_width": 2}


def compiled(name: str, config: TrainingConfig) -> keras.Model:
    """A preset's model with the smallest networks and the optimizers of a configuration."""
    fields = {field.name for field in dataclasses.fields(config)}
    kept = {field: getattr(config, field) for field in sorted(fields & KEPT - {"image_size", "batch_size"})}
    # Which players there are.
    weights = {field: getattr(config, field) for field in ("adversarial_weight", "domain_weight") if field in fields}
    return shared(PRESETS[name].model, *(kept | weights).items())


@functools.cache
def shared(model: str, *settings: tuple) -> keras.Model:
    """One model for all presets with the same settings."""
    name = next(name for name, preset in PRESETS.items() if preset.model == model)
    fields = {field.name for field in dataclasses.fields(PRESETS[name].config)}
    sizes = {field: value for field, value in SMALLER.items() if field in fields}
    sizes |= of_earlier_run(name, SMALLER["image_size"], text_dim=DATA["text_dim"])
    made = import_name(model)(tiny(name, **(dict(settings) | sizes)))
    made.compile(steps_per_epoch=EPOCH)
    return made


def test_every_preset_has_a_row():
    assert set(TABLE) == set(PRESETS)


@pytest.fixture(scope="module", params=[*PRESETS, *PER_DATASET], ids=str)
def preset(request):
    """A preset's row, as published or on a dataset, and its model."""
    if isinstance(request.param, str):
        return TABLE[request.param], compiled(request.param, PRESETS[request.param].config)
    name, dataset = request.param
    return PER_DATASET[request.param], compiled(name, PRESETS[name].resolve(dataset))


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
