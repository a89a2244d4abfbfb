"""What a command makes of its flags before anything is resolved."""

import pytest

from engine.command import Train
from models.registry import PRESETS


@pytest.mark.parametrize(("model", "dataset"), [("char_cnn_rnn", "cub"), ("dcgan", "folder"), ("wgan_gp", "celeb_a")])
def test_epochs_that_are_asked_for_count_although_the_preset_has_steps(model, dataset):
    assert PRESETS[model].resolve(dataset).steps
    command = Train(epochs=3)
    config = PRESETS[model].resolve(dataset, command.settings())
    assert config.total_steps(1000) == 3 * config.steps_per_epoch(1000)


def test_steps_take_precedence_over_epochs():
    assert Train(epochs=3, steps=7).settings() == {"epochs": 3, "steps": 7}
    assert Train(epochs=3, set=("steps=7",)).settings() == {"epochs": 3, "steps": "7"}
    assert Train().settings() == {}
