"""The names of the choices on the command line. Hyper-parameters live in `models/presets`, never here."""

import dataclasses
import difflib
import os
import pathlib

from absl import flags

from experiments.registry import EXPERIMENTS
from models.core.config import TrainingConfig, from_plain
from models.core.preset import MODES
from models.image_to_image.configs import DIRECTIONS
from models.registry import PRESETS
from pipelines.readers.caption_files import clean_caption
from pipelines.registry import DATASETS
from runs.folder import RunFolder

DEFAULT_MODEL = "gan_cls"
DEFAULT_CACHE = "data"
# Hyper-parameters that have a flag of their own; every other one goes through --set.
CONFIG_FLAGS = (
    "batch_size",
    "image_size",
    "steps",
    "epochs",
    "learning_rate",
    "seed",
    "precision",
    "text_encoder",
    "direction",
)
# Flags that name a file or folder. A shell does not expand ~ after the =.
PATH_FLAGS = (
    "data_dir",
    "workdir",
    "cache_dir",
    "input",
    "output",
    "embeddings",
    "judge",
    "feature_network",
    "captions_file",
)
# A picture of more would be wider than PNG encoders take.
MOST_IMAGES = 1000


class CommandError(ValueError):
    """A command line that cannot be obeyed. The message is one clear line."""


def define():
    """Define the flags, once."""
    datasets = "; ".join(f"{name} ({dataset.summary})" for name, dataset in DATASETS.items())
    flags.DEFINE_string("model", None, f"What to train: {', '.join(PRESETS)}. Default: {DEFAULT_MODEL}.")
    flags.DEFINE_string("dataset", None, f"What to train it on: {datasets}. Default: the model's own.")
    flags.DEFINE_enum("mode", "train", MODES, "What to do.")
    flags.DEFINE_string("workdir", None, "The run folder. Default: runs/<model>-<dataset>.")
    flags.DEFINE_string("data_dir", "", "Folder of your data, or where birds are kept.")
    flags.DEFINE_string("cache_dir", None, f"Folder for downloads and decoded images. Default: {DEFAULT_CACHE}.")

    flags.DEFINE_integer("batch_size", None, "Examples a step, over all devices.")
    flags.DEFINE_integer("image_size", None, "Pixels.")
    flags.DEFINE_integer("steps", None, "Training steps; goes before --epochs.")
    flags.DEFINE_integer("epochs", None, "Passes over the training images.")
    flags.DEFINE_float("learning_rate", None, "The optimizers' step size.")
    flags.DEFINE_integer(
        "seed", None, "Of the weights, batches and noise; in other modes of the samples' noise.", 0, 2**31 - 1
    )
    flags.DEFINE_string("precision", None, "float32, mixed_bfloat16 or mixed_float16.")
    flags.DEFINE_string("text_encoder", None, "char_cnn_rnn, end_to_end, an encoder's folder, or a file of embeddings.")
    flags.DEFINE_string(
        "direction",
        None,
        "AtoB or BtoA: of pairs, from input to target; --mode=sample of a model that knows both: which.",
    )
    flags.DEFINE_multi_string("set", [], "field=value: any other hyper-parameter of the model. May be repeated.")

    flags.DEFINE_integer("devices", 0, "How many GPUs (or logical CPUs) to train on. 0: every GPU, or one CPU.", 0)
    flags.DEFINE_integer("checkpoint_every", 500, "Steps between checkpoints.", 1)
    flags.DEFINE_integer("keep_checkpoints", 3, "How many of the last checkpoints stay.", 1)
    flags.DEFINE_integer("log_every", 50, "Steps between numbers.", 1)
    flags.DEFINE_integer("pictures_every", None, "Steps between pictures. Default: 500, of points 50.", 1)
    flags.DEFINE_bool("restart", False, "Move an old run aside and begin anew.")
    flags.DEFINE_bool("dry_run", False, "Print the resolved configuration, the networks and a batch, and stop.")

    flags.DEFINE_string("input", None, "--mode=sample: the image, or the folder of images, to translate.")
    flags.DEFINE_multi_string("caption", [], "--mode=sample: what to draw. May be repeated.")
    flags.DEFINE_multi_string("label", [], "--mode=sample: the class to draw, by name; default: all. May be repeated.")
    flags.DEFINE_string("captions_file", None, "--mode=sample: a file with one caption a line.")
    flags.DEFINE_string(
        "embeddings", "", "A file of text embeddings to sample or evaluate, for models trained on embeddings."
    )
    flags.DEFINE_integer("num_images", 8, "--mode=sample: images a row, or steps of an interpolation.", 1, MOST_IMAGES)
    flags.DEFINE_enum("interpolate", "", ("", "captions", "noise"), "--mode=sample: a strip from one to the other.")
    flags.DEFINE_string("output", "", "--mode=sample: the PNG file to write; of translations, the folder.")
    flags.DEFINE_integer("num_captions", 1000, "--mode=evaluate: how many captions to score.", 1)
    flags.DEFINE_integer(
        "num_samples", 10_000, "--mode=evaluate: samples to score, of models that draw from noise.", 50
    )
    flags.DEFINE_string(
        "feature_network", "", "--mode=evaluate: a .keras network, for a Frechet distance on its features."
    )
    flags.DEFINE_string("judge", "", "--mode=evaluate, explore: the run folder of the judge of attributes or classes.")
    experiments = "; ".join(f"{name} ({experiment.summary})" for name, experiment in EXPERIMENTS.items())
    flags.DEFINE_enum("experiment", None, list(EXPERIMENTS), f"--mode=explore: {experiments}.")


def choice(name: str, value: str, accepted) -> str:
    """The value, if it is accepted; CommandError names the nearest and all others."""
    if value in accepted:
        return value
    near = difflib.get_close_matches(value, accepted, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise CommandError(f"--{name}: {hint}accepted are {', '.join(accepted)}. Received: {value}")


def changes(values) -> dict[str, object]:
    """Hyper-parameters that the command line changes."""
    result = {name: getattr(values, name) for name in CONFIG_FLAGS if getattr(values, name) is not None}
    if values.mode != "train":
        # There --seed is the samples' noise.
        result.pop("seed", None)
    for entry in values.set:
        name, equals, value = entry.partition("=")
        if not equals or not name:
            raise CommandError(f"--set takes field=value. Received: {entry}")
        if name in result:
            raise CommandError(f"{name} is given twice. Received: --set {entry} and another value")
        result[name] = value
    return result


def with_paths(config: TrainingConfig) -> TrainingConfig:
    """The configuration with ~ expanded; CommandError if a field names a file or folder that is not there."""
    paths = {}
    for field in dataclasses.fields(config):
        value, names = getattr(config, field.name), field.metadata["path_or"]
        if names and value not in names:
            paths[field.name] = os.path.expanduser(value)
            if not os.path.exists(paths[field.name]):
                raise CommandError(
                    f"{field.name} must be {' or '.join(names)} or the path of something that is there. "
                    f"Received: {value}"
                )
    return dataclasses.replace(config, **paths)


def captions(typed: list[str], file: str) -> tuple[str, ...]:
    """The captions to sample, from --caption and --captions_file."""
    found = list(typed)
    if file:
        try:
            found += pathlib.Path(file).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"--captions_file must be a text file. Received: {file} ({error})") from None
    # As the readers of captions do, so that what a model was trained on can be asked of it.
    found = [caption for caption in map(clean_caption, found) if caption]
    if (typed or file) and not found:
        raise CommandError("there is no caption in --caption or --captions_file. Received: only empty lines")
    return tuple(found)


def check_paths(paths: dict[str, str]):
    """CommandError if a flag names a file or folder to read from that is not there."""
    for name in ("input", "embeddings", "feature_network"):
        if paths[name] and not os.path.exists(paths[name]):
            raise CommandError(f"--{name} must be a path of something that is there. Received: {paths[name]}")


def trained(workdir: str, model: str | None, dataset: str | None):
    """Model, dataset, configuration and record of a run, which must be of the model and dataset named."""
    record = RunFolder(workdir).need_record()
    choice("model", record["model"], PRESETS)
    choice("dataset", record["dataset"], DATASETS)
    for name, wanted in (("model", model), ("dataset", dataset)):
        if wanted and wanted != record[name]:
            raise CommandError(f"{workdir} holds a run of --{name}={record[name]}. Received: --{name}={wanted}")
    config = from_plain(type(PRESETS[record["model"]].config), record["config"])
    return record["model"], record["dataset"], config, record


def check_mode(mode: str, model: str):
    """CommandError if the model has no such mode: a classifier, say, has nothing to sample."""
    modes = PRESETS[model].modes
    if mode not in modes:
        raise CommandError(f"--mode: accepted for {model} are {', '.join(modes)}. Received: {mode}")


def check_direction(direction: str, mode: str, model: str):
    """CommandError if there is no direction to choose: only in sampling, and only where the model knows both ways."""
    choice("direction", direction, DIRECTIONS)
    if mode != "sample" or not PRESETS[model].both_ways:
        able = ", ".join(name for name, preset in PRESETS.items() if preset.both_ways)
        raise CommandError(
            f"--direction, after training, is for --mode=sample of {able}. Received: --mode={mode} of {model}"
        )


def check_sampled(model: str, values, images: str):
    """CommandError if what is to be sampled is of another kind than the model samples from."""
    kind = PRESETS[model].samples_from
    captions_given = values.caption or values.captions_file or values.interpolate == "captions"
    if values.label and kind != "noise":
        raise CommandError(f"--label is for models that draw from noise. Received: --label={values.label[0]}")
    if images and kind != "images":
        drawn = "captions" if kind == "captions" else "noise"
        raise CommandError(f"{model} draws {drawn}, not images. Received: --input={images}")
    if kind == "images" and (captions_given or values.interpolate):
        raise CommandError(f"{model} translates images, --input=FILE or DIR. Received: captions")
    if kind == "noise" and captions_given:
        raise CommandError(f"{model} draws from noise alone (and --label). Received: captions")
    if kind == "images" and not images:
        raise CommandError(
            f"--mode=sample of {model} needs --input, an image or a folder of images. Received: no --input"
        )


def check_captions(found: tuple[str, ...], config: TrainingConfig, interpolate: str):
    """CommandError if there are too few captions to sample.

    Only of runs that surely read captions. Those with a path as text encoder may read embeddings: their task knows.
    """
    (field,) = (field for field in dataclasses.fields(config) if field.name == "text_encoder")
    if config.text_encoder not in field.metadata["path_or"]:
        return
    if not found:
        raise CommandError('--mode=sample needs a --caption="..." or a --captions_file. Received: neither')
    if interpolate == "captions" and len(found) < 2:
        raise CommandError(f"--interpolate=captions needs two captions. Received: {len(found)}")


def resolve(values) -> dict:
    """The command line as the fields of a `tasks.request.Request`. Imports no TensorFlow.

    Raises:
        CommandError: a choice that does not exist, or that does not go with another.
        ConfigError: a hyper-parameter that does not exist or does not accept its value.
        RunError: --mode asks for a run that is not there.
    """
    paths = {name: os.path.expanduser(getattr(values, name) or "") for name in PATH_FLAGS}
    model = choice("model", values.model or DEFAULT_MODEL, PRESETS)
    dataset = choice("dataset", values.dataset or PRESETS[model].default_dataset, DATASETS)
    workdir = paths["workdir"] or f"runs/{model}-{dataset}"
    data_dir, cache_dir = paths["data_dir"], paths["cache_dir"]
    changed, direction = changes(values), ""
    if values.mode != "sample" and (values.caption or values.captions_file or values.interpolate or values.label):
        raise CommandError(f"captions and labels are for --mode=sample. Received: --mode={values.mode}")
    if (values.mode == "explore") != bool(values.experiment):
        raise CommandError(
            f"--mode=explore and --experiment go together; accepted are {', '.join(EXPERIMENTS)}. "
            f"Received: --mode={values.mode}, --experiment={values.experiment}"
        )
    # Before "train first" is said of a model that will never sample, and again of the one that was trained.
    check_mode(values.mode, model)
    if values.mode == "train":
        config = with_paths(PRESETS[model].resolve(dataset, changed))
    else:
        direction = changed.pop("direction", "")
        if changed:
            raise CommandError(
                f"--mode={values.mode} takes its hyper-parameters from the run. Received: {', '.join(changed)}"
            )
        model, dataset, config, record = trained(workdir, values.model, values.dataset)
        if direction:
            check_direction(direction, values.mode, model)
        check_mode(values.mode, model)
        data_dir = data_dir or record.get("data_dir", "")
        # Where the run's is gone, it is filled anew.
        recorded = record.get("cache_dir", "")
        cache_dir = cache_dir or (recorded if os.path.isdir(recorded) else "")
    preset = PRESETS[model]
    missing = preset.needs - DATASETS[dataset].gives
    if missing:
        able = [name for name, entry in DATASETS.items() if preset.needs <= entry.gives]
        raise CommandError(
            f"{model} needs {', '.join(sorted(missing))}, which {dataset} does not give; accepted are "
            f"{', '.join(able)}. Received: --dataset={dataset}"
        )
    if values.mode == "train" and DATASETS[dataset].needs_data_dir and not data_dir:
        raise CommandError(f"--dataset={dataset} needs --data_dir, the folder of your data. Received: no --data_dir")
    if values.mode == "sample":
        check_sampled(model, values, paths["input"])
    found = captions(values.caption, paths["captions_file"])
    if values.mode == "sample" and preset.samples_from == "captions":
        check_captions(found, config, values.interpolate)
    check_paths(paths)
    return {
        "model": model,
        "dataset": dataset,
        "config": config,
        "workdir": workdir,
        "data_dir": data_dir,
        "cache_dir": cache_dir or DEFAULT_CACHE,
        "devices": values.devices,
        "checkpoint_every": values.checkpoint_every,
        "keep_checkpoints": values.keep_checkpoints,
        "log_every": values.log_every,
        "pictures_every": values.pictures_every or preset.pictures_every,
        "restart": values.restart,
        "captions": found,
        "labels": tuple(values.label),
        "experiment": values.experiment or "",
        "input": paths["input"],
        "direction": direction,
        "num_images": values.num_images,
        "sample_seed": values.seed or 0,
        "interpolate": values.interpolate,
        "embeddings": paths["embeddings"],
        "output": paths["output"],
        "num_captions": values.num_captions,
        "num_samples": values.num_samples,
        "judge": paths["judge"],
        "feature_network": paths["feature_network"],
    }
