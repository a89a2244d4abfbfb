"""The beginning of a run with the weights of another one (`--init_from`): read, fitted, recorded."""

import collections
import dataclasses
import os
import re

import keras
import numpy as np

from callbacks.checkpoints import TrainingError, checkpoint_steps, chosen
from engine.command import Train
from engine.folder import RunError, RunFolder
from engine.requires import weights_fingerprint
from models.core.config import ConfigError, from_plain
from models.core.trained import TrainedModel
from models.registry import PRESETS

# What is taken of a network that shares less with the other run's would be noise beside what starts fresh.
LEAST_SHARE = 0.5


@dataclasses.dataclass(frozen=True)
class Source:
    """A checkpoint of another run.

    Attributes:
        record: what run.json says of it: "run" (its folder), "checkpoint" (as it was asked for), "model", "dataset",
            "step", "weights" (their fingerprint) and "optimizers" (whether their state is taken, too).
        model: with the weights of the checkpoint, and compiled if the optimizers are taken.
    """

    record: dict
    model: TrainedModel


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
    asked = {
        "run": os.path.abspath(command.init_from),
        "checkpoint": command.init_checkpoint,
        "optimizers": command.init_optimizers,
    }
    known = {name: begun[name] for name in asked} if begun else None
    if asked == known:
        return
    how = f"{known['run']} ({described(known)})" if known else "random weights"
    raise RunError(
        f"{folder.path} holds a run that began with {how}. To begin with other weights, name another --workdir; "
        f"--restart moves the old run aside. Received: --init_from={command.init_from} ({described(asked)})"
    )


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
    return Source(record, model)


def model_of(record: dict, compiled: bool) -> TrainedModel:
    """The model that a run's record describes, with random weights."""
    # Imported here: a run may begin with another, which is a run.
    from engine.run import import_name

    preset = PRESETS[record["model"]]
    model = import_name(preset.model)(from_plain(type(preset.config), record["config"]))
    if compiled:
        model.compile()
    return model


def begin_with(source: Source, model: TrainedModel) -> dict:
    """Give a new model the weights of another run, as far as they fit. Call it within the strategy's scope.

    A layer fits whose weights have the same names and shapes; of a network at least half of the weights must fit.

    Returns:
        What run.json says of it: the source's record with "taken" (networks and optimizers) and "fresh" (lines).

    Raises:
        RunError: no network fits.
    """
    theirs, taken, fresh, pairs = networks_of(source.model), [], [], []
    for name, network in networks_of(model).items():
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
    if source.record["optimizers"]:
        for player in model.players:
            reason = take_slots(model, source.model, player, {id(mine): other for mine, other in pairs})
            name = f"{player}_optimizer"
            taken += [] if reason else [name]
            fresh += [f"{name}: {reason}: starts fresh"] if reason else []
    return source.record | {"taken": taken, "fresh": fresh}


def told(initial: dict) -> list[str]:
    """Lines on what a run begins with, for the user."""
    return [
        f"Begins with the weights of {initial['run']}, of {initial['model']} on {initial['dataset']}, step "
        f"{initial['step']:,}: {', '.join(initial['taken'])}.",
        *(f"  {line}" for line in initial["fresh"]),
    ]


def networks_of(model: TrainedModel) -> dict[str, keras.Model]:
    """The networks of a model, averages included, by the names of its attributes."""
    return {name: value for name, value in vars(model).items() if isinstance(value, keras.Model)}


def layers_of(network: keras.Model) -> dict[str, dict[str, keras.Variable]]:
    """The weights of each layer of a network, by name; layers are numbered as in checkpoints: conv2d, conv2d_1, ...

    Keras numbers them over all networks of a process.
    """
    parents = collections.OrderedDict()
    for weight in network.weights:
        parent, name = weight.path.rsplit("/", 1)
        parents.setdefault(parent, {})[name] = weight
    counts, layers = collections.Counter(), {}
    for parent, weights in parents.items():
        base = kind_of(parent)
        layers[f"{base}_{counts[base]}" if counts[base] else base] = weights
        counts[base] += 1
    return layers


def kind_of(layer: str) -> str:
    """A layer's name without Keras's number."""
    return re.sub(r"_\d+(?=/|$)", "", layer)


def fit(network: keras.Model, other: keras.Model) -> tuple[list[tuple[keras.Variable, keras.Variable]], list[str]]:
    """The weights of a network that fit another's, as pairs, and a line on each layer that does not.

    Layers of one kind correspond in their order, so that there must be as many of them in both.
    """
    mine, theirs = layers_of(network), layers_of(other)
    counts = [collections.Counter(map(kind_of, layers)) for layers in (mine, theirs)]
    for kind in counts[0] & counts[1]:
        ours, others = (count[kind] for count in counts)
        if ours != others:
            return [], [f"{others} -> {ours} layers {kind}: starts fresh"]
    pairs, lines = [], []
    for layer, weights in mine.items():
        there = theirs.get(layer, {})
        wrong = [name for name in weights if name not in there or there[name].shape != weights[name].shape]
        if wrong:
            old = tuple(there[wrong[0]].shape) if wrong[0] in there else None
            lines.append(f"{layer}/{wrong[0]}: shape {old} -> {tuple(weights[wrong[0]].shape)}: starts fresh")
        else:
            pairs += [(weight, there[name]) for name, weight in weights.items()]
    held = sum(int(np.prod(weight.shape)) for weight, _ in pairs)
    whole = sum(int(np.prod(weight.shape)) for weight in network.weights)
    if held < LEAST_SHARE * whole:
        return [], [f"{line.removesuffix(': starts fresh')}: all of it starts fresh" for line in lines[:1]]
    return pairs, lines


def take_slots(model: TrainedModel, other: TrainedModel, player: str, taken: dict[int, keras.Variable]) -> str:
    """Give a player's optimizer the slots of another run's for the weights that were taken; returns why not, or "".

    Its count of steps stays 0, as the schedules of a new run begin anew.
    """
    if player not in other.players:
        return "the other run has no such optimizer"
    mine, theirs = (inner(run.optimizer_of(player)) for run in (model, other))
    if type(mine) is not type(theirs):
        return f"{type(theirs).__name__} -> {type(mine).__name__}"
    places = {id(variable): place for place, variable in enumerate(other.player_variables(player))}
    moved = 0
    for place, variable in enumerate(model.player_variables(player)):
        there = places.get(id(taken.get(id(variable))))
        for slots, others in zip(slots_of(mine), slots_of(theirs), strict=False):
            if there is not None:
                slots[place].assign(np.asarray(others[there]))
                moved += 1
    return "" if moved else "none of its weights was taken"


def inner(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that has the slots: within the one that scales the loss of float16, if it is one."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def slots_of(optimizer: keras.optimizers.Optimizer) -> list[list[keras.Variable]]:
    """Lists of a slot for each variable: momenta, mean squared gradients."""
    lists = (getattr(optimizer, name, None) for name in ("_momentums", "_velocities", "momentums"))
    return [slots for slots in lists if slots]
