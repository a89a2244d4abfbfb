"""A trained model as experiments see it: the model, its sampler, and the data that it was trained on."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from evaluation.evaluator import Data, Outputs
from experiments.networks import images_of
from models.core.trained import TrainedModel
from models.judges.judge import ClassJudge
from pipelines.examples import CaptionedImages, LabeledImages
from pipelines.images import to_float, with_channels

# Batches, and their size, by which an untrained network's moving statistics become those of the data.
WARM_UP_BATCHES, WARM_UP_BATCH_SIZE = 40, 64


@dataclasses.dataclass
class Subject:
    """A trained generator of images, with its discriminator and its data.

    Attributes:
        model: trained; has `config`, `discriminator` and `sampled_generator`.
        sampler: has `latents(count, seed)`, a (count, D) tensor, and `classes`, 0 for an unconditional generator.
        model_name: for messages.
        dataset: its name.
        seed: of the latents, and of all that an experiment draws at random.
        interpolate: (first (D,), second (D,), count) -> (count, D) latents: `lerp` or `slerp`.
        load: ("train" or "test", image_size) -> the images of that split, at the size of the model.
        has_unseen: () -> whether "test" holds images that were not trained on.
        judge: () -> the attribute judge, a function from (n, s, s, 3) images in [-1, 1] to (n, A) predicted values,
            and images that name the attributes; raises an error with the command that trains the judge where there is
            none.
        data_dir: where rendered birds are kept; "" for the cache folder.
        cache_dir: downloads and decoded images.
    """

    model: TrainedModel
    sampler: object
    model_name: str
    dataset: str
    seed: int
    interpolate: Callable[[np.ndarray, np.ndarray, int], np.ndarray]
    load: Callable[[str, int], LabeledImages]
    has_unseen: Callable[[], bool]
    judge: Callable[[], tuple[Callable[[np.ndarray], np.ndarray], CaptionedImages]]
    data_dir: str = ""
    cache_dir: str = ""
    _examples: dict[str, LabeledImages] = dataclasses.field(default_factory=dict, init=False, repr=False)

    @property
    def image_size(self) -> int:
        """Pixels."""
        return self.model.config.image_size

    @property
    def generator(self) -> keras.Model:
        """The generator that is sampled: the averaged one, if there is an average."""
        return self.model.sampled_generator

    @property
    def discriminator(self) -> keras.Model:
        """The trained discriminator."""
        return self.model.discriminator

    # What the generator draws.

    def latents(self, count: int) -> np.ndarray:
        """(count, D) inputs of the generator."""
        return self.sampler.latents(count, self.seed).numpy()

    def labels(self, count: int) -> np.ndarray | None:
        """(count,) labels in turn, for a class-conditional generator; else None."""
        return np.arange(count, dtype=np.int32) % self.sampler.classes if self.sampler.classes else None

    def samples(self, count: int) -> np.ndarray:
        """(count, s, s, c) generated images in [-1, 1]."""
        return images_of(self.generator, self.latents(count), self.labels(count))

    # What it was trained on.

    def examples(self, split: str) -> LabeledImages:
        """A split, loaded once."""
        if split not in self._examples:
            self._examples[split] = self.load(split, self.image_size)
        return self._examples[split]

    def real(self, split: str, most: int) -> tuple[np.ndarray, np.ndarray | None]:
        """At most `most` images of a split, drawn at random: (n, s, s, c) in [-1, 1] and (n,) labels, if any."""
        examples = self.examples(split)
        rows = np.random.default_rng(0).permutation(len(examples))[:most]
        images = np.asarray(to_float(with_channels(examples.images[rows], self.model.config.channels)))
        return images, None if examples.labels is None else examples.labels[rows]

    def untrained_discriminator(self) -> keras.Model:
        """A discriminator with its random initial weights, and the moving statistics that go with them.

        Without these its normalization would differ from a trained one's too.
        """
        keras.utils.set_random_seed(self.model.config.seed)
        discriminator = type(self.model)(self.model.config).discriminator
        images, labels = self.real("train", WARM_UP_BATCHES * WARM_UP_BATCH_SIZE)
        given = {"image": images, "label": labels, "seed": np.zeros((len(images), 2), np.int32)}
        for start in range(0, len(images), WARM_UP_BATCH_SIZE):
            batch = {name: given[name][start : start + WARM_UP_BATCH_SIZE] for name in discriminator.input}
            discriminator(batch, training=True)
        return discriminator


@dataclasses.dataclass(frozen=True)
class Judged:
    """A trained judge of classes, and images that it was not trained on.

    Attributes:
        judge: the model.
        examples: the images, with labels.
        real: rows of the examples -> these images as the judge takes them, (n, s, s, c) in [-1, 1].
        seed: of all that an experiment draws at random.
    """

    judge: ClassJudge
    examples: LabeledImages
    real: Callable[[np.ndarray], np.ndarray]
    seed: int


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """A trained model of texts as experiments see it: as its evaluators do.

    Attributes:
        outputs: what it draws for captions that were not trained on (`evaluation.captions`, `evaluation.styles`).
        data: that these are compared with, and the judge of it, if there is one.
    """

    outputs: Outputs
    data: Data
