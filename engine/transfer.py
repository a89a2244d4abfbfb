"""Which weights of one model fit another: network by network, layer by layer, and the optimizers' slots of them."""

import collections
import re

import keras
import numpy as np

from models.core.trained import TrainedModel

# What is taken of a network that shares less with the other run's would be noise beside what starts fresh.
LEAST_SHARE = 0.5


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
