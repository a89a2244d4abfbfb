"""Every dotted name and every other name that a preset gives stands for something of the right kind."""

import dataclasses

import pytest

from engine.command import COMMANDS, Evaluate
from engine.parts.parts import Parts
from engine.run import Run
from evaluation.evaluator import NEEDS, Evaluator, comparable
from evaluation.names import NetworkName
from models.core.preset import ALWAYS, MODES, import_name
from models.core.trained import TrainedModel
from models.registry import PRESETS
from pipelines.registry import DATASETS

each_preset = pytest.mark.parametrize("name", PRESETS)


def test_a_mode_is_a_command_and_a_method_of_the_run():
    # What is served is an export, without its run.
    assert tuple(COMMANDS) == (*MODES, *ALWAYS, "serve")
    assert all(command.mode == mode for mode, command in COMMANDS.items())
    assert all(callable(getattr(Run, mode, None)) for mode in COMMANDS if mode != "serve")


@each_preset
def test_its_modes_are_those_that_its_parts_can_do(name):
    modes = PRESETS[name].modes
    assert "train" in modes
    assert set(modes) <= set(MODES)
    parts = import_name(PRESETS[name].parts)
    # What is sampled can be exported, and nothing else can.
    hooks = {"sample": ("sample", "sampler"), "export": ("sampler",), "explore": ("explore",)}
    hooks |= {"train": ("prepare",), "evaluate": ("evaluated", "outputs"), "generate": ("asked",)}
    for mode, methods in hooks.items():
        has = {getattr(parts, method) is not getattr(Parts, method) for method in methods}
        # Parts that points share with images, say, bring no more than the command line would accept.
        assert has == {mode in modes}, mode


@each_preset
def test_its_model_and_parts_resolve(name):
    preset = PRESETS[name]
    model = import_name(preset.model)
    assert issubclass(model, TrainedModel)
    assert type(preset.config) is model.config_class
    assert issubclass(import_name(preset.parts), Parts)


@each_preset
def test_its_evaluators_resolve_and_agree_on_what_is_better(name):
    evaluators = [import_name(dotted)() for dotted in PRESETS[name].evaluators]
    assert evaluators
    assert all(isinstance(evaluator, Evaluator) for evaluator in evaluators)
    assert all(type(evaluator).measure is not Evaluator.measure for evaluator in evaluators)
    assert frozenset().union(*(evaluator.needs for evaluator in evaluators)) <= NEEDS
    # A key that one takes for better when higher and another when lower could not choose a checkpoint.
    network = NetworkName("network")
    keys = [key for evaluator in evaluators for key in comparable([evaluator], network)]
    assert len(keys) == len(set(keys)) == len(comparable(evaluators, network))
    assert all(key == key.lower() and key.isidentifier() for key in keys)
    assert keys, "no metric by which --keep_best could choose"


@each_preset
def test_what_it_requires_exists(name):
    preset = PRESETS[name]
    settings = {field.name for field in dataclasses.fields(preset.config)}
    flags = {field.name for field in dataclasses.fields(Evaluate)}
    assert len({requirement.role for requirement in preset.requires}) == len(preset.requires)
    for requirement in preset.requires:
        assert requirement.model in PRESETS
        assert requirement.model != name
        assert requirement.setting in (settings if requirement.to_train else flags)
        assert preset.requirement(requirement.role) == requirement
    roles = {requirement.role for requirement in preset.requires}
    for evaluator in (import_name(dotted) for dotted in preset.evaluators):
        assert "judge" not in evaluator.needs or "judge" in roles


@each_preset
def test_its_datasets_exist_and_give_what_it_needs(name):
    preset = PRESETS[name]
    for dataset in (preset.default_dataset, *preset.per_dataset):
        assert dataset in DATASETS
        preset.resolve(dataset)
    assert preset.needs <= DATASETS[preset.default_dataset].gives


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_loader_of_a_dataset_resolves(dataset):
    assert callable(import_name(DATASETS[dataset].loader))
