"""What training is, whatever is trained: data, model, loop, run folder. A task adds what it shows and its scores."""

import dataclasses
import functools
import hashlib
import importlib
import json
import pathlib
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from callbacks.checkpoints import Checkpoints, newest_whole, restore
from callbacks.watch import Numbers, Pictures, StopOnSignal
from models.core.config import ConfigError, TrainingConfig, from_plain, override
from models.core.trained import TrainedModel, parameter_count
from models.registry import PRESETS
from pipelines import registry
from pipelines.atomic import atomic_write
from pipelines.batches.draws import Batches
from pipelines.examples import DataError, Examples, LabeledImages
from pipelines.images import load_size
from runs.folder import RunError, RunFolder
from runs.record import check_record, check_request, run_record
from tasks.request import Request


@dataclasses.dataclass(frozen=True)
class Prepared:
    """What a task has made of a request, ready to train.

    Attributes:
        config: the configuration with the sizes that only the data could tell.
        batches: what the model trains on.
        data: fingerprints and counts for the run's record: a change in them changes the weights.
    """

    config: TrainingConfig
    batches: Batches
    data: dict


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


def fingerprint(*arrays: np.ndarray) -> str:
    """A short hash of arrays: same content, same hash."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()[:16]


def class_fingerprint(examples: LabeledImages) -> str | None:
    """A short hash of the images' classes, which decide what is drawn; None where there are none."""
    return None if examples.labels is None else fingerprint(np.asarray(examples.labels))


def data_record(examples: LabeledImages) -> dict:
    """What the record of a run says of the images that it is trained on, and of their classes."""
    return {
        "images": len(examples),
        "pixels": fingerprint(np.asarray(examples.images)),
        "classes": class_fingerprint(examples),
        "class_names": list(examples.class_names),
    }


def import_name(dotted: str):
    """The object that a dotted name stands for."""
    module, name = dotted.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


def task_for(request: Request) -> "Task":
    """The task of the request's model."""
    return import_name(PRESETS[request.model].task)(request)


@functools.cache
def mirrored(devices: tuple[str, ...]) -> tf.distribute.MirroredStrategy:
    """The strategy over some devices. One a process: a second would number its reductions as the first did, and
    the runtime takes them for the same (a text encoder and then a GAN crashed on two devices).
    """
    return tf.distribute.MirroredStrategy(devices)


class Task:
    """A model on a dataset in a run folder.

    Subclasses say how batches are made, and have a method for each other mode of their presets: `sample`, `evaluate`
    (returns the figures, which it prints and writes to evaluation.json), `export`.
    """

    def __init__(self, request: Request):
        self.request = request
        self.folder = RunFolder(request.workdir)
        self.model_class = import_name(PRESETS[request.model].model)

    # What a subclass gives.

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Load the data and make its batches; a dry run may leave out what takes long."""
        raise NotImplementedError

    def pictures(self, model: TrainedModel):
        """() -> {name: uint8 image} to draw while training; None if there is nothing to see."""
        return None

    def begin(self):
        """What is written before training, once nothing can be refused any more."""

    def finish(self, model: TrainedModel):
        """What is written when training has ended."""

    # What all have in common.

    def weights(self, step: int) -> str:
        """Which weights are sampled, scored and exported."""
        return f"{'averaged' if self.trained_config().average_decay else 'last'} weights of step {step:,}"

    def write_figures(self, figures: dict, name: str = "evaluation.json") -> dict:
        """Print them and write them to a JSON file of the run folder."""
        path = self.folder.write_json(name, figures)
        print(json.dumps(figures, indent=2))
        print(f"Wrote {path}.")
        return figures

    def write_sampled(self, picture: np.ndarray, step: int) -> pathlib.Path:
        """Write a picture of samples to --output, or to a name in the run folder that says what it is."""
        path = self.sampled_path()
        with atomic_write(path) as aside:
            aside.write_bytes(tf.io.encode_png(picture).numpy())
        print(f"Wrote {path}, drawn with the {self.weights(step)}.")
        return path

    def sampled_path(self) -> pathlib.Path:
        """Where a picture of samples goes; RunError if it is no PNG file."""
        request = self.request
        kind = f"interpolation-{request.interpolate}" if request.interpolate else "samples"
        name = f"{kind}-seed-{request.sample_seed}.png"
        path = pathlib.Path(request.output) if request.output else self.folder.pictures / name
        path = path / name if path.is_dir() else path
        if path.suffix.lower() != ".png":
            raise RunError(f"--output must be a .png file or a folder that is there. Received: {path}")
        return path

    def load(self, split: str, image_size: int | None = None) -> Examples:
        """A split of the dataset, kept a little larger than `image_size` (the model's), for random crops."""
        request = self.request
        side = self.load_size(image_size or request.config.image_size)
        return registry.load(request.dataset, split, side, request.data_dir, request.cache_dir)

    def load_size(self, image_size: int) -> int:
        """The side at which images are kept, for random crops of `image_size`."""
        return load_size(image_size)

    def load_unseen(self, image_size: int) -> Examples:
        """The test split, to be shown and measured; with a warning the training split, where there is too little."""
        try:
            return self.load("test", image_size)
        except DataError as error:
            logging.warning("Training images stand in for images to test on: %s", error)
            return self.load("train", image_size)

    def split_of(self, examples: LabeledImages, image_size: int) -> str:
        """Of what `load_unseen` gave: "test", or "train" where these are the training images again."""
        return "train" if examples.names == self.load("train", image_size).names else "test"

    def strategy(self) -> tf.distribute.Strategy:
        """MirroredStrategy over the GPUs present, or over logical CPUs."""
        gpus = tf.config.list_logical_devices("GPU")
        devices = gpus or tf.config.list_logical_devices("CPU")
        count = self.request.devices or (len(gpus) or 1)
        if count > len(devices):
            raise RunError(f"--devices must be at most {len(devices)}, the devices here. Received: {count}")
        multiple = count * self.model_class.batch_multiple
        if self.request.config.batch_size % multiple:
            raise RunError(
                f"batch_size of {self.request.model} must be a multiple of {multiple} on {count} devices. "
                f"Received: {self.request.config.batch_size}"
            )
        if count > 1 and self.request.config.precision == "mixed_float16":
            # Keras 3's LossScaleOptimizer looks for overflow on the first replica only.
            raise RunError("mixed_float16 works on one device only; use mixed_bfloat16. Received: --devices above 1")
        return mirrored(tuple(device.name for device in devices[:count]))

    def build(self, config: TrainingConfig, steps_per_epoch: int) -> TrainedModel:
        """The compiled model with its seeded initial weights."""
        tf.config.optimizer.set_experimental_options({"remapping": config.remapping})
        keras.utils.set_random_seed(config.seed)
        model = self.model_class(config)
        model.compile(steps_per_epoch=steps_per_epoch)
        return model

    def train(self):
        """Train, or go on training.

        Everything that can be refused is refused before an old run is moved or anything is written.
        """
        request = self.request
        strategy = self.strategy()
        with self.folder.made():
            check_request(self.folder, request, strategy.num_replicas_in_sync)
            prepared = self.prepare()
        record = run_record(request, prepared.config, prepared.data, strategy.num_replicas_in_sync)
        if request.restart and (moved := self.folder.move_aside()):
            print(f"The old run is now in {moved}.", flush=True)
            self.folder.make()
        with self.folder.locked():
            check_record(self.folder, record, type(prepared.config))
            total = prepared.config.total_steps(prepared.batches.images)
            with strategy.scope():
                model = self.build(prepared.config, prepared.config.steps_per_epoch(prepared.batches.images))
                start = restore(model, self.folder.checkpoints)
            self.folder.write_record(record)
            self.begin()
            if start >= total:
                # Killed after the last step, before its results were written?
                if self.folder.finished_step() != start:
                    self.finish(model)
                    self.folder.write_finished(start)
                print(
                    f"{request.workdir} is finished: {start:,} steps. To train on, ask for more --steps; "
                    "to begin anew, --restart.",
                    flush=True,
                )
                return
            self.fit(model, prepared.batches, start, total)

    def fit(self, model: TrainedModel, batches: Batches, start: int, total: int):
        """The loop: Keras's `fit` over the steps that are left."""
        request = self.request
        print(
            f"{'Going on' if start else 'Training'}: {request.model} on {request.dataset}, steps {start:,} to "
            f"{total:,}, {model.config.batch_size} images a step, in {request.workdir}",
            flush=True,
        )
        writer = tf.summary.create_file_writer(str(self.folder.tensorboard))
        stop = StopOnSignal()
        numbers = Numbers(total, request.log_every, writer, self.folder)
        watching = [
            numbers,
            Checkpoints(self.folder.checkpoints, request.checkpoint_every, request.keep_checkpoints),
            stop,
        ]
        draw = self.pictures(model)
        if draw:
            watching.insert(1, Pictures(draw, request.pictures_every, self.folder.pictures, writer))
        try:
            # One Keras epoch, so that a run can stop and go on at any step.
            model.fit(batches.dataset(start, total), verbose=0, shuffle=False, callbacks=watching)
        finally:
            numbers.close()
            stop.give_back()
            writer.close()
        if stop.received:
            print(
                f"Stopped by {stop.received.name} at step {model.step:,} and saved; the same command goes on.",
                flush=True,
            )
            raise SystemExit(128 + stop.received)
        self.finish(model)
        self.folder.write_finished(model.step)

    def trained_config(self) -> TrainingConfig:
        """The configuration of the run in the folder, with the sizes that came from the data."""
        return from_plain(self.model_class.config_class, self.folder.need_record()["config"])

    def trained_model(self) -> TrainedModel:
        """The run's model from its newest whole checkpoint, for inference (computing in float32)."""
        config = dataclasses.replace(self.trained_config(), precision="float32")
        path = newest_whole(self.folder.checkpoints)
        if path is None:
            raise RunError(f"this run has no checkpoint yet; train first. Received: {self.folder.path}")
        model = self.model_class(config)
        model.load_weights(path)
        return model

    def origin(self, field: dataclasses.Field, config: TrainingConfig) -> str:
        """Where the value of a field comes from: the paper, or who has changed it."""
        preset, dataset = PRESETS[self.request.model], self.request.dataset
        value, published = getattr(config, field.name), getattr(preset.config, field.name)
        if value == published:
            return field.metadata["source"]
        if value != getattr(self.request.config, field.name):
            changed = "from the data"
        elif value == getattr(preset.resolve(dataset), field.name):
            changed = f"on {dataset}"
        else:
            changed = "given"
        return f"{changed}; the preset's is {published}: {field.metadata['source']}"

    def describe(self) -> str:
        """What `--dry_run` prints: configuration, networks, what the data yields."""
        self.strategy()  # Refuses devices that are not there.
        prepared = self.prepare(dry_run=True)
        preset, config = PRESETS[self.request.model], prepared.config
        model = self.build(config, config.steps_per_epoch(prepared.batches.images))
        lines = [f"{self.request.model}: {preset.summary} ({preset.source})", "", "configuration"]
        for field in dataclasses.fields(config):
            line = f"  {field.name} = {getattr(config, field.name)}"
            lines.append(f"{line.ljust(44)}  {self.origin(field, config)}")
        lines += ["", "trainable parameters"]
        networks = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.trainable]
        lines += [f"  {network.name}: {parameter_count(network):,}" for network in networks]
        lines += ["", f"{self.request.dataset}: {prepared.batches.images:,} training images; a batch is"]
        batch = next(iter(prepared.batches.dataset(0, 1)))
        lines += [f"  {name}: {value.dtype.name} {tuple(value.shape)}" for name, value in batch.items()]
        steps = config.total_steps(prepared.batches.images)
        lines.append(f"  {config.steps_per_epoch(prepared.batches.images):,} steps an epoch, {steps:,} steps in all")
        return "\n".join(lines)
