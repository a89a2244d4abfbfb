"""The beginning of a run with the weights of another one (`--init_from`): read, fitted, recorded."""

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from callbacks.checkpoints import TrainingError, checkpoint_steps, chosen
from engine.command import Train
from engine.folder import RunError, RunFolder
from engine.requires import weights_fingerprint
from engine.transfer import fit, networks_of, take_slots
from models.core.config import ConfigError, from_plain
from models.core.preset import import_name
from models.core.trained import TrainedModel
from models.registry import PRESETS
from pipelines.report import printable


@dataclasses.dataclass(frozen=True)
class Source:
    """A checkpoint of another run.

    Attributes:
        record: what run.json says of it: "run" (its folder), "checkpoint" (as it was asked for), "model", "dataset",
            "step", "weights" (their fingerprint) and "optimizers" (whether their state is taken, too).
        model: with the weights of the checkpoint, and compiled if the optimizers are taken.
        class_names: of the images that it was trained on, if its record says them.
    """

    record: dict
    model: TrainedModel
    class_names: tuple[str, ...] = ()


def source_of(command: Train, folder: RunFolder) -> Source | None:
    """The checkpoint that a run is to begin with; None where it begins with random weights or is resumed.

    Raises:
        RunError: --init_from names no run with such a checkpoint, or the run that is resumed began otherwise.
    """
    old = None if command.restart else folder.read_record()
    if old is None:
        return read(command.init_from, command.init_checkpoint, command.init_optimizers) if command.init_from else None
    begun = old.get("initial")
    if command.init_from:
        check_same(command, begun, folder)
    if begun is None or checkpoint_steps(folder.checkpoints):
        return None
    # Killed before its first checkpoint was written.
    source = read(begun["run"], str(begun["step"]), begun["optimizers"])
    if source.record["weights"] != begun["weights"]:
        raise RunError(
            f"{folder.path} has no checkpoint yet, and the run that it begins with has changed; --restart begins with "
            f"that as it is now. Received: {begun['run']}, step {begun['step']}, with other weights"
        )
    return dataclasses.replace(source, record=source.record | {"checkpoint": begun["checkpoint"]})


def check_same(command: Train, begun: dict | None, folder: RunFolder):
    """RunError unless a run that is resumed began with what --init_from names."""
    asked = {"checkpoint": command.init_checkpoint, "optimizers": command.init_optimizers}
    if begun and asked.items() <= begun.items() and same_path(command.init_from, begun["run"]):
        return
    how = f"{begun['run']} ({described(begun)})" if begun else "random weights"
    raise RunError(
        f"{folder.path} holds a run that began with {how}. To begin with other weights, name another --workdir; "
        f"--restart moves the old run aside. Received: --init_from={command.init_from} ({described(asked)})"
    )


def same_path(one: str, other: str) -> bool:
    """Whether two paths are of one folder, which may be gone."""
    return any(plain(one) == plain(other) for plain in (os.path.abspath, os.path.realpath))


def described(entry: dict) -> str:
    """A checkpoint as it was asked for, in words."""
    return f"checkpoint {entry['checkpoint']}{' with its optimizers' if entry['optimizers'] else ''}"


def read(run: str, which: str, optimizers: bool) -> Source:
    """Read a checkpoint of another run.

    Args:
        run: its folder.
        which: "last", "best" or a step.
        optimizers: whether their state is read, too.

    Raises:
        RunError: there is no run, no such checkpoint, or none that this version can read.
    """
    folder = RunFolder(run)
    try:
        old = folder.read_record()
        if old is None:
            raise RunError(
                f"--init_from must be the folder of a trained run. Received: {run}, where there is no run.json"
            )
        if old["model"] not in PRESETS:
            raise RunError(f"--init_from must be a run of a model of this version. Received: {run}, of {old['model']}")
        path = chosen(folder.checkpoints, which)
        model = model_of(old, optimizers)
        model.load_weights(path)
    except RunError as error:
        raise error if "--init_from" in str(error) else RunError(f"--init_from={run}: {error}") from None
    except TrainingError as error:
        raise RunError(f"--init_from={run}: {str(error).replace('--checkpoint', '--init_checkpoint')}") from None
    except (ConfigError, ValueError, TypeError, KeyError, OSError) as error:
        # A checkpoint or a configuration of another version.
        reason = str(error).splitlines()[0]
        raise RunError(f"--init_from must be a run that this version can read. Received: {run} ({reason})") from None
    record = {
        "run": os.path.abspath(run),
        "checkpoint": which,
        "model": old["model"],
        "dataset": old["dataset"],
        "step": model.step,
        "weights": weights_fingerprint(path),
        "optimizers": optimizers,
    }
    return Source(record, model, tuple(old.get("data", {}).get("class_names", ())))


def model_of(record: dict, compiled: bool) -> TrainedModel:
    """The model that a run's record describes, with random weights."""
    preset = PRESETS[record["model"]]
    model = import_name(preset.model)(from_plain(type(preset.config), record["config"]))
    if compiled:
        model.compile()
    return model


def begin_with(source: Source, model: TrainedModel, class_names: Sequence[str] = ()) -> dict:
    """Give a new model the weights of another run, as far as they fit. Call it within the strategy's scope.

    A layer fits whose weights have the same names and shapes; of a network at least half of the weights must fit.

    Args:
        source: the other run's checkpoint.
        model: the new one.
        class_names: of the images that it is to be trained on.

    Returns:
        What run.json says of it: the source's record with "taken" (networks and optimizers) and "fresh" (lines); where
        weights of classes are taken for other ones, with "classes" (a line).

    Raises:
        RunError: no network fits.
    """
    theirs, taken, fresh, pairs = networks_of(source.model), [], [], []
    for name, network in networks_of(model).items():
        if name in model.own_copies:
            continue
        of_average = name.removeprefix("averaged_")
        if name not in theirs and name != of_average and of_average in theirs:
            # The other run kept no average: it begins where the network does.
            fitting, lines = fit(network, theirs[of_average])
            lines += [f"begins as a copy of {of_average}, of which the other run keeps no average"] if fitting else []
        elif name in theirs:
            fitting, lines = fit(network, theirs[name])
        else:
            fitting, lines = [], ["the other run has no such network: starts fresh"]
        taken += [name] if fitting else []
        pairs += fitting
        fresh += [f"{name}: {line}" for line in lines]
    if not taken:
        where = f"{source.record['run']}, of --model={source.record['model']} ({'; '.join(fresh)})"
        raise RunError(f"--init_from must be a run whose networks fit those of this one. Received: {where}")
    for mine, other in pairs:
        mine.assign(np.asarray(other))
    model.begun()
    if source.record["optimizers"]:
        for player in model.players:
            reason = take_slots(model, source.model, player, {id(mine): other for mine, other in pairs})
            name = f"{player}_optimizer"
            taken += [] if reason else [name]
            fresh += [f"{name}: {reason}: starts fresh"] if reason else []
    line = other_classes(source, model, class_names)
    return source.record | {"taken": taken, "fresh": fresh} | ({"classes": line} if line else {})


def other_classes(source: Source, model: TrainedModel, class_names: Sequence[str]) -> str:
    """A line on classes that have other names than those whose weights they take; "" if there are none.

    Layers of another number of classes do not fit, and models without conditions have no such weights.
    """
    if len(class_names) != len(source.class_names):
        return ""
    if not all(getattr(config, "conditional", True) for config in (source.model.config, model.config)):
        return ""
    pairs = enumerate(zip(source.class_names, class_names, strict=True))
    changed = [(label, old, new) for label, (old, new) in pairs if old != new]
    if not changed:
        return ""
    label, old, new = changed[0]
    more = f" (and {len(changed) - 1:,} more)" if len(changed) > 1 else ""
    return (
        f'class {label} was "{printable(old)}" and is now "{printable(new)}"{more}: the weights of the old classes are '
        "taken for the new ones"
    )


def told(initial: dict) -> list[str]:
    """Lines on what a run begins with, for the user."""
    return [
        f"Begins with the weights of {initial['run']}, of {initial['model']} on {initial['dataset']}, step "
        f"{initial['step']:,}: {', '.join(initial['taken'])}.",
        *(f"  {line}" for line in initial["fresh"]),
        *([f"  {initial['classes']}"] if "classes" in initial else []),
    ]
