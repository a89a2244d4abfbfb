"""What a family of models brings to a run: its batches, panels, sampler, and what its evaluators look at.

A preset names its family's class by a dotted name (docs/architecture.md says why). `engine.run.Run` makes one a run and
calls it; nothing here calls the run back but for data and earlier runs.
"""

import dataclasses
import hashlib
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from engine.command import Evaluate, Explore, Generate, Sample
from engine.experiment import Experiment
from engine.folder import RunError
from engine.parts.asked import Asked, numbers_of
from engine.parts.neighbors import Drawn
from engine.requires import required
from evaluation.evaluator import Data, Outputs
from models.core.config import ConfigError, TrainingConfig, override
from models.core.preset import Requirement
from models.core.trained import TrainedModel
from panels.sheet import sheet
from pipelines.atomic import atomic_write
from pipelines.batches.draws import Batches
from pipelines.examples import DataError, Examples, LabeledImages
from pipelines.images import load_size, with_channels
from pipelines.reading import Reading
from pipelines.real_images import RealImages
from pipelines.rows import ImageRows, evenly, in_chunks
from serving.hints import Hints
from serving.limits import Limits
from serving.sampler import Sampler

# () -> {name: (h, w, 3) uint8 picture}: draws the model as it is now.
Panels = Callable[[], dict[str, np.ndarray]]


# Of the sheet that shows what is trained on.
SHEET_EXAMPLES = 9


@dataclasses.dataclass(frozen=True)
class Prepared:
    """What a family has made of the data, ready to train.

    Attributes:
        config: the configuration with the sizes that only the data could tell.
        batches: what the model trains on.
        data: fingerprints and counts for the run's record: a change in them changes the weights.
    """

    config: TrainingConfig
    batches: Batches
    data: dict


class Parts:
    """The parts of one run. A subclass gives what its presets' modes need."""

    # The split that is trained on.
    train_split = "train"

    def __init__(self, run):
        self.run, self.experiment, self.folder = run, run.experiment, run.folder

    def required(self, requirement: Requirement) -> Experiment | None:
        """The earlier run that a requirement for training stands for; None where the configuration needs none."""
        return required(self.experiment, requirement, getattr(self.experiment.config, requirement.setting))

    def load_side(self, image_size: int) -> int:
        """The side at which images are kept, in pixels: a little larger, for random crops of `image_size`.

        Of rectangles, it is asked for each of the two sides.
        """
        return load_size(image_size)

    @property
    def files_read(self) -> Reading:
        """How the files of the dataset are read."""
        return self.experiment.reading

    def prepare(self, examples: Examples, dry_run: bool = False) -> Prepared:
        """Make batches of the training examples; a dry run may leave out what takes long."""
        raise NotImplementedError

    def initialize(self, model: TrainedModel, has_begun: bool = False):
        """Give a new model what earlier runs have learned; a checkpoint is restored after it.

        Args:
            model: with new weights.
            has_begun: whether it already has those of another run of its kind (--init_from).
        """

    def sheet(self, prepared: Prepared, examples: Examples) -> np.ndarray | None:
        """(h, w, 3) uint8: the first few examples, as they are trained on; None if there is nothing to see."""
        cells, step = [], 0
        while len(cells) < SHEET_EXAMPLES:
            batch, rows = batch_at(prepared.batches, step)
            shown = self.trained_on(batch, rows, examples)
            if shown is None:
                return None
            cells, step = [*cells, *shown], step + 1
        height, width, _ = cells[0][1][0].shape
        images = f"{prepared.batches.images:,} training images, as they are trained on ({width} x {height} pixels)"
        return sheet(f"{self.experiment.model} on {self.experiment.dataset}: {images}", cells[:SHEET_EXAMPLES])

    def trained_on(
        self, batch: Mapping[str, np.ndarray], rows: Mapping[str, np.ndarray], examples: Examples
    ) -> Sequence[tuple[str, Sequence[np.ndarray]]] | None:
        """Of each example of a batch its text and its pictures (h, w, c) in [-1, 1]; None if there is nothing to see.

        Args:
            batch: as the model gets it.
            rows: which rows of the examples it is made of (`pipelines.batches.draws.Batches.rows`).
            examples: that are trained on.
        """
        return None

    def begin(self):
        """Write what belongs to the run before training, once nothing can be refused any more."""

    def panels(self, model: TrainedModel) -> Panels | None:
        """What is drawn while the model trains; None if there is nothing to see."""
        return None

    def sampler(self, model: TrainedModel) -> Sampler:
        """What is sampled, evaluated and exported of a model, which computes in float32."""
        raise NotImplementedError

    def served_side(self, config: TrainingConfig) -> int:
        """The longest side, in pixels, of an image that an export takes by default: at least what it was trained on."""
        return max(Limits.side, *(getattr(config, name, 0) for name in ("image_size", "image_height", "image_width")))

    def to_measure(self, command: Evaluate) -> tuple[Examples, str]:
        """What --mode=evaluate measures, and of which split it is."""
        return self.run.splits.unseen

    def evaluated(self, command: Evaluate) -> int:
        """How many samples, captions or pairs --mode=evaluate measures, at most."""
        raise NotImplementedError

    def outputs(self, model: TrainedModel, sampler: Sampler | None, data: Data, command: Evaluate) -> Outputs:
        """What the evaluators of the presets look at."""
        raise NotImplementedError

    def real_images(self, examples: Examples, config: TrainingConfig) -> dict[str, RealImages]:
        """The images of examples as a model of this configuration makes such, by `Outputs.compared`'s prefixes."""
        return {}

    def model_has(self, config: TrainingConfig) -> frozenset[str]:
        """What evaluators may need of a model of this configuration (`evaluation.evaluator.Data.model_has`)."""
        return frozenset()

    def has_judge(self, examples: Examples) -> bool:
        """Whether a judge could judge what this run makes, compared with these examples."""
        return True

    def accepts(self, judge: TrainedModel, examples: Examples) -> bool:
        """Whether this judge can do so; RunError if it is a wrong one."""
        return self.has_judge(examples)

    def gallery(self, outputs: Outputs):
        """Write pictures of what was evaluated, if there are any to look at."""

    def hints(self, config: TrainingConfig) -> Hints:
        """What a page that shows the exported model may know of it."""
        return Hints()

    def shown_examples(self) -> Examples:
        """Unseen ones; of a set without such, those that were trained on. Loads no more than these."""
        try:
            return self.run.splits.load("test")
        except DataError:
            return self.run.splits.train

    @property
    def may_be_shown(self) -> bool:
        """Whether pictures and captions of the data may go with an export: those of a built-in world, not a user's."""
        return self.experiment.dataset.startswith("birds")

    def finish(self, model: TrainedModel):
        """Write what belongs to the run after training, beside the export."""

    def check_sample(self, command: Sample):
        """RunError if --mode=sample can be refused before the model is read."""

    def sample(self, model: TrainedModel, command: Sample) -> pathlib.Path:
        """Write what --mode=sample asks for; returns where."""
        raise NotImplementedError

    def asked(self, sampler: Sampler, command: Generate) -> Asked:
        """The numbered pictures of --mode=generate; RunError or DataError if it asks for what the model cannot draw."""
        raise NotImplementedError

    def explore(self, model: TrainedModel, command: Explore) -> dict:
        """Do what --mode=explore asks for; returns its figures."""
        raise NotImplementedError

    def drawn(self, model: TrainedModel, sampler: Sampler) -> dict[str, Drawn]:
        """By name, or "" where there is one kind, pictures that the model makes, and the images that it was trained on
        to make such: for the report. The first ones of --mode=generate; empty of models without that mode.
        """
        if "generate" not in self.experiment.preset.modes:
            return {}
        asked = self.asked(sampler, Generate())
        labels = [f"{number} {' '.join(map(str, asked.row(number)))}".strip() for number in numbers_of(0)]
        return {"": self.beside_real("", asked.draw(0), labels)}

    # For subclasses.

    def beside_real(self, prefix: str, pictures: np.ndarray, labels: Sequence[str]) -> Drawn:
        """Pictures (n, h, w, c) uint8 with the training images and as many unseen ones, for `drawn`.

        Args:
            prefix: of `Outputs.compared`.
            pictures: that the model made.
            labels: of the pictures.
        """
        config, (unseen, split) = self.run.trained_config(), self.run.splits.unseen
        training = self.real_images(self.run.splits.train, config)[prefix]
        if split != "test":
            return Drawn(pictures, labels, training)
        unseen = self.real_images(unseen, config)[prefix]
        return Drawn(pictures, labels, training, unseen.take(evenly(len(unseen), len(pictures))))

    def write_png(self, picture: np.ndarray, command: Sample, model: TrainedModel) -> pathlib.Path:
        """Write a picture of samples to --output, or to a name in the run folder that describes it."""
        path = self.png_path(command)
        with atomic_write(path) as aside:
            aside.write_bytes(tf.io.encode_png(picture).numpy())
        print(f"Wrote {path}, drawn with the {weights_of(model)}.")
        return path

    def png_path(self, command: Sample) -> pathlib.Path:
        """Where a picture of samples goes; RunError if it is not a PNG file."""
        kind = f"interpolation-{command.interpolate}" if command.interpolate else "samples"
        name = f"{kind}-seed-{command.seed}.png"
        path = pathlib.Path(command.output) if command.output else self.folder.pictures / name
        path = path / name if path.is_dir() else path
        if path.suffix.lower() != ".png":
            raise RunError(f"--output must be a .png file or an existing folder. Received: {path}")
        return path


def batch_at(batches: Batches, step: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The batch of a step, and the rows that it is made of, as arrays."""
    made = (batches.at, batches.rows) if batches.rows else (batches.at,)
    batch, rows, *_ = [{name: np.asarray(value) for name, value in of(step).items()} for of in made] + [{}]
    return batch, rows


def weights_of(model: TrainedModel) -> str:
    """Which weights are sampled, evaluated and exported, in words."""
    return f"{'averaged' if model.is_averaged else 'last'} weights of step {model.step:,}"


def with_measured(config: TrainingConfig, measured: Mapping[str, object]) -> TrainingConfig:
    """The configuration with the sizes that only the data could tell.

    Raises:
        ConfigError: the user set one of them to something else.
    """
    for name, value in measured.items():
        given = getattr(config, name)
        if given and given != value:
            raise ConfigError(f"{name} comes from the data, where it is {value}. Received: {name}={given}")
    return override(config, measured)


def fingerprint(*arrays: np.ndarray | ImageRows, channels: int = 0) -> str:
    """A short hash of arrays: same content, same hash. Of many images no copy is made.

    Args:
        arrays: of images, or of anything else.
        channels: with which images are looked at (`with_channels`); 0: their own.
    """
    digest = hashlib.sha256()
    for array in arrays:
        shape = (*array.shape[:-1], channels) if channels else array.shape
        digest.update(f"{array.dtype}{shape}".encode())
        parts = in_chunks(array) if array.shape else [(0, array)]
        for _, part in parts:
            digest.update(np.ascontiguousarray(with_channels(part, channels) if channels else part))
    return digest.hexdigest()[:16]


def class_fingerprint(examples: LabeledImages) -> str | None:
    """A short hash of the images' labels, which decide what is drawn; None where there are none."""
    return None if examples.labels is None else fingerprint(np.asarray(examples.labels))
