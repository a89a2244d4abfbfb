"""What an evaluation is: evaluators that ask something of a run's outputs and data, and yield numbers by key.

A preset lists its evaluators by dotted name; `--mode=evaluate` and the training loop run those whose needs are met.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
from absl import logging

from evaluation.names import NetworkName
from metrics.verification import BACKGROUND, POSE
from models.judges.judge import ClassJudge
from pipelines.examples import GaussianMixture, PairedImages

# What `Data.split` may be, in words.
SPLITS = {
    "test": "test (not trained on)",
    "validation": "validation (held out of training)",
    "train": "train (these images were trained on)",
    "input": "the pictures of --input",
}
HIGHER, LOWER = "higher", "lower"
# What an evaluator may need: of the data, of what scores it, of the model.
OF_DATA = (
    "training_images",
    "labels",
    "attributes",
    "style",
    "rendered_styles",
    "pairs",
    "one_dimension",
    "two_dimensions",
)
OF_SCORERS = (
    "judge",
    "class_judge",
    "attribute_judge",
    "feature_network",
    "feature_maps",
    "class_probabilities",
    "retrieval_encoder",
)
OF_MODELS = (
    "condition",
    "category",
    "asked_attributes",
    "logits",
    "energy",
    "left_out_class",
    "classifier",
    "levels",
    "stages",
)
NEEDS = frozenset((*OF_DATA, *OF_SCORERS, *OF_MODELS))


@dataclasses.dataclass(frozen=True)
class Data:
    """What outputs are compared with.

    Attributes:
        examples: one split of the dataset (`pipelines.examples`).
        split: what that is: "test", "validation" (held out of training), "train" (there are no unseen examples) or
            "input" (the user's pictures, of no split).
        count: how many samples, captions or pairs are measured, at most.
        seed: of all that is drawn.
        judge: a trained judge of the dataset's classes or attributes (`models.judges.judge`); None without one.
        judge_name: the judge's run and step, for the protocol.
        features: a network that images are compared by (`evaluation.extractor.Extractor`); None without one.
        retrieval: encoders of text and of images into one space (`evaluation.matching.RetrievalEncoder`); None without.
        cache: the folder in which features of real images are kept; None for nowhere.
        training: () -> by the prefix of `Outputs.compared`, some training images as the model makes such, (n, h, w, c)
            uint8; called if an evaluator needs them. None where there are none, or nothing else.
        shows_progress: whether what takes long shows a progress bar (a training shows its own).
        model_has: those of `OF_MODELS` that the model has: "condition" (it is asked for classes), "category" (a code),
            "asked_attributes" (it is asked for numbers, too),
            "logits" or "energy" (of images alone), "classifier" (its discriminator is one), "left_out_class" (which was
            not trained on), "levels" (each of which refines the images of the one before), "stages" (the
            second of which makes larger pictures of the first one's).
    """

    examples: object
    split: str
    count: int
    seed: int = 0
    judge: object = None
    judge_name: str = ""
    features: object = None
    retrieval: object = None
    cache: pathlib.Path | None = None
    model_has: frozenset[str] = frozenset()
    shows_progress: bool = False
    training: Callable[[], Mapping[str, np.ndarray]] | None = None

    @property
    def has(self) -> frozenset[str]:
        """Those of `NEEDS` that are at hand."""
        examples = self.examples
        dimensions = examples.centers.shape[1] if isinstance(examples, GaussianMixture) else 0
        present = {
            "judge": self.judge is not None,
            "class_judge": isinstance(self.judge, ClassJudge),
            "attribute_judge": self.judge is not None and not isinstance(self.judge, ClassJudge),
            "feature_network": self.features is not None,
            "feature_maps": self.features is not None and self.features.has_maps,
            "class_probabilities": self.features is not None and self.features.has_probabilities,
            "retrieval_encoder": self.retrieval is not None,
            # Of samples beside training images nothing can be said where there are no others.
            "training_images": self.training is not None and self.split != "train",
            "labels": getattr(examples, "labels", None) is not None,
            "attributes": getattr(examples, "truth", None) is not None,
            "style": {*POSE, *BACKGROUND} <= set(getattr(getattr(examples, "truth", None), "style_names", ())),
            "rendered_styles": getattr(examples, "styles", None) is not None,
            "pairs": isinstance(examples, PairedImages),
            "one_dimension": dimensions == 1,
            "two_dimensions": dimensions == 2,
        }
        return self.model_has.union(name for name, is_present in present.items() if is_present)


class Outputs:
    """What a run makes, as its evaluators see it. What is drawn is drawn once, for all of them.

    A family's subclass wraps the sampler (or, of judges and text encoders, the model itself) and the data.
    """

    def protocol(self) -> dict[str, object]:
        """How many were generated and how many real ones they are compared with, say."""
        return {}

    def compared(self) -> Mapping[str, "Outputs"]:
        """By the prefix of the keys: what has `generated` and `real` images, (n, h, w, c) in [-1, 1], to compare."""
        return {"": self}

    @functools.cached_property
    def extracted(self) -> dict:
        """What networks have given of these images, by network and side, so that each image is seen once."""
        return {}


class Evaluator:
    """One question asked of a run's outputs.

    Attributes:
        needs: what must be at hand beside the outputs: see `Data.has`.
        higher: the keys by which checkpoints can be compared and of which a higher value is better.
        lower: those of which a lower one is. Other keys are reference values: the same of real data, of chance, of the
            unchanged input.
    """

    needs: frozenset[str] = frozenset()
    higher: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()

    def comparable(self, network: NetworkName | None = None) -> dict[str, str]:
        """The keys by which checkpoints can be compared, each with "higher" or "lower".

        Args:
            network: by which images are compared, in whose name its keys are; None without one.
        """
        return dict.fromkeys(self.higher, HIGHER) | dict.fromkeys(self.lower, LOWER)

    def protocol(self, outputs: Outputs, data: Data) -> dict[str, object]:
        """How it measures, where that could be otherwise."""
        return {}

    def measure(self, outputs: Outputs, data: Data) -> Iterator[tuple[str, float]]:
        """Yield (key in snake case, number).

        Raises:
            pipelines.examples.DataError: it cannot be measured on this data.
        """
        raise NotImplementedError


def applicable(evaluators: Iterable[Evaluator], data: Data) -> list[Evaluator]:
    """Those whose needs are met."""
    return [evaluator for evaluator in evaluators if evaluator.needs <= data.has]


def comparable(evaluators: Iterable[Evaluator], network: NetworkName | None = None) -> dict[str, str]:
    """All keys by which checkpoints can be compared, each with "higher" or "lower" (see `Evaluator.comparable`)."""
    better = {}
    for evaluator in evaluators:
        better |= evaluator.comparable(network)
    return better


def protocol_of(evaluators: Iterable[Evaluator], outputs: Outputs, data: Data) -> dict[str, object]:
    """How those measure whose needs are met."""
    protocol = {}
    for evaluator in applicable(evaluators, data):
        protocol |= evaluator.protocol(outputs, data)
    return protocol


def measure(evaluators: Iterable[Evaluator], outputs: Outputs, data: Data) -> dict[str, float]:
    """All that the evaluators yield.

    Raises:
        ValueError: two of them yield one key.
    """
    metrics = {}
    for evaluator in applicable(evaluators, data):
        for key, value in evaluator.measure(outputs, data):
            if key in metrics:
                raise ValueError(f"two evaluators yield {key}")
            metrics[key] = float(value)
    return metrics


def warn_of_split(split: str):
    """Warn if the metrics are computed on training examples."""
    if split == "train":
        logging.warning(
            "There are no unseen examples: these figures are of images that were trained on, and say nothing of others."
        )


def split_in_words(split: str, trained_on: float = 0.0) -> str:
    """What `Data.split` means, of a test split also which share of it was trained on."""
    if split == "test" and trained_on:
        return f"test ({100 * trained_on:.3g} % of it trained on)"
    return SPLITS[split]


def table(metrics: Mapping[str, float], split: str, trained_on: float = 0.0) -> str:
    """The metrics as aligned lines, for a console, below the split that they are of (see `split_in_words`)."""
    rows = {"split": split_in_words(split, trained_on)} | {key: f"{value:.4g}" for key, value in metrics.items()}
    width = max(map(len, rows))
    return "\n".join(f"  {key.ljust(width)}  {value}" for key, value in rows.items())
