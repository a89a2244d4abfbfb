"""What `--dry_run` prints: configuration with sources, networks, what the data yields."""

import dataclasses
from collections.abc import Callable

import keras

from engine.experiment import Experiment
from engine.parts.parts import Prepared
from models.core.config import TrainingConfig
from models.core.published import Published, shortened, shown
from models.core.trained import TrainedModel, parameter_count


def describe(
    experiment: Experiment, prepared: Prepared, model: TrainedModel, requires: list[str], machine: list[str]
) -> str:
    """The text; `requires` are lines on the earlier runs that it needs, `machine` on how this machine computes it."""
    preset, config, batches = experiment.preset, prepared.config, prepared.batches
    lines = [f"{experiment.model}: {preset.summary} ({preset.source})", "", "configuration"]
    for field in dataclasses.fields(config):
        line = f"  {field.name} = {shortened(getattr(config, field.name))}"
        lines.append(f"{line.ljust(44)}  {origin(experiment, field, config)}")
    departures = [row for row in preset.published if row.differs(config)]
    if departures:
        lines += ["", "not as published (docs/fidelity.md)"]
        lines += [f"  {departure(experiment, row, config)}" for row in departures]
    lines += ["", "trainable parameters"]
    networks = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.trainable]
    lines += [f"  {network.name}: {parameter_count(network):,}" for network in networks]
    lines += ["", f"{experiment.dataset}: {batches.images:,} training images; a batch is"]
    batch = next(iter(batches.dataset(0, 1)))
    lines += [f"  {name}: {value.dtype.name} {tuple(value.shape)}" for name, value in batch.items()]
    steps = config.total_steps(batches.images)
    lines.append(f"  {config.steps_per_epoch(batches.images):,} steps an epoch, {steps:,} steps in all")
    lines += [f"  {note}" for note in config.notes(batches.images)]
    if preset.evaluators:
        lines += ["", "evaluators", *(f"  {name}" for name in preset.evaluators)]
    if requires:
        lines += ["", "earlier runs", *(f"  {line}" for line in requires)]
    lines += ["", "this machine", *(f"  {line}" for line in machine)]
    return "\n".join(lines)


def departure(experiment: Experiment, row: Published, config: TrainingConfig) -> str:
    """One constant that is not as published: both values, the source, and why."""
    preset, dataset, ours = experiment.preset, experiment.dataset, row.here(config)
    why = {
        "preset": row.why,
        "data": "from the data",
        "dataset": f"on {dataset}: {preset.why_per_dataset.get(dataset, '')}",
        "given": "given",
    }[changed_by(experiment, row.here, config)]
    return f"{row.constant}: published {shown(row.value)} ({row.source}), here {shown(ours)}: {why}"


def origin(experiment: Experiment, field: dataclasses.Field, config: TrainingConfig) -> str:
    """Where the value of a field comes from: the paper, or who has changed it."""
    source, published = field.metadata["source"], getattr(experiment.preset.config, field.name)
    who = changed_by(experiment, lambda config: getattr(config, field.name), config)
    if who == "preset":
        return source
    changed = {"data": "from the data", "dataset": f"on {experiment.dataset}", "given": "given"}[who]
    return f"{changed}; the preset's is {published}: {source}"


def changed_by(experiment: Experiment, value: Callable[[TrainingConfig], object], config: TrainingConfig) -> str:
    """Who has set a value of the configuration: "preset", "data", "dataset" or, on the command line, "given"."""
    preset = experiment.preset
    if value(config) == value(preset.config):
        return "preset"
    if value(config) != value(experiment.config):
        return "data"
    return "dataset" if value(config) == value(preset.resolve(experiment.dataset)) else "given"
