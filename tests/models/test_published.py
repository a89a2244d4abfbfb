"""The published constants beside ours: every difference has a reason, every reason a difference."""

import dataclasses

import pytest

from models.core.published import Published, shown
from models.registry import PRESETS

OF_PAPERS = {name: preset for name, preset in PRESETS.items() if preset.published}
ROWS = [(name, row) for name, preset in OF_PAPERS.items() for row in preset.published]
# What a reader looks up first.
LOOKED_UP = {"batch_size", "optimizer", "learning_rate", "epsilon"}


def test_only_this_projects_own_presets_have_no_published_constants():
    own = {"gan_1d", "gan_2d", "class_judge", "attribute_judge", "word_cnn", "word_region", "attribute_font"}
    assert PRESETS.keys() - OF_PAPERS.keys() == own


@pytest.mark.parametrize("name", OF_PAPERS)
def test_every_preset_of_a_paper_has_the_constants_of_its_training_once(name):
    constants = [row.constant for row in OF_PAPERS[name].published]
    # Momentum has no epsilon; PixelDT's and InfoGAN's papers do not name it.
    needed = LOOKED_UP if OF_PAPERS[name].config.optimizer != "sgd" else LOOKED_UP - {"epsilon"}
    if name.startswith(("pixel_dt", "infogan")):
        needed = needed - {"epsilon"}
    assert needed <= set(constants)
    assert {"epochs", "steps"} & set(constants)
    assert len(set(constants)) == len(constants)


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row.constant}" for name, row in ROWS])
def test_a_constant_that_differs_has_a_reason_and_no_other(name, row):
    config = OF_PAPERS[name].config
    fields = {field.name for field in dataclasses.fields(config)}
    assert (row.constant in fields) != bool(row.ours), "a setting has its own value, anything else says it"
    assert row.differs(config) == bool(row.why), (row.value, row.here(config))
    assert row.source


def test_a_changed_default_is_a_difference():
    row = Published("learning_rate", 2e-4, "section 4")
    config = PRESETS["dcgan"].config
    assert not row.differs(config)
    assert row.differs(dataclasses.replace(config, learning_rate=1e-4))


def test_values_as_readers_write_them():
    assert [shown(value) for value in (True, 30_000, 2e-4, 0.5, "adam")] == ["yes", "30,000", "0.0002", "0.5", "adam"]
