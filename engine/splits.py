"""The splits of a run's dataset: what is trained on, what is held out of that, and what was never trained on."""

import functools

from absl import logging

from engine.experiment import Experiment
from pipelines import registry
from pipelines.examples import DataError, Examples
from pipelines.holdout import hold_out
from pipelines.sizes import Size


class Splits:
    """The splits of a dataset, each loaded once, when it is asked for.

    Args:
        experiment: names the dataset and its folders.
        size: at which images are kept, pixels: a side, or (height, width).
        held_out_share: of the training split.
        train_split: the name of the split that is trained on.
    """

    def __init__(self, experiment: Experiment, size: Size, held_out_share: float, train_split: str):
        self.experiment, self.size = experiment, size
        self.held_out_share, self.train_split = held_out_share, train_split
        self.load = functools.cache(self._load)

    def _load(self, split: str) -> Examples:
        experiment = self.experiment
        return registry.load(
            experiment.dataset, split, self.size, experiment.data_dir, experiment.cache_dir, experiment.reading
        )

    @functools.cached_property
    def _parts(self) -> tuple[Examples, Examples | None]:
        whole = self.load(self.train_split)
        return (
            hold_out(whole, self.held_out_share, self.experiment.config.seed) if self.held_out_share else (whole, None)
        )

    @property
    def train(self) -> Examples:
        """What is trained on."""
        return self._parts[0]

    @functools.cached_property
    def unseen(self) -> tuple[Examples, str]:
        """The test split, and "test"; with a warning the training split, and "train", where nothing else is there."""
        try:
            examples = self.load("test")
        except DataError as error:
            logging.warning("Training images stand in for images to test on: %s", error)
            return self.train, "train"
        return examples, "train" if self._is_trained_on(examples) else "test"

    def _is_trained_on(self, examples: Examples) -> bool:
        """Whether the examples to test on are those of training, or some of them: a report says so; else, names do."""
        report = getattr(examples, "report", None)
        if report is not None:
            return report.lacks_test
        return names_of(examples) is not None and names_of(examples) == names_of(self.load(self.train_split))

    @property
    def selection(self) -> tuple[Examples, str]:
        """What checkpoints are compared on while training: what was held out, and "validation"; otherwise `unseen`."""
        held_out = self._parts[1]
        return self.unseen if held_out is None else (held_out, "validation")


def names_of(examples: Examples):
    """What identifies examples; None for a distribution, which gives new ones at every draw."""
    for name in ("names", "names_a"):
        if hasattr(examples, name):
            return getattr(examples, name)
    return None
