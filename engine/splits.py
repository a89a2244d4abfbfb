"""The splits of a run's dataset: what is trained on, what is held out of that, and what was never trained on."""

import functools

from absl import logging

from engine.experiment import Experiment
from pipelines import registry
from pipelines.examples import DataError, Examples
from pipelines.holdout import hold_out
from pipelines.reading import Reading
from pipelines.seen import seen_in
from pipelines.sizes import Size


class Splits:
    """The splits of a dataset, each loaded once, when it is asked for.

    Args:
        experiment: names the dataset and its folders.
        size: at which images are kept, pixels: a side, or (height, width).
        held_out_share: of the training split.
        train_split: the name of the split that is trained on.
        reading: how the files are read.
    """

    def __init__(self, experiment: Experiment, size: Size, held_out_share: float, train_split: str, reading: Reading):
        self.experiment, self.size, self.reading = experiment, size, reading
        self.held_out_share, self.train_split = held_out_share, train_split
        self.load = functools.cache(self._load)

    def _load(self, split: str) -> Examples:
        experiment = self.experiment
        return registry.load(
            experiment.dataset, split, self.size, experiment.data_dir, experiment.cache_dir, self.reading
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

    @property
    def unseen(self) -> tuple[Examples, str]:
        """The test split, and "test"; with a warning the training split, and "train", where nothing else is there.

        It is "train", too, where all images of the test split are trained on, be it of one side only of unpaired ones.
        """
        examples, share = self._unseen
        return examples, "train" if share == 1.0 else "test"

    @property
    def trained_on(self) -> float:
        """The share of `unseen` that is trained on all the same; of two sides without pairs, the larger one."""
        return self._unseen[1]

    @functools.cached_property
    def _unseen(self) -> tuple[Examples, float]:
        try:
            examples = self.load("test")
        except DataError as error:
            logging.warning("Training images stand in for images to test on: %s", error)
            return self.train, 1.0
        return examples, self._share_trained_on(examples)

    def _share_trained_on(self, examples: Examples) -> float:
        """The share of examples to test on that is trained on: by their report, or by their pixels; with a warning."""
        report = getattr(examples, "report", None)
        if report is not None and report.lacks_test:
            logging.warning(
                "There are no images to test on: all figures and pictures are of images that are trained on"
            )
            return 1.0
        shares = seen_in(self.load(self.train_split), examples)
        for side, share in shares.items():
            images = {"": "images", "pairs": "pairs"}.get(side, f"images of {side}")
            if share == 1.0:
                logging.warning("The %s to test on are all trained on: no figure or picture is of unseen ones", images)
            elif share:
                logging.warning("%.1f %% of the %s to test on are trained on, too", 100 * share, images)
        return max(shares.values(), default=0.0)

    @property
    def selection(self) -> tuple[Examples, str]:
        """What checkpoints are compared on while training: what was held out, and "validation"; otherwise `unseen`."""
        held_out = self._parts[1]
        return self.unseen if held_out is None else (held_out, "validation")
