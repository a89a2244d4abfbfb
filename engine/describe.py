"""What `--dry_run` prints: configuration with sources, networks, what the data yields."""

import dataclasses

import keras

from engine.experiment import Experiment
from engine.parts.parts import Prepared
from models.core.config import TrainingConfig
from models.core.published import Published, shown
from models.core.trained import TrainedModel, parameter_count


def describe(
    experiment: Experiment, prepared: Prepared, model: TrainedModel, requires: list[str], machine: list[str]
) -> str:
    """The text; `requires` are lines on the earlier runs that it needs, `machine` on how this machine computes it."""
    preset, config, batches = experiment.preset, prepared.config, prepared.batches
    lines = [f"{experiment.model}: {preset.summary} ({preset.source})", "", "configuration"]
    for field in dataclasses.fields(config):
        line = f"  {field.name} = {getattr(config, field.name)}"
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
    preset, ours = experiment.preset, row.here(config)
    if row.here(preset.config) == ours:
        why = row.why
    elif getattr(preset.resolve(experiment.dataset), row.constant) == ours:
        why = f"on {experiment.dataset}: {preset.why_per_dataset}"
    else:
        why = "given, or from the data"
    return f"{row.constant}: published {shown(row.value)} ({row.source}), here {shown(ours)}: {why}"


def origin(experiment: Experiment, field: dataclasses.Field, config: TrainingConfig) -> str:
    """Where the value of a field comes from: the paper, or who has changed it."""
    preset, dataset = experiment.preset, experiment.dataset
    value, published = getattr(config, field.name), getattr(preset.config, field.name)
    if value == published:
        return field.metadata["source"]
    if value != getattr(experiment.config, field.name):
        changed = "from the data"
    elif value == getattr(preset.resolve(dataset), field.name):
        changed = f"on {dataset}"
    else:
        changed = "given"
    return f"{changed}; the preset's is {published}: {field.metadata['source']}"
