"""What run.json says of a run, and the refusal to resume it as something else."""

import dataclasses
import os
from collections.abc import Sequence

import keras
import tensorflow as tf
from absl import logging

from callbacks.checkpoints import checkpoint_steps
from engine.experiment import ONCE, Experiment
from engine.folder import RunError, RunFolder, differences
from models.core.config import RATES, TrainingConfig
from pipelines.examples import PLAIN, Examples
from pipelines.reading import DEFAULT

# A change in one of these changes the weights.
COMPARED = ("model", "dataset", "config", "data", "reading", "devices", "validation_share", "requires")


def onednn_in_effect() -> bool:
    """Whether this process's TensorFlow computes with oneDNN on the processor."""
    # TensorFlow tells no other way; imported here, so that a TensorFlow that has moved it fails in one place.
    from tensorflow.python.util import _pywrap_util_port

    return bool(_pywrap_util_port.IsMklEnabled())


def run_record(
    experiment: Experiment, config: TrainingConfig, data: dict, requires: dict, devices: int, validation_share: float
) -> dict:
    """What run.json says: the experiment with the sizes and fingerprints that came from the data.

    Args:
        experiment: as it was asked for.
        config: with the sizes that only the data could tell.
        data: fingerprints and counts.
        requires: role to what is recorded of the earlier run.
        devices: how many.
        validation_share: of the training data, on which the best checkpoint is chosen.
    """
    return {
        "model": experiment.model,
        "dataset": experiment.dataset,
        "config": dataclasses.asdict(config),
        "data": data,
        "reading": experiment.reading.settings(),
        "requires": requires,
        "devices": devices,
        "onednn": onednn_in_effect(),
        "validation_share": validation_share,
        "data_dir": experiment.data_dir and os.path.abspath(experiment.data_dir),
        "cache_dir": os.path.abspath(experiment.cache_dir),
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }


def report_of(examples: Examples) -> dict:
    """What a run's record says of the files that its examples were read from; nothing where they were not."""
    report = getattr(examples, "report", None)
    return {"report": report.plain()} if report else {}


def check_record(folder: RunFolder, record: dict, config_class: type, given_rates: frozenset[str] = frozenset()):
    """Refuse to resume the folder's run as something else than it was; RunError names what differs.

    Learning rates that are given may differ (see `changes_of`).
    """
    old = folder.read_record()
    if old is None:
        if checkpoint_steps(folder.checkpoints):
            raise RunError(
                "this run folder has checkpoints, but no run.json that says of what; --restart moves it aside. "
                f"Received: {folder.path}"
            )
        return
    old = with_newer_settings(old, record, config_class)
    refuse_changes(folder, old, record, COMPARED, config_class, given_rates)
    for line in differences(old.get("versions", {}), record["versions"]):
        logging.warning("Resuming under another version, so not bit for bit: %s.", line)
    # What the user asks for is refused before TensorFlow is imported (`engine.processor`); this is what it can do here.
    if old.get("onednn", record["onednn"]) != record["onednn"]:
        states = ["with" if entry["onednn"] else "without" for entry in (record, old)]
        logging.warning("Resuming %s oneDNN a run that was begun %s it, so not bit for bit.", *states)


def check_experiment(
    folder: RunFolder,
    experiment: Experiment,
    devices: int,
    validation_share: float,
    given_rates: frozenset[str] = frozenset(),
):
    """Refuse what can be refused before the data is prepared, which may train a text encoder."""
    old = folder.read_record()
    if old is None:
        return
    # What is 0 or empty may come from the data; it is compared when that is known.
    config = {name: value for name, value in dataclasses.asdict(experiment.config).items() if value}
    asked = {
        "model": experiment.model,
        "dataset": experiment.dataset,
        "config": config,
        "reading": experiment.reading.settings(),
        "devices": devices,
        "validation_share": validation_share,
    }
    old = with_newer_settings(old, asked, type(experiment.config))
    known = old | {"config": {name: old.get("config", {}).get(name) for name in config}}
    refuse_changes(folder, known, asked, tuple(asked), type(experiment.config), given_rates)


def history(old: dict | None, record: dict, step: int, total: int, initial: dict | None) -> dict:
    """What a run's record says of its beginning and of what has changed since; prints the changes that are new.

    Args:
        old: the record so far; None of a new run.
        record: what the run is from now on.
        step: at which training goes on.
        total: at which it ends.
        initial: of a new run, what it begins with (`engine.initial.begin_with`); None for random weights.

    Returns:
        Entries of the record: "initial", "changes" and, where no step is left, the "config" with the old rates.
    """
    before = (old or {}).get("changes", [])
    if old and step >= total:
        kept = {name: old["config"][name] for name in RATES if name in old["config"]}
        return {"initial": old.get("initial"), "changes": before, "config": record["config"] | kept}
    changes = changes_of(old, record, step)
    for change in changes:
        if change not in before:
            print(change_in_words(change, changes, record["config"]), flush=True)
    return {"initial": initial or (old or {}).get("initial"), "changes": changes}


def change_in_words(change: dict, changes: Sequence[dict], config: dict) -> str:
    """A line on a change of a learning rate: what was in force and what is, as 0 stands for `learning_rate` elsewhere.

    Args:
        change: an entry of the record's "changes", the newest of its field.
        changes: all of them.
        config: that is trained with from there on.
    """
    now = config["learning_rate"]
    # Changed at the same step, it was another one before.
    others = (entry for entry in changes if (entry["field"], entry["step"]) == ("learning_rate", change["step"]))
    before = next((entry["from"] for entry in others), now)
    old, new = (
        f"{rate} (as learning_rate)" if not value and change["field"] != "learning_rate" else value
        for value, rate in ((change["from"], before), (change["to"], now))
    )
    return f"{change['field']}: {old} -> {new}, from step {change['step']:,} on."


def changes_of(old: dict | None, record: dict, step: int) -> list[dict]:
    """The changes of the learning rates since a run began, as its record lists them.

    Changes at or beyond the step are those of a process that was killed before its next checkpoint: what they led to
    is replaced by what is trained with now.

    Args:
        old: the record so far; None of a new run.
        record: with the configuration that is trained with from now on.
        step: at which training goes on.

    Returns:
        A dict for each change, "step" (the last one with the old rate), "field", "from" and "to".
    """
    entries = (old or {}).get("changes", [])
    kept, undone = ([entry for entry in entries if (entry["step"] < step) == before] for before in (True, False))
    changes = []
    for name in RATES if old else ():
        # The first of the changes that are done again tells what was before them.
        before = next((entry["from"] for entry in undone if entry["field"] == name), old["config"].get(name))
        now = record["config"].get(name)
        if before != now:
            changes.append({"step": step, "field": name, "from": before, "to": now})
    return kept + changes


def refuse_changes(
    folder: RunFolder,
    old: dict,
    new: dict,
    compared: Sequence[str],
    config_class: type,
    given_rates: frozenset[str] = frozenset(),
):
    """RunError that names what differs, except for what only says when a run ends, and for given learning rates."""
    if old["model"] == new["model"] and "validation_share" not in old:
        raise RunError(
            f"{folder.path} holds a run of an earlier version of this project; --restart moves it aside, another "
            "--workdir leaves it alone. Received: a run.json without validation_share"
        )
    # Older records have none, or fewer fields, or among them what had been found in the files of an earlier run.
    reading = {name: value for name, value in (old.get("reading") or {}).items() if name != "recorded"}
    old = old | {"reading": DEFAULT.settings() | reading}
    ends_run = frozenset(field.name for field in dataclasses.fields(config_class) if field.metadata.get("ends_run"))
    changed = differences(
        {key: old.get(key) for key in compared}, {key: _plain(new[key]) for key in compared}, ends_run | given_rates
    )
    if changed:
        # No flag, or no value of one, may have been given for it.
        is_share = any(line.startswith("validation_share") for line in changed)
        hint = " (--keep_best holds --validation_share of the training data out)" if is_share else ""
        if any(line.startswith(f"config.{name}:") for line in changed for name in RATES):
            hint += " (a learning rate may be another one if its flag is given)"
        raise RunError(
            f"{folder.path} holds a run that differs in {'; '.join(changed)}. Resuming it needs the same "
            f"values{hint}; --restart moves the old run aside, another --workdir leaves it alone "
            f"(with --init_from={folder.path} it begins with these weights)."
        )


def with_newer_settings(old: dict, new: dict, config_class: type) -> dict:
    """The record of a run of the same model, with the defaults of settings that there were not when it was begun.

    A setting that is added has what was done before as its default, or in `ONCE`, so that a run goes on as it began.
    """
    if old["model"] != new["model"]:
        return old
    config = old.get("config", {})
    fields = {field.name for field in dataclasses.fields(config_class)}
    once = {name: value for name, value in ONCE.items() if name in fields}
    newer = ["is_label_map"] if once.keys() <= config.keys() else ["is_label_map", "channels"]
    config_now = _plain(config_class.with_newer_settings(once | config))
    return old | {"config": config_now} | _with_newer_values(old, new, newer)


def _with_newer_values(old: dict, new: dict, newer: Sequence[str]) -> dict:
    """The data of an older record, which does not say what is newer in `Values`: that is what it is now.

    The fingerprints of the pixels, which it has, tell whether it was so.
    """
    data, values = old.get("data", {}), new.get("data", {}).get("values", {})
    before = data.get("values", {})
    known = {
        side: dataclasses.asdict(PLAIN) | {name: of_side[name] for name in newer} | before.get(side, {})
        for side, of_side in values.items()
    }
    return {"data": data | {"values": before | known}} if known else {}


def _plain(value):
    """A value as JSON gives it back."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return list(value) if isinstance(value, tuple) else value
