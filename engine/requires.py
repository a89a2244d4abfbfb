"""Earlier runs that a run needs (a text encoder, a judge): found, built or refused in one way."""

import hashlib
import io
import pathlib
import zipfile

import h5py
import numpy as np

from callbacks.checkpoints import TrainingError, checkpoint_steps, newest_whole
from engine.command import Train
from engine.experiment import Experiment, with_changed_rates
from engine.folder import BusyError, RunError, RunFolder
from models.core.preset import Requirement


def required(experiment: Experiment, requirement: Requirement, named: str = "") -> Experiment:
    """The earlier run that a requirement stands for: the one in the folder that is named, or the one beside this run.

    Args:
        experiment: which needs it.
        requirement: one of its preset's.
        named: another run folder, from the configuration or a flag; "", or the name of a preset, for none.
    """
    if named in requirement.models:
        return experiment.sibling(named)
    record = RunFolder(named).read_record() if named and requirement.alternatives else None
    found = (record or {}).get("model")
    return experiment.sibling(found if found in requirement.models else requirement.model, named)


def is_there(needed: Experiment, requirement: Requirement) -> bool:
    """Whether the earlier run has left what is used of it. Of one that is built, its last checkpoint: a run that was
    stopped before it was finished goes on.
    """
    folder = RunFolder(needed.workdir)
    if requirement.artifact:
        return (folder.path / requirement.artifact).exists()
    is_trained = bool(folder.read_record() and checkpoint_steps(folder.checkpoints))
    return is_trained and (not requirement.build or folder.finished_step() is not None)


def ensure(needed: Experiment, requirement: Requirement, is_named: bool = False, command: Train | None = None):
    """Train the earlier run if a missing one is built.

    Args:
        needed: the earlier run.
        requirement: what it is for.
        is_named: whether the user named its folder, which may hold a run on another dataset.
        command: of the run that needs it, whose cadences a run that is built takes over.

    Raises:
        RunError: it is missing and is not built, its folder holds another run, or its training failed.
    """
    role = requirement.role.replace("_", " ")
    record = RunFolder(needed.workdir).read_record()
    compared = ("model",) if is_named and requirement.artifact else ("model", "dataset")
    for name in compared if record else ():
        if record[name] != getattr(needed, name):
            accepted = " or ".join(requirement.models) if name == "model" and is_named else getattr(needed, name)
            raise RunError(
                f"the {role} must be a run of --{name}={accepted}. "
                f"Received: {needed.workdir}, of --{name}={record[name]}"
            )
    if is_there(needed, requirement):
        return
    if not requirement.build or is_named:
        raise RunError(
            f"this needs a {role}, which is trained by: {needed.command()}. "
            f"Received: no finished run in {needed.workdir}"
        )
    # Imported here: a run ensures what it requires, which is a run.
    from engine.run import Run

    print(f"No {role} for {needed.dataset} yet: training one first, in {needed.workdir}.", flush=True)
    try:
        Run(with_changed_rates(needed)).train(cadences_of(command or Train()))
    except BusyError:
        raise
    except (RunError, TrainingError) as error:
        raise RunError(
            f"the {role} must be trained first, and could not be: {str(error).rstrip('.')}. To start it over, the old "
            f"one moved aside: {needed.command('--restart')}"
        ) from error
    print(f"The {role} is ready.", flush=True)


def cadences_of(command: Train) -> Train:
    """A command with the cadences of another, for a whole training on one device."""
    names = ("checkpoint_every", "keep_checkpoints", "log_every", "pictures_every")
    return Train(devices=1, **{name: getattr(command, name) for name in names})


def record_of(needed: Experiment, requirement: Requirement) -> dict:
    """What the record of a run says of an earlier run that it was built on: a change in it changes the weights."""
    folder = RunFolder(needed.workdir)
    path = folder.path / requirement.artifact if requirement.artifact else newest_whole(folder.checkpoints)
    try:
        return {"model": needed.model, "weights": weights_fingerprint(path)}
    except Exception as error:
        # A damaged archive makes zipfile and h5py raise almost anything.
        role, reason = requirement.role.replace("_", " "), str(error).splitlines()[0]
        raise RunError(f"the {role} is damaged; train it again. Received: {path} ({reason})") from None


def weights_fingerprint(path: pathlib.Path) -> str:
    """A short hash of the weights in a .keras file, whatever its layers are called."""
    hashes = []

    def add(name, entry):
        if isinstance(entry, h5py.Dataset):
            hashes.append(hashlib.sha256(np.ascontiguousarray(entry[()])).hexdigest())

    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as weights:
        weights.visititems(add)
    return hashlib.sha256("".join(sorted(hashes)).encode()).hexdigest()[:16]
