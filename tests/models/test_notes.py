"""What a configuration has to say before it is trained: a learning rate that does not fall as far as training goes."""

import pytest

from models.registry import PRESETS
from pipelines.registry import DATASETS

OWN = ("folder", "captions", "cub", "flowers")


@pytest.mark.parametrize("name", ["wgan_gp", "sngan", "projection"])
@pytest.mark.parametrize("dataset", OWN)
def test_on_ones_own_images_a_falling_rate_falls_to_the_end_of_the_training(name, dataset):
    config = PRESETS[name].resolve(dataset)
    assert config.decay_end(1000) == config.total_steps(1000) == 25_000
    assert config.notes(1000) == []


def test_a_training_that_ends_before_its_rate_has_fallen_says_so():
    config = PRESETS["wgan_gp"].resolve("folder", {"steps": 5000})
    assert config.notes(1000) == ["The learning rate falls to 0 at step 25,000; training ends at step 5,000."]
    cyclegan = PRESETS["cyclegan"].resolve("unpaired", {"epochs": 50})
    assert cyclegan.notes(10) == ["The learning rate falls to 0 at step 2,000; training ends at step 500."]
    assert PRESETS["cyclegan"].resolve("unpaired").notes(10) == []
    assert PRESETS["cyclegan"].resolve("unpaired", {"epochs": 50, "decay_epochs": 0}).notes(10) == []


@pytest.mark.parametrize("name", PRESETS)
def test_no_preset_needs_a_note_on_a_dataset_of_its_own(name):
    preset = PRESETS[name]
    for dataset, entry in DATASETS.items():
        if preset.needs <= entry.gives:
            assert preset.resolve(dataset).notes(10_000) == [], dataset
