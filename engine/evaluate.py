"""Measuring a run: its evaluators on one split, in `--mode=evaluate` and while it trains; evaluation.json."""

import dataclasses
import math
from collections.abc import Callable, Mapping

from absl import logging

from callbacks.checkpoints import best_record
from engine.command import MOST_SEED, Evaluate, Train
from engine.folder import RunError
from engine.requires import ensure, required
from engine.scorers import evaluation_data, scorers_of
from evaluation.evaluator import (
    OF_MODELS,
    Data,
    Evaluator,
    applicable,
    comparable,
    measure,
    protocol_of,
    table,
    warn_of_split,
)
from evaluation.names import NetworkName, network_name
from models.core.trained import TrainedModel
from pipelines.examples import DataError


def write_evaluation(run, command: Evaluate, model: TrainedModel) -> dict:
    """Measure a model on unseen examples, print it and write evaluation.json.

    Args:
        run: the `engine.run.Run`.
        command: how many samples, their seed, and what scores them.
        model: one of the run's checkpoints; computes in float32.

    Returns:
        What evaluation.json says: "protocol" and "metrics".
    """
    data = evaluation_data(run, command, *run.parts.to_measure(command), run.parts.evaluated(command))
    data = dataclasses.replace(data, shows_progress=True)
    warn_of_split(data.split)
    outputs = run.parts.outputs(model, run.sampler(model), data, command)
    metrics = measure(run.evaluators, outputs, data)
    # What is not defined (a ratio to nothing) is not a number, and JSON has none for it.
    metrics = {key: value for key, value in metrics.items() if math.isfinite(value)}
    trained_on = 0.0 if command.input else run.splits.trained_on
    protocol = {
        "split": data.split,
        **({"input": command.input} if command.input else {}),
        **({"trained_on": round(trained_on, 4)} if trained_on else {}),
        "weights": "averaged" if model.is_averaged else "last",
        "step": model.step,
        "checkpoint": command.checkpoint,
        "seed": data.seed,
        **outputs.protocol(),
        **scorers_of(data),
        **protocol_of(run.evaluators, outputs, data),
        **selected_on(run, model.step),
    }
    run.parts.gallery(outputs)
    evaluation = {"protocol": protocol, "metrics": metrics}
    path = run.folder.write_json("evaluation.json", evaluation)
    print(table(metrics, data.split, trained_on))
    print(f"Wrote {path}: {', '.join(f'{name} {value}' for name, value in protocol.items())}.", flush=True)
    return evaluation


def selected_on(run, step: int) -> dict[str, str]:
    """What the protocol says of a step that was chosen as the best: by its figures on which split."""
    best = best_record(run.folder.checkpoints)
    return {"selected_on": best["protocol"]["split"]} if best and best["step"] == step else {}


def selection_data(run, command: Train) -> Data | None:
    """What a run is evaluated on while it trains; None without --evaluate_every.

    Raises:
        RunError: --keep_best names no metric by which checkpoints of this run can be compared.
    """
    if not command.evaluate_every:
        return None
    examples, split = run.splits.selection
    warn_of_split(split)
    # Not the noise of later evaluations, by which the best checkpoint would be better than by any other.
    evaluate = Evaluate(
        seed=MOST_SEED,
        judge=command.judge,
        feature_network=command.feature_network,
        retrieval_encoder=command.retrieval_encoder,
    )
    data = evaluation_data(run, evaluate, examples, split, command.evaluate_samples)
    check_best(command.keep_best, applicable(run.evaluators, data), named_network(command))
    return data


def selection_protocol(data: Data) -> dict[str, object]:
    """By what checkpoints are compared: values of another protocol do not compare with these."""
    return {
        "split": data.split,
        "count": data.count,
        "seed": data.seed,
        "judge": data.judge_name,
        "extractor": data.features.name.name if data.features else "",
        # Beside which older runs have nothing of their own.
        **({"retrieval_encoder": data.retrieval.name} if data.retrieval else {}),
    }


def while_training(run, model: TrainedModel, data: Data) -> Callable[[], Mapping[str, float]]:
    """() -> metrics of the model as it is now; with a warning, none of what cannot be measured on this data."""
    sampler, command = run.sampler(model), Evaluate()

    def evaluate() -> dict[str, float]:
        outputs, metrics = run.parts.outputs(model, sampler, data, command), {}
        for evaluator in run.evaluators:
            try:
                metrics |= measure([evaluator], outputs, data)
            except DataError as error:
                logging.warning("Not measured while training: %s", error)
        return metrics

    return evaluate


def check_early(run, command: Train):
    """Refuse a --keep_best before any data is loaded or any earlier run is trained.

    Raises:
        RunError: it names no metric of this run, or one that needs what is not there.
    """
    if not command.keep_best:
        return
    # What only the data can tell is checked when that is loaded.
    unmet, network = frozenset(OF_MODELS) - run.parts.model_has(run.experiment.config), named_network(command)
    if network is None and names_a_network(command.keep_best, run.evaluators):
        raise RunError(f"--keep_best={command.keep_best} needs a --feature_network. Received: no --feature_network")
    check_best(command.keep_best, [evaluator for evaluator in run.evaluators if not evaluator.needs & unmet], network)
    (evaluator,) = (evaluator for evaluator in run.evaluators if command.keep_best in comparable([evaluator], network))
    if evaluator.needs & {"judge", "class_judge", "attribute_judge"}:
        needed = required(run.experiment, run.preset.requirement("judge"), command.judge)
        ensure(needed, run.preset.requirement("judge"), is_named=bool(command.judge))


def named_network(command: Train | Evaluate) -> NetworkName | None:
    """The network that `--feature_network` names; None without one."""
    return network_name(command.feature_network) if command.feature_network else None


def names_a_network(key: str, evaluators: list[Evaluator]) -> bool:
    """Whether a key could be that of a figure by a network that was not named."""
    without = comparable(evaluators)
    by_any = comparable(evaluators, NetworkName("any")).keys() - without.keys()
    endings = tuple(f"_{name.partition('any_')[2]}" for name in by_any)
    of_2015 = comparable(evaluators, NetworkName("", True)).keys() - without.keys()
    return key in of_2015 or (key not in without and key.endswith(endings))


def check_best(key: str, evaluators: list[Evaluator], network: NetworkName | None = None):
    """RunError unless checkpoints can be compared by a metric of these evaluators."""
    accepted = ", ".join(comparable(evaluators, network)) or "none, as no evaluator of this run compares checkpoints"
    if key and key not in comparable(evaluators, network):
        raise RunError(f"--keep_best must be a metric by which checkpoints compare: {accepted}. Received: {key}")
