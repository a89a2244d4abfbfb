"""What docs/extending.md says about adding a model, done as written."""

import pathlib
import re
import sys
import types

import numpy as np
import pytest

from engine.command import Train
from engine.experiment import Experiment
from engine.run import Run
from models.generation import presets as classic
from models.registry import PRESETS
from tests.worlds import examples_of, tiny, tiny_run

ROOT = pathlib.Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text()
SECTION = PAGE.split("## Add your own model")[1].split("\n## ")[0]
LSGAN, MODEL, LINE = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)


def entry(line):
    """A line of the table of presets, as that table holds it."""
    ((name, preset),) = eval(f"{{{line.strip()}}}", vars(classic)).items()
    return name, preset


def test_lsgan_is_the_line_that_is_shown():
    name, shown = entry(LSGAN)
    assert len(LSGAN.strip().splitlines()) == 1
    assert shown == PRESETS[name]
    assert LSGAN in (ROOT / "models" / "generation" / "presets.py").read_text()


@pytest.fixture
def own_model(monkeypatch):
    """The page's module and its line, in place."""
    module = types.ModuleType("models.generation.relativistic_gan")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(MODEL, "relativistic_gan.py", "exec"), vars(module))
    name, preset = entry(LINE)
    monkeypatch.setitem(PRESETS, name, preset)
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    return name


def test_an_objective_of_ones_own_is_short_and_trains(own_model, tmp_path):
    assert len(MODEL.splitlines()) <= 36
    own = tiny_run(own_model, tmp_path / "run", steps=2)
    own.train(Train())
    assert (tmp_path / "run" / "export" / "1" / "saved_model.pb").exists()
    assert own.trained_model().step == 2
    # Another objective than the one it began from.
    plain = Run(Experiment("dcgan", "digits", tiny("dcgan", steps=2), str(tmp_path / "dcgan")))
    plain.train(Train())
    weights = zip(own.trained_model().get_weights(), plain.trained_model().get_weights(), strict=True)
    assert any(not np.array_equal(one, other) for one, other in weights)
