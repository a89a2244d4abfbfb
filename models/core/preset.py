"""A preset: one name that `--model` accepts. Importable without TensorFlow, as all registries are."""

import dataclasses
import importlib
from collections.abc import Mapping

from models.core.config import TrainingConfig, override
from models.core.published import Published

MODES = ("train", "sample", "generate", "evaluate", "export", "explore")
# What every run accepts beside those of its preset.
ALWAYS = ("report",)


def import_name(dotted: str):
    """The object that a dotted name stands for."""
    module, name = dotted.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


@dataclasses.dataclass(frozen=True)
class Requirement:
    """An earlier run, on the same dataset, that a model needs to train or to be evaluated.

    Attributes:
        role: what it serves as, "text_encoder" or "judge", say.
        model: the preset that it is a run of.
        setting: the field of the configuration, or the flag, that may name another run folder; the name of a preset
            (or "", for `model`) stands for its run folder beside this one.
        artifact: the file of its run folder that is used; "" for its checkpoints.
        alternatives: other presets that `setting` may name in the place of `model`; their runs leave the same artifact.
        build: whether a missing one is trained first; otherwise the error names the command that trains it.
        to_train: whether training needs it; otherwise evaluators do, and those that need a missing one are left out.
    """

    role: str
    model: str
    setting: str
    artifact: str = ""
    alternatives: tuple[str, ...] = ()
    build: bool = False
    to_train: bool = True

    @property
    def models(self) -> tuple[str, ...]:
        """The presets of which it may be a run."""
        return (self.model, *self.alternatives)


@dataclasses.dataclass(frozen=True)
class Preset:
    """One name that `--model` accepts.

    Classes are named by dotted names, as a preset must be importable without TensorFlow; `tests/engine/test_parts.py`
    resolves each of them.

    Attributes:
        model: the `models.core.trained.TrainedModel` that trains it.
        parts: the `engine.parts.parts.Parts` of its family: batches, panels, sampler.
        config: the published constants.
        summary: one line on what it is.
        source: paper, section.
        needs: what a dataset must give (`pipelines.registry`).
        evaluators: each an `evaluation.evaluator.Evaluator`; those whose needs are met are run.
        requires: earlier runs that it needs.
        default_dataset: what it trains on when no dataset is named.
        per_dataset: what a dataset changes in `config`.
        modes: what `--mode` accepts for it, beside `ALWAYS`.
        both_ways: whether it translates from A to B and from B to A, so that --direction chooses when sampling.
        samples_from: what --mode=sample makes pictures of: "captions", "images", "noise" or "images and captions"; of a
            judge, what it looks at: "real images". An experiment is for one of them.
        pictures_every: steps between pictures, unless --pictures_every says otherwise.
        published: the constants as the sources publish them; () where there is no source.
        why_per_dataset: why each of these datasets changes anything, one line each.
    """

    model: str
    parts: str
    config: TrainingConfig
    summary: str
    source: str
    needs: frozenset[str]
    evaluators: tuple[str, ...] = ()
    requires: tuple[Requirement, ...] = ()
    default_dataset: str = "birds"
    per_dataset: Mapping[str, Mapping[str, object]] = dataclasses.field(default_factory=dict)
    modes: tuple[str, ...] = ("train", "sample", "evaluate", "export")
    both_ways: bool = False
    samples_from: str = "captions"
    pictures_every: int = 500
    published: tuple[Published, ...] = ()
    why_per_dataset: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def resolve(self, dataset: str, changes: Mapping[str, object] | None = None) -> TrainingConfig:
        """The configuration on a dataset: the paper's, what the dataset changes, what the user changes."""
        return override(override(self.config, self.per_dataset.get(dataset, {})), changes or {})

    def requirement(self, role: str) -> Requirement:
        """The earlier run that serves as `role`."""
        (found,) = (requirement for requirement in self.requires if requirement.role == role)
        return found
