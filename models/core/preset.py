"""A preset: one name that `--model` accepts. Importable without TensorFlow, as all registries are."""

import dataclasses
import typing
from collections.abc import Mapping

from models.core.config import TrainingConfig, override

MODES = ("train", "sample", "evaluate", "export", "explore")


@dataclasses.dataclass(frozen=True)
class Preset:
    """One name that `--model` accepts.

    Attributes:
        model: dotted name of the class that trains it.
        task: dotted name of the class that runs it: its data, its pictures, its scores.
        config: the published constants.
        summary: one line on what it is.
        source: paper, section.
        needs: what a dataset must give (`pipelines.registry`).
        default_dataset: what it trains on when no dataset is named.
        per_dataset: what a dataset changes in `config`.
        modes: what `--mode` accepts for it; its task has a method for each.
        both_ways: whether it translates from A to B and from B to A, so that --direction chooses when sampling.
        samples_from: what --mode=sample makes pictures of: "captions", "images" or "noise".
        pictures_every: steps between pictures, unless --pictures_every says otherwise.
    """

    model: str
    task: str
    config: TrainingConfig
    summary: str
    source: str
    needs: frozenset[str]
    default_dataset: str = "birds"
    per_dataset: typing.Mapping[str, typing.Mapping[str, object]] = dataclasses.field(default_factory=dict)
    modes: tuple[str, ...] = ("train", "sample", "evaluate", "export")
    both_ways: bool = False
    samples_from: str = "captions"
    pictures_every: int = 500

    def resolve(self, dataset: str, changes: Mapping[str, object] | None = None) -> TrainingConfig:
        """The configuration on a dataset: the paper's, what the dataset changes, what the user changes."""
        return override(override(self.config, self.per_dataset.get(dataset, {})), changes or {})
