"""What a command is about: a model with its configuration, on a dataset, in a run folder. Imports no TensorFlow."""

import dataclasses
import os
import pathlib
import shlex

from engine.command import DEFAULT_MODEL, Command, CommandError, DrawnCommand, Evaluate, Explore, Sample, Train, choice
from engine.folder import RunFolder
from experiments.registry import EXPERIMENTS
from models.core.config import RATES, TrainingConfig, from_plain
from models.core.preset import ALWAYS, Preset
from models.registry import PRESETS
from pipelines.examples import DataError
from pipelines.readers.caption_files import clean_caption, read_captions
from pipelines.readers.text_files import check_encoding
from pipelines.reading import DEFAULT, Reading, from_record
from pipelines.registry import DATASETS

DEFAULT_CACHE = "data"
# What was done before there were these settings, where that is not their default: runs of then go on so.
ONCE = {"channels_a": 3, "channels_b": 3}
# Why models that are sampled write no numbered files, by what they draw from.
NOT_GENERATED = {
    "images": "translates images, a file each, with --mode=sample --input=FILE or DIR",
    "images and captions": "draws captions in the style of images, with --mode=sample --input=FILE or DIR",
    "noise": "draws no pictures, of which --mode=generate writes files",
}


@dataclasses.dataclass(frozen=True)
class Experiment:
    """A model with its configuration, on a dataset, in a run folder.

    Attributes:
        model: a key of `models.registry.PRESETS`.
        dataset: a key of `pipelines.registry.DATASETS`.
        config: the preset with the dataset's and the user's changes; of a trained run, as recorded.
        workdir: the run folder.
        data_dir: the user's data; "" for the dataset's default.
        cache_dir: downloads and decoded images.
        reading: how the files of the dataset are read.
    """

    model: str
    dataset: str
    config: TrainingConfig
    workdir: str
    data_dir: str = ""
    cache_dir: str = DEFAULT_CACHE
    reading: Reading = DEFAULT

    @property
    def preset(self) -> Preset:
        """The model's entry in the registry."""
        return PRESETS[self.model]

    def command(self, *flags: str) -> str:
        """The command that trains this."""
        words = [f"--model={self.model}", f"--dataset={self.dataset}", f"--workdir={self.workdir}"]
        words += [f"--data_dir={self.data_dir}"] if self.data_dir else []
        words += [f"--{name}={value}" for name, value in self.reading.given().items()]
        return shlex.join(["python", "main.py", *words, *flags])

    def sibling(self, model: str, workdir: str = "", dataset: str = "") -> "Experiment":
        """Another model with its own preset, on the same dataset unless one is named, in the folder beside this one
        unless one is named."""
        dataset = dataset or self.dataset
        workdir = workdir or str(pathlib.Path(self.workdir).parent / f"{model}-{dataset}")
        changes = {"seed": self.config.seed}
        usual = self.preset.resolve(self.dataset)
        if getattr(usual, "flip", False) and not self.config.flip and hasattr(PRESETS[model].config, "flip"):
            # Who has turned mirroring off has data with a left and a right, for another model too.
            changes["flip"] = False
        config = PRESETS[model].resolve(dataset, changes)
        reading = self.reading if dataset == self.dataset else DEFAULT
        return dataclasses.replace(self, model=model, dataset=dataset, config=config, workdir=workdir, reading=reading)


def resolve(command: Command) -> Experiment:
    """What a command is about.

    Raises:
        CommandError: a choice that does not exist, or that does not go with another.
        ConfigError: a hyper-parameter that does not exist or does not accept its value.
        RunError: the mode needs a run that is not there.
    """
    model = choice("model", command.model or DEFAULT_MODEL, PRESETS)
    dataset = choice("dataset", command.dataset or PRESETS[model].default_dataset, DATASETS)
    workdir = command.workdir or f"runs/{model}-{dataset}"
    # Before "train first" is the answer for a model that can never sample, and again for the one that was trained.
    check_mode(command.mode, model)
    check_explored(model, command)
    if isinstance(command, Train):
        config = with_paths(PRESETS[model].resolve(dataset, command.settings()))
        cache_dir = command.cache_dir or DEFAULT_CACHE
        experiment = Experiment(model, dataset, config, workdir, command.data_dir, cache_dir, command.reading())
        if not command.restart:
            experiment = with_changed_rates(experiment, command.given_rates)
    else:
        experiment = trained(command, workdir)
        check_mode(command.mode, experiment.model)
        check_explored(experiment.model, command)
    check_data(experiment, to_train=isinstance(command, Train))
    if isinstance(command, DrawnCommand):
        check_drawn(experiment, command)
    if isinstance(command, DrawnCommand | Evaluate):
        check_truncation(experiment, command)
    if isinstance(command, Sample):
        check_sampled(experiment, command)
    if isinstance(command, Evaluate):
        check_evaluated(experiment, command)
    command.check_paths()
    return experiment


def trained(command: Command, workdir: str) -> Experiment:
    """What the run in a folder is of, which must be the model and dataset that the command names, if it does."""
    record = RunFolder(workdir).need_record()
    choice("model", record["model"], PRESETS)
    choice("dataset", record["dataset"], DATASETS)
    for name in ("model", "dataset"):
        wanted = getattr(command, name)
        if wanted and wanted != record[name]:
            raise CommandError(f"{workdir} holds a run of --{name}={record[name]}. Received: --{name}={wanted}")
    config = from_plain(type(PRESETS[record["model"]].config), record["config"])
    cached = record.get("cache_dir", "")
    return Experiment(
        record["model"],
        record["dataset"],
        config,
        workdir,
        command.data_dir or record.get("data_dir", ""),
        # Where the run's own cache is gone, it is filled again.
        command.cache_dir or (cached if os.path.isdir(cached) else "") or DEFAULT_CACHE,
        dataclasses.replace(from_record(record.get("reading")), recorded=record.get("data", {}).get("values", {})),
    )


def with_changed_rates(experiment: Experiment, given: frozenset[str] = frozenset()) -> Experiment:
    """The experiment with the learning rates that its run was changed to while it was trained, but for those given.

    Without the flag, resuming keeps the current rate, which is not the preset's. A run from before there were some
    settings goes on as it began.
    """
    record = RunFolder(experiment.workdir).read_record()
    if record is None or (record["model"], record["dataset"]) != (experiment.model, experiment.dataset):
        return experiment
    changed = {change["field"] for change in record.get("changes", [])} & set(RATES) - given
    rates = {name: record["config"][name] for name in changed}
    once = {name: value for name, value in ONCE.items() if getattr(experiment.config, name, None) == 0}
    once = {name: value for name, value in once.items() if name not in record["config"]}
    return dataclasses.replace(experiment, config=dataclasses.replace(experiment.config, **rates, **once))


def with_paths(config: TrainingConfig) -> TrainingConfig:
    """The configuration with ~ expanded; CommandError if a field names a file or folder that does not exist."""
    paths = {}
    for field in dataclasses.fields(config):
        value, names = getattr(config, field.name), field.metadata["path_or"]
        if names and value not in names:
            paths[field.name] = os.path.expanduser(value)
            if not os.path.exists(paths[field.name]):
                accepted = " or ".join(filter(None, (*names, "the path of an existing file or folder")))
                raise CommandError(f"{field.name} must be {accepted}. Received: {value}")
    return dataclasses.replace(config, **paths)


def check_mode(mode: str, model: str):
    """CommandError if the model has no such mode: a classifier, say, has nothing to sample."""
    modes, kind = (*PRESETS[model].modes, *ALWAYS), PRESETS[model].samples_from
    if mode in modes:
        return
    if mode == "generate" and "sample" in modes:
        raise CommandError(f"{model} {NOT_GENERATED[kind]}. Received: --mode=generate")
    raise CommandError(f"--mode: accepted for {model} are {', '.join(modes)}. Received: {mode}")


def check_data(experiment: Experiment, to_train: bool):
    """CommandError if the dataset does not give what the model needs, or is nowhere to be found."""
    needs, dataset = experiment.preset.needs, experiment.dataset
    missing = needs - DATASETS[dataset].gives
    if missing:
        able = [name for name, entry in DATASETS.items() if needs <= entry.gives]
        raise CommandError(
            f"{experiment.model} needs {', '.join(sorted(missing))}, which {dataset} does not give; accepted are "
            f"{', '.join(able)}. Received: --dataset={dataset}"
        )
    if experiment.data_dir and not DATASETS[dataset].uses_data_dir:
        raise CommandError(f"--dataset={dataset} reads no files. Received: --data_dir={experiment.data_dir}")
    for name, value in experiment.reading.given().items():
        if name not in DATASETS[dataset].reads:
            able = ", ".join(other for other, entry in DATASETS.items() if name in entry.reads)
            raise CommandError(f"--{name} is for --dataset={able}. Received: --{name}={value} with {dataset}")
    if to_train and DATASETS[dataset].needs_data_dir and not experiment.data_dir:
        raise CommandError(f"--dataset={dataset} needs --data_dir, the folder of your data. Received: no --data_dir")


def captions_of(command: DrawnCommand) -> tuple[str, ...]:
    """The captions to draw, from --caption and --captions_file, cleaned as those that are trained on."""
    found = list(command.caption)
    try:
        check_encoding(command.encoding)
    except DataError as error:
        raise CommandError(f"--{error}") from None
    if command.captions_file:
        try:
            found += read_captions(command.captions_file, command.encoding, "--captions_file")
        except DataError as error:
            raise CommandError(str(error)) from None
    found = [caption for caption in map(clean_caption, found) if caption]
    if (command.caption or command.captions_file) and not found:
        raise CommandError("there is no caption in --caption or --captions_file. Received: only empty lines")
    return tuple(found)


def check_drawn(experiment: Experiment, command: DrawnCommand):
    """CommandError if captions or labels are given to a model that draws from something else."""
    model, kind = experiment.model, experiment.preset.samples_from
    if command.label and kind != "noise":
        raise CommandError(f"--label is for models that draw from noise. Received: --label={command.label[0]}")
    if command.attribute and "attributes" not in getattr(experiment.config, "latent_parts", {}):
        able = ", ".join(
            name for name, preset in PRESETS.items() if "attributes" in getattr(preset.config, "latent_parts", {})
        )
        raise CommandError(f"--attribute is for {able}. Received: --attribute={command.attribute[0]} with {model}")
    if kind == "noise" and (command.caption or command.captions_file):
        raise CommandError(f"{model} draws from noise alone (and --label). Received: captions")
    if "captions" not in kind and command.embeddings:
        raise CommandError(f"--embeddings is for models that draw from captions. Received: {model}")
    if "captions" in kind:
        captions_of(command)


def check_truncation(experiment: Experiment, command: DrawnCommand | Evaluate):
    """CommandError if the noise is to be truncated of a model whose noise is not normal."""
    config = experiment.config
    distribution, parts = getattr(config, "latent_distribution", ""), getattr(config, "latent_parts", {})
    is_normal = distribution == "normal" and all(name.startswith("noise") for name in parts)
    if command.truncation and not (is_normal and "image" in experiment.preset.needs):
        received = experiment.model + (f" with latent_distribution={distribution}" if distribution else "")
        raise CommandError(f"--truncation is for images from normal noise. Received: {received}")


def check_evaluated(experiment: Experiment, command: Evaluate):
    """CommandError if photographs are named to a model that does not enlarge them."""
    if command.input and not enlarges(experiment.preset):
        able = [name for name, preset in PRESETS.items() if enlarges(preset)]
        raise CommandError(f"--input, of --mode=evaluate, is for {', '.join(able)}. Received: {experiment.model}")


def enlarges(preset: Preset) -> bool:
    """Whether a model makes of photographs larger ones, so that each is its own target."""
    return preset.samples_from == "images" and "image" in preset.needs


def check_sampled(experiment: Experiment, command: Sample):
    """CommandError if what is to be sampled is of another kind than the model samples from."""
    model, kind = experiment.model, experiment.preset.samples_from
    captions = command.caption or command.captions_file or command.interpolate == "captions"
    if command.direction and not experiment.preset.both_ways:
        able = ", ".join(name for name, preset in PRESETS.items() if preset.both_ways)
        raise CommandError(f"--direction, after training, is for --mode=sample of {able}. Received: {model}")
    if command.input and "images" not in kind:
        raise CommandError(f"{model} draws from {kind}, not from images. Received: --input={command.input}")
    if kind == "images" and (captions or command.interpolate):
        raise CommandError(f"{model} translates images, --input=FILE or DIR. Received: captions")
    if kind == "noise" and captions:
        raise CommandError(f"{model} draws from noise alone (and --label). Received: captions")
    if "images" in kind and not command.input:
        raise CommandError(
            f"--mode=sample of {model} needs --input, an image or a folder of images. Received: no --input"
        )
    if kind == "images and captions" and command.interpolate:
        raise CommandError(f"{model} does not interpolate. Received: --interpolate={command.interpolate}")
    if kind == "captions":
        check_captions(experiment.config, captions_of(command), command.interpolate)


def check_explored(model: str, command: Command):
    """CommandError if an experiment is on models of another kind."""
    if not isinstance(command, Explore):
        return
    of, kind = EXPERIMENTS[command.experiment].of, PRESETS[model].samples_from
    if of != kind:
        accepted = [name for name, experiment in EXPERIMENTS.items() if experiment.of == kind]
        raise CommandError(
            f"--experiment={command.experiment} is for models whose input is {of}; accepted for {model} are "
            f"{', '.join(accepted)}. Received: --model={model}"
        )


def check_captions(config: TrainingConfig, captions: tuple[str, ...], interpolate: str):
    """CommandError if there are too few captions to sample.

    Only of runs that surely read captions. Those with a path as text encoder may read embeddings: their parts know.
    """
    (field,) = (field for field in dataclasses.fields(config) if field.name == "text_encoder")
    if config.text_encoder not in field.metadata["path_or"]:
        return
    if not captions:
        raise CommandError('--mode=sample needs a --caption="..." or a --captions_file. Received: neither')
    if interpolate == "captions" and len(captions) < 2:
        raise CommandError(f"--interpolate=captions needs two captions. Received: {len(captions)}")
