"""The command line by mode: one frozen dataclass a mode, whose fields are the flags. Imports no TensorFlow.

A new flag is one line here: its field has the default, the help and the bounds, and `flags.py` makes the flag.
"""

import dataclasses
import difflib
import math
import os
import typing
from collections.abc import Mapping

from evaluation.names import INCEPTION
from experiments.registry import EXPERIMENTS
from models.core.config import PRECISIONS, RATES
from models.generation.class_configs import ATTRIBUTES
from models.image_to_image.configs import DIRECTIONS
from models.registry import PRESETS
from pipelines import budget
from pipelines.examples import DataError
from pipelines.reading import LABEL_MAPS, RESIZES, Reading
from pipelines.registry import DATASETS
from serving.limits import Limits

DEFAULT_MODEL = "gan_cls_plus"
# Wider PNG files are beyond what encoders take.
MOST_IMAGES = 1000
# Of which the numbers have six digits.
MOST_FILES = 1_000_000
MOST_SEED = 2**31 - 1
# What --mode=export writes; the others are `serving.runtimes.runtimes.RUNTIMES`.
SAVED_MODEL = "saved_model"
FORMATS = (SAVED_MODEL, "onnx", "litert")
# The help of flags that several modes accept.
JUDGE = "The run folder of the judge of attributes or classes."
FEATURE_NETWORK = (
    "A network by whose features images are compared: inception (Keras's InceptionV3), a .keras file, a SavedModel, or "
    "the run folder of a judge."
)
RETRIEVAL_ENCODER = "The run folder of the text encoder by which R-precision is measured. Default: the run's own."
OUTPUT = "The PNG file to write (of --mode=train, with --dry_run: the examples); of translations or many, the folder."
TRUNCATION = "Of models that draw from normal noise: it is kept within this distance from 0. Default: it is not."
NUM_IMAGES = (
    "Images a row, or steps of an interpolation; of --mode=generate, files. Default: 8, of --mode=generate 10,000."
)
EMBEDDINGS = "A file of text embeddings to sample or evaluate, for models trained on embeddings."


class CommandError(ValueError):
    """An invalid command line. The message is one clear line."""


def option(
    default,
    help: str,
    *,
    choices: tuple[str, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    path: str = "",
    names: tuple[str, ...] = (),
    setting: bool = False,
):
    """A field of a command: a flag.

    Args:
        default: where the flag is not given.
        help: what `--help` prints.
        choices: the accepted values, where they can be listed.
        minimum: the smallest accepted number.
        maximum: the largest accepted number.
        path: "any" for the name of a file or folder; "existing" if it is read, so that it must exist.
        names: what is accepted in the place of a path that exists.
        setting: whether it is a hyper-parameter of the model, which the configuration checks.
    """
    metadata = {
        "help": help,
        "choices": choices,
        "minimum": minimum,
        "maximum": maximum,
        "path": path,
        "names": names,
        "setting": setting,
    }
    return dataclasses.field(default=default, metadata=metadata)


def kind_of(field: dataclasses.Field) -> type:
    """The type of a flag's value: that of the field, without None."""
    if typing.get_origin(field.type) is tuple:
        return tuple
    kinds = [kind for kind in typing.get_args(field.type) if kind is not type(None)]
    return kinds[0] if kinds else field.type


def choice(name: str, value: str, accepted) -> str:
    """The value, if it is accepted; CommandError names the nearest and all others."""
    if value in accepted:
        return value
    near = difflib.get_close_matches(value, accepted, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise CommandError(f"--{name}: {hint}accepted are {', '.join(accepted)}. Received: {value}")


@dataclasses.dataclass(frozen=True)
class Command:
    """What every mode accepts."""

    mode: typing.ClassVar[str]

    model: str = option("", f"Model: {', '.join(PRESETS)}. Default: {DEFAULT_MODEL}.")
    dataset: str = option(
        "",
        f"Dataset: {'; '.join(f'{name} ({entry.summary})' for name, entry in DATASETS.items())}. "
        "Default: the model's own.",
    )
    workdir: str = option("", "The run folder. Default: runs/<model>-<dataset>.", path="any")
    data_dir: str = option("", "Folder of your data, or where birds are kept.", path="any")
    cache_dir: str = option("", "Folder for downloads and decoded images. Default: data.", path="any")
    memory: str = option(
        budget.DEFAULT,
        "How much memory all decoded images may take, such as 4GiB, or a share of what is available; more are mapped "
        "from disk.",
    )

    def __post_init__(self):
        try:
            budget.amount_of(self.memory)
        except DataError as error:
            raise CommandError(f"--{error}") from None
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.metadata["path"]:
                # A shell does not expand ~ after the =.
                object.__setattr__(self, field.name, os.path.expanduser(value))
            if not field.metadata["setting"] and value not in (None, ""):
                check(field, value)

    def check_paths(self):
        """CommandError if a flag names something to read that does not exist."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            names = field.metadata["names"]
            if value and field.metadata["path"] == "existing" and value not in names and not os.path.exists(value):
                or_path = " or ".join((*names, "the path of an existing file or folder"))
                raise CommandError(f"--{field.name} must be {or_path}. Received: {value}")


def check_checkpoint(name: str, value: str):
    """CommandError unless a flag names a checkpoint: last, best or a step."""
    if value not in ("last", "best") and not value.isdecimal():
        raise CommandError(f"--{name} must be last, best or a step. Received: {value}")


def check(field: dataclasses.Field, value):
    """CommandError unless a flag's value lies within its bounds."""
    choices, minimum, maximum = (field.metadata[key] for key in ("choices", "minimum", "maximum"))
    if choices:
        choice(field.name, value, choices)
    if minimum is not None and not value >= minimum:
        raise CommandError(f"--{field.name} must be at least {minimum}. Received: {value}")
    if maximum is not None and not value <= maximum:
        raise CommandError(f"--{field.name} must be at most {maximum}. Received: {value}")


@dataclasses.dataclass(frozen=True)
class Train(Command):
    """Train a model, or resume its training."""

    mode = "train"

    batch_size: int | None = option(None, "Examples a step, over all devices.", setting=True)
    image_size: int | None = option(None, "Pixels.", setting=True)
    steps: int | None = option(None, "Training steps; takes precedence over --epochs.", setting=True)
    epochs: int | None = option(None, "Passes over the training images.", setting=True)
    learning_rate: float | None = option(None, "The optimizers' step size.", setting=True)
    seed: int | None = option(
        None, "Of the weights, batches and noise; in other modes of the samples' noise.", setting=True
    )
    precision: str | None = option(None, f"{', '.join(PRECISIONS)}.", setting=True)
    text_encoder: str | None = option(
        None,
        "char_cnn_rnn, word_cnn, word_region, end_to_end, an encoder's run folder, or a file of embeddings.",
        setting=True,
    )
    text_to_image: str | None = option(
        None,
        "Of a style encoder: the text-to-image model, or the folder of its run, whose generator it inverts.",
        setting=True,
    )
    direction: str | None = option(
        None,
        "AtoB or BtoA: of pairs, from input to target; --mode=sample of a model that translates both ways: which.",
        setting=True,
    )
    set: tuple[str, ...] = option((), "field=value: any other hyper-parameter of the model. May be repeated.")

    sides: str = option("", "Of your pairs or unpaired images: the folders of the sides, A,B. Default: as named.")
    splits: str = option("", "Of your images: the folders of the splits, TRAIN,TEST, or none. Default: as named.")
    label_maps: str = option(
        "auto", "Of your pairs: which sides are label maps, whose colors are never mixed.", choices=LABEL_MAPS
    )
    value_range: str = option(
        "",
        "Of your images: the pixel values that become black and white, LOW,HIGH; of two sides also "
        "LOW_A,HIGH_A,LOW_B,HIGH_B. Default: as recognized.",
    )
    resize: str = option("squash", "What becomes of images of another aspect.", choices=RESIZES)
    encoding: str = option("", "Of your text files, such as latin-1 or gbk. Default: UTF-8.")
    class_column: str = option("", "The column of a table beside your images that names their classes.")

    devices: int = option(0, "How many GPUs (or logical CPUs) to train on. 0: every GPU, or one CPU.", minimum=0)
    checkpoint_every: int = option(500, "Steps between checkpoints.", minimum=1)
    keep_checkpoints: int = option(3, "How many of the last checkpoints are kept.", minimum=1)
    log_every: int = option(50, "Steps between logged numbers.", minimum=1)
    pictures_every: int | None = option(None, "Steps between pictures. Default: 500, of points 50.", minimum=1)
    evaluate_every: int = option(
        0, "Steps between evaluations while training, each of which leaves a checkpoint. 0: none.", minimum=0
    )
    evaluate_samples: int = option(1000, "Samples (or captions, or pairs) of an evaluation during training.", minimum=2)
    keep_best: str = option("", "The metric, by its key, whose best checkpoint is kept beside the last ones.")
    validation_share: float = option(
        0.1,
        "With --keep_best: share of the training data held out to choose the best checkpoint on. 0: it is chosen on "
        "the test split, and later evaluations say so.",
        minimum=0.0,
        maximum=0.5,
    )
    judge: str = option("", JUDGE, path="any")
    feature_network: str = option("", FEATURE_NETWORK, path="existing", names=(INCEPTION,))
    retrieval_encoder: str = option("", RETRIEVAL_ENCODER, path="existing")
    init_from: str = option("", "The folder of another run, with whose weights a new run begins.", path="any")
    init_checkpoint: str = option("last", "With --init_from: which checkpoint of it: last, best or a step.")
    init_optimizers: bool = option(False, "With --init_from: whether the optimizers' state is taken, too.")
    restart: bool = option(False, "Move an old run aside and start over.")
    dry_run: bool = option(
        False, "Print the resolved configuration, the networks and a batch, draw the first examples, and stop."
    )
    output: str = option("", OUTPUT, path="any")

    def __post_init__(self):
        super().__post_init__()
        if self.keep_best and not self.evaluate_every:
            raise CommandError(
                "--keep_best compares the evaluations during training, so it needs --evaluate_every. "
                "Received: --evaluate_every=0"
            )
        if self.output and not self.dry_run:
            raise CommandError(f"--output, in training, is for --dry_run. Received: --output={self.output}")
        check_checkpoint("init_checkpoint", self.init_checkpoint)
        if not self.init_from and (self.init_optimizers or self.init_checkpoint != "last"):
            flag = "--init_optimizers" if self.init_optimizers else f"--init_checkpoint={self.init_checkpoint}"
            raise CommandError(f"{flag} says what is taken of the run --init_from. Received: no --init_from")

    @property
    def held_out_share(self) -> float:
        """Share of the training data that is held out."""
        return self.validation_share if self.keep_best else 0.0

    @property
    def given_rates(self) -> frozenset[str]:
        """The learning rates that the command line gives, which a run that is resumed may change."""
        return frozenset(RATES).intersection(self.settings())

    def reading(self) -> Reading:
        """How the files of the dataset are read; CommandError for a value that is not accepted."""
        try:
            names = [field.name for field in dataclasses.fields(Reading) if field.compare]
            return Reading(**{name: getattr(self, name) for name in names})
        except DataError as error:
            raise CommandError(f"--{error}") from None

    @classmethod
    def setting_names(cls) -> list[str]:
        """The hyper-parameters that have a flag of their own; every other one goes through --set."""
        return [field.name for field in dataclasses.fields(cls) if field.metadata["setting"]]

    def settings(self) -> Mapping[str, object]:
        """The hyper-parameters that the command line changes."""
        changes = {name: getattr(self, name) for name in self.setting_names() if getattr(self, name) is not None}
        for entry in self.set:
            name, equals, value = entry.partition("=")
            if not equals or not name:
                raise CommandError(f"--set takes field=value. Received: {entry}")
            if name in changes:
                raise CommandError(f"{name} is given twice. Received: --set {entry} and another value")
            changes[name] = value
        if "epochs" in changes and "steps" not in changes:
            # A preset's own number of steps would take precedence.
            changes["steps"] = 0
        return changes


@dataclasses.dataclass(frozen=True)
class TrainedCommand(Command):
    """What the modes accept that begin with a trained run."""

    seed: int = option(0, "Of the samples' noise.", minimum=0, maximum=MOST_SEED)
    checkpoint: str = option("last", "Which checkpoint of the run: last, best (by --keep_best) or a step.")

    def __post_init__(self):
        super().__post_init__()
        check_checkpoint("checkpoint", self.checkpoint)


@dataclasses.dataclass(frozen=True)
class DrawnCommand(TrainedCommand):
    """What the modes accept that draw: what to draw."""

    caption: tuple[str, ...] = option((), "What to draw. May be repeated.")
    captions_file: str = option("", "A text file with one caption a line.", path="any")
    encoding: str = option("", "Of --captions_file, such as latin-1 or gbk. Default: UTF-8.")
    embeddings: str = option("", EMBEDDINGS, path="existing")
    label: tuple[str, ...] = option((), "The class to draw, by name; default: all. May be repeated.")
    attribute: tuple[str, ...] = option(
        (),
        f"name=value: what characters are asked to have; of {', '.join(ATTRIBUTES)} a number from -1, the least that "
        "characters of training mostly have, to 1, the most. Default: others each time. May be repeated.",
    )
    truncation: float = option(0.0, TRUNCATION, minimum=0.0)

    def __post_init__(self):
        super().__post_init__()
        self.attributes()

    def attributes(self) -> dict[str, float]:
        """Those that are asked for; CommandError if there is no such one, or it is no number in [-1, 1]."""
        asked = {}
        for entry in self.attribute:
            name, _, text = entry.partition("=")
            try:
                value = float(text)
            except ValueError:
                value = math.nan
            if name not in ATTRIBUTES or not -1.0 <= value <= 1.0:
                raise CommandError(
                    f"--attribute must be one of {', '.join(ATTRIBUTES)}, =, and a number from -1 to 1. "
                    f"Received: {entry}"
                )
            if name in asked:
                raise CommandError(f"--attribute={name} is given twice. Received: {entry} and {name}={asked[name]:g}")
            asked[name] = value
        return asked


@dataclasses.dataclass(frozen=True)
class Sample(DrawnCommand):
    """Draw pictures from captions, labels or noise, or translate images."""

    mode = "sample"

    input: str = option("", "The image, or the folder of images, to translate.", path="existing")
    direction: str = option("", "Of a model that translates both ways: AtoB or BtoA.", choices=DIRECTIONS)
    num_images: int = option(8, NUM_IMAGES, minimum=1, maximum=MOST_IMAGES)
    interpolate: str = option("", "Draw a strip from one to the next.", choices=("captions", "noise"))
    output: str = option("", OUTPUT, path="any")


@dataclasses.dataclass(frozen=True)
class Generate(DrawnCommand):
    """Write numbered pictures, a file each, and a table of what each was asked for."""

    mode = "generate"

    num_images: int = option(10_000, NUM_IMAGES, minimum=1, maximum=MOST_FILES)
    output: str = option("", OUTPUT, path="any")


@dataclasses.dataclass(frozen=True)
class Evaluate(TrainedCommand):
    """Measure a trained run."""

    mode = "evaluate"

    embeddings: str = option("", EMBEDDINGS, path="existing")
    input: str = option(
        "",
        "Of super-resolution: the photographs to measure on, at their own size. Default: the test split.",
        path="existing",
    )
    num_captions: int = option(1000, "Captions to evaluate, of models that draw captions.", minimum=1)
    num_samples: int = option(10_000, "Samples to evaluate, of models that draw from noise.", minimum=50)
    truncation: float = option(0.0, TRUNCATION, minimum=0.0)
    feature_network: str = option("", FEATURE_NETWORK, path="existing", names=(INCEPTION,))
    retrieval_encoder: str = option("", RETRIEVAL_ENCODER, path="existing")
    judge: str = option("", JUDGE, path="any")


@dataclasses.dataclass(frozen=True)
class Export(TrainedCommand):
    """Write a numbered SavedModel, or the networks alone as files for other programs."""

    mode = "export"

    format: str = option(
        SAVED_MODEL,
        "What is written: saved_model, for TensorFlow and its servers; the networks alone as onnx, or as litert for "
        "telephones.",
        choices=FORMATS,
    )
    max_rows: int = option(Limits.rows, "Of a request: rows of a batch that are taken.", minimum=1)
    max_side: int = option(
        0,
        f"Pixels of a side of an image. Default: {Limits.side:,} (super-resolution: less) or the run's own.",
        minimum=0,
    )
    max_file_bytes: int = option(Limits.file_bytes, "Bytes of an image file.", minimum=1)
    max_caption_bytes: int = option(Limits.caption_bytes, "Bytes of a caption.", minimum=1)

    def __post_init__(self):
        super().__post_init__()
        limits = {field.name: field.default for field in dataclasses.fields(self) if field.name.startswith("max_")}
        given = [
            f"--{name}={getattr(self, name)}" for name, default in limits.items() if getattr(self, name) != default
        ]
        if given and self.format != SAVED_MODEL:
            raise CommandError(
                f"limits are of --format={SAVED_MODEL}, whose requests they bound. "
                f"Received: --format={self.format} {' '.join(given)}"
            )


@dataclasses.dataclass(frozen=True)
class Explore(TrainedCommand):
    """Run an experiment on a trained model."""

    mode = "explore"

    experiment: str = option("", "The experiment to run.", choices=tuple(EXPERIMENTS))
    judge: str = option("", JUDGE, path="any")

    def __post_init__(self):
        super().__post_init__()
        if not self.experiment:
            raise CommandError(
                f"--mode=explore needs an --experiment: {', '.join(EXPERIMENTS)}. Received: no --experiment"
            )


@dataclasses.dataclass(frozen=True)
class Report(TrainedCommand):
    """Write report.html again, of a run that was stopped, say."""

    mode = "report"


@dataclasses.dataclass(frozen=True)
class Serve(Command):
    """Serve exported models over HTTP, as TensorFlow Serving does; --workdir may name several, separated by commas."""

    mode = "serve"

    host: str = option("127.0.0.1", "The address to listen at; 0.0.0.0: every address of this machine.")
    port: int = option(8501, "The port. 0: any that is free.", minimum=0, maximum=65535)
    grpc_port: int = option(
        0, "The port of gRPC's Predict, by the package tensorflow-serving-api. 0: none.", minimum=0, maximum=65535
    )
    batch_rows: int = option(0, "Rows that are computed together, at most. 0: as many as the export takes.", minimum=0)
    batch_wait_ms: float = option(
        0.0,
        "Milliseconds that a request waits for others. 0: those are put together that came meanwhile.",
        minimum=0.0,
        maximum=10_000.0,
    )
    max_waiting: int = option(128, "Requests that may wait for a model; more are refused.", minimum=1)
    max_body_bytes: int = option(32 * 2**20, "Bytes of a request.", minimum=1)
    timeout_seconds: float = option(60.0, "After which a request is given up.", minimum=0.001)


COMMANDS = {command.mode: command for command in (Train, Sample, Generate, Evaluate, Export, Explore, Report, Serve)}
