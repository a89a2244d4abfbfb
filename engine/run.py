"""One run, whatever is trained: data, model, loop, run folder; and what each mode does with it.

A family of models adds parts (`engine.parts`), never a subclass of this.
"""

import dataclasses
import functools
import pathlib

import keras
import tensorflow as tf
from absl import logging

from callbacks.best import BestCheckpoint
from callbacks.checkpoints import chosen, restore, save
from engine.command import SAVED_MODEL, Evaluate, Explore, Export, Generate, Report, Sample, Train
from engine.describe import describe
from engine.evaluate import (
    check_early,
    named_network,
    selection_data,
    selection_protocol,
    while_training,
    write_evaluation,
)
from engine.experiment import Experiment
from engine.folder import RunFolder
from engine.generate import write_pictures
from engine.initial import begin_with, source_of, told
from engine.loop import Loop
from engine.parts.parts import Parts, Prepared, weights_of
from engine.processor import NOT_CHOSEN, OneDNN
from engine.record import check_experiment, check_record, history, onednn_in_effect, report_of, run_record
from engine.report import try_report, write_report
from engine.requires import ensure, record_of
from engine.sheet import sheet_path, write_sheet
from engine.splits import Splits
from engine.strategy import strategy_for
from evaluation.evaluator import Data, Evaluator, comparable
from models.core.config import TrainingConfig, from_plain
from models.core.preset import import_name
from models.core.trained import TrainedModel
from pipelines.examples import DataError, recorded_values
from pipelines.sizes import simplest
from serving.export import export
from serving.guide import About
from serving.hints import Hints
from serving.limits import Limits
from serving.runtimes.export import export_to
from serving.runtimes.runtimes import RUNTIMES, Runtime
from serving.sampler import Sampler


class Run:
    """A model on a dataset in a run folder; a method for each mode takes its command (`engine.command`)."""

    def __init__(self, experiment: Experiment, onednn: OneDNN = NOT_CHOSEN):
        self.experiment, self.preset, self.onednn = experiment, experiment.preset, onednn
        self.folder = RunFolder(experiment.workdir)
        self.model_class = import_name(self.preset.model)
        self.parts: Parts = import_name(self.preset.parts)(self)
        self.evaluators: list[Evaluator] = [import_name(name)() for name in self.preset.evaluators]

    @functools.cached_property
    def record(self) -> dict:
        """What run.json says; while training, what it is about to say."""
        return self.folder.need_record()

    @functools.cached_property
    def splits(self) -> Splits:
        """The splits of the dataset, as the record divides them."""
        return self.split((self.folder.read_record() or {}).get("validation_share", 0.0))

    def split(self, validation_share: float) -> Splits:
        """The splits of the dataset, a share of the training split held out."""
        height, width = map(self.parts.load_side, self.experiment.config.sides)
        size, parts = simplest((height, width)), self.parts
        return Splits(self.experiment, size, validation_share, parts.train_split, parts.files_read)

    # Training.

    def train(self, command: Train):
        """Train, or resume training.

        Everything that can be refused is refused before an old run is moved or anything is written.
        """
        if command.dry_run:
            path = sheet_path(self.folder, command, self.experiment.data_dir)  # Refused before anything is loaded.
            text, prepared = self.plan(command)
            print(text, flush=True)
            write_sheet(path, self.parts, prepared, self.splits.train)
            return
        self.splits = self.split(command.held_out_share)
        check_early(self, command)
        strategy = strategy_for(self.model_class, self.experiment.config, command.devices)
        devices = strategy.num_replicas_in_sync
        with self.folder.made():
            if not command.restart:
                check_experiment(self.folder, self.experiment, devices, command.held_out_share, command.given_rates)
            source = source_of(command, self.folder)
            requires = self.ensure_required(command)
            prepared = self.parts.prepare(self.splits.train)
            values = recorded_values(self.splits.train)
            data = prepared.data | ({"values": values} if values else {})
            record = run_record(self.experiment, prepared.config, data, requires, devices, command.held_out_share)
            record |= report_of(self.splits.train)
            self.record = record
            selection = selection_data(self, command)
            with strategy.scope():
                model = self.build(prepared)
                initial = begin_with(source, model, data.get("class_names", ())) if source else None
                self.parts.initialize(model, has_begun=bool(initial))
        if command.restart and (moved := self.folder.move_aside()):
            print(f"The old run is now in {moved}.", flush=True)
            self.folder.make()
        with self.folder.locked():
            old = self.folder.read_record()
            check_record(self.folder, record, type(prepared.config), command.given_rates)
            total = prepared.config.total_steps(prepared.batches.images)
            with strategy.scope():
                restore(model, self.folder.checkpoints)
            record |= history(old, record, model.step, total, initial)
            self.folder.write_record(record)
            if initial:
                print("\n".join(told(initial)), flush=True)
                # So that resuming does not need the other run.
                save(model, self.folder.checkpoints, model.step)
            if not model.step or not self.folder.sheet.exists():
                write_sheet(self.folder.sheet, self.parts, prepared, self.splits.train)
            self.parts.begin()
            self.fit(command, model, prepared, selection)

    def ensure_required(self, command: Train) -> dict[str, dict]:
        """Find or train the earlier runs that training needs; what the record says of them, by role."""
        records = {}
        for requirement in self.preset.requires:
            needed = self.parts.required(requirement) if requirement.to_train else None
            if needed is not None:
                is_named = needed.workdir != self.experiment.sibling(needed.model).workdir
                ensure(needed, requirement, is_named, command)
                records[requirement.role] = record_of(needed, requirement)
        return records

    def build(self, prepared: Prepared) -> TrainedModel:
        """The compiled model with its seeded initial weights."""
        config = prepared.config
        tf.config.optimizer.set_experimental_options({"remapping": config.remapping})
        keras.utils.set_random_seed(config.seed)
        model = self.model_class(config)
        model.compile(steps_per_epoch=config.steps_per_epoch(prepared.batches.images))
        return model

    def fit(self, command: Train, model: TrainedModel, prepared: Prepared, selection: Data | None):
        """The steps that are left, and what is written at their end."""
        experiment, start = self.experiment, model.step
        total = prepared.config.total_steps(prepared.batches.images)
        if start >= total and self.folder.finished_step() == start:
            self.print_finished(start)
            return
        loop = self.loop(command, model, total, selection)
        if start >= total:
            # Killed after the last step, before its results were written.
            loop.complete()
            self.finish(model)
            self.print_finished(start)
            return
        print(
            f"{'Resuming' if start else 'Training'}: {experiment.model} on {experiment.dataset}, steps {start:,} to "
            f"{total:,}, {model.config.batch_size} examples a step, in {experiment.workdir}",
            flush=True,
        )
        for note in prepared.config.notes(prepared.batches.images):
            print(note, flush=True)
        if received := loop.run(prepared.batches):
            print(
                f"Stopped by {received.name} at step {model.step:,} and saved; the same command resumes it.",
                flush=True,
            )
            raise SystemExit(128 + received)
        self.finish(model)

    def loop(self, command: Train, model: TrainedModel, total: int, selection: Data | None) -> Loop:
        """The loop with what the command asks for: pictures, evaluations, the best checkpoint."""
        evaluate = while_training(self, model, selection) if selection else None
        best = None
        if command.keep_best:
            better = comparable(self.evaluators, named_network(command))[command.keep_best]
            best = BestCheckpoint(self.folder.checkpoints, command.keep_best, better, selection_protocol(selection))
        pictures_every = command.pictures_every or self.preset.pictures_every
        return Loop(model, self.folder, command, total, self.parts.panels(model), evaluate, best, pictures_every)

    def print_finished(self, step: int):
        """Say that there is nothing left to do."""
        print(
            f"{self.experiment.workdir} is finished: {step:,} steps. To train on, ask for more --steps; "
            "to start over, --restart.",
            flush=True,
        )

    def finish(self, model: TrainedModel):
        """Export and measure the trained model as it is in memory, and note that nothing is left to write."""
        trained = in_float32(model)
        sampler = self.sampler(trained)
        if "export" in self.preset.modes:
            self.write_export(trained, sampler)
        self.parts.finish(trained)
        if "sample" not in self.preset.modes:
            # Of a judge or a text encoder the figures are the result.
            write_evaluation(self, Evaluate(), trained)
        try_report(self, trained, sampler)
        print(f"Pictures are in {self.folder.pictures}." if self.folder.pictures.exists() else "Done.", flush=True)
        self.folder.write_finished(model.step)

    def describe(self, command: Train) -> str:
        """What --dry_run prints."""
        return self.plan(command)[0]

    def plan(self, command: Train) -> tuple[str, Prepared]:
        """What --dry_run prints, and the data that it is about."""
        # Refuses devices that are not there.
        strategy_for(self.model_class, self.experiment.config, command.devices)
        check_early(self, command)
        self.splits = self.split(command.held_out_share)
        source = source_of(command, self.folder)
        prepared = self.parts.prepare(self.splits.train, dry_run=True)
        requires = []
        for requirement in self.preset.requires:
            needed = self.parts.required(requirement) if requirement.to_train else None
            if needed is not None:
                requires.append(f"{requirement.role}: {needed.workdir}, of {needed.model}")
        machine = [f"oneDNN: {self.onednn.described(onednn_in_effect())}"]
        model = self.build(prepared)
        requires += told(begin_with(source, model, prepared.data.get("class_names", ()))) if source else []
        return describe(self.experiment, prepared, model, requires, machine), prepared

    # After training.

    def trained_config(self) -> TrainingConfig:
        """The configuration of the run in the folder, with the sizes that came from the data."""
        return from_plain(self.model_class.config_class, self.record["config"])

    def trained_model(self, checkpoint: str = "last") -> TrainedModel:
        """The run's model from one of its checkpoints ("last", "best" or a step), for inference in float32."""
        config = dataclasses.replace(self.trained_config(), precision="float32")
        model = self.model_class(config)
        model.load_weights(chosen(self.folder.checkpoints, checkpoint))
        return model

    def sample(self, command: Sample) -> pathlib.Path:
        """Draw or translate."""
        self.parts.check_sample(command)
        return self.parts.sample(self.trained_model(command.checkpoint), command)

    def generate(self, command: Generate) -> pathlib.Path:
        """Write numbered pictures, a file each."""
        return write_pictures(self, command, self.trained_model(command.checkpoint))

    def explore(self, command: Explore) -> dict:
        """Run an experiment."""
        return self.parts.explore(self.trained_model(command.checkpoint), command)

    def export(self, command: Export) -> pathlib.Path:
        """Write a numbered SavedModel, or a numbered folder of files for another program."""
        model = self.trained_model(command.checkpoint)
        if command.format != SAVED_MODEL:
            return self.write_files(model, RUNTIMES[command.format])
        return self.write_export(model, self.parts.sampler(model), command)

    def write_files(self, model: TrainedModel, runtime: Runtime) -> pathlib.Path:
        """Write a numbered folder with the networks of a model alone, each file run and compared before it is kept."""
        about = About(self.experiment.model, self.weights(model))
        path, lines = export_to(runtime, self.parts.sampler(model), self.folder.path / runtime.name, about)
        for line in lines:
            print(f"Wrote {line}.", flush=True)
        return path

    def weights(self, model: TrainedModel) -> str:
        """Which model an export is, and which weights."""
        return f"{self.experiment.model} on {self.experiment.dataset}, {weights_of(model)}"

    def write_export(self, model: TrainedModel, sampler: Sampler, command: Export | None = None) -> pathlib.Path:
        """Write a numbered SavedModel of a model that computes in float32; by default with an export's own limits."""
        command = command or Export()
        side = command.max_side or self.parts.served_side(model.config)
        limits = Limits(command.max_rows, side, command.max_file_bytes, command.max_caption_bytes)
        about = About(self.experiment.model, self.weights(model), limits, self.hints(model.config))
        path = export(sampler, self.folder.exports, about)
        print(
            f"Exported the {weights_of(model)} to {path}; signatures: {', '.join(sorted(sampler.signatures()))}.",
            flush=True,
        )
        return path

    def hints(self, config: TrainingConfig) -> Hints:
        """What a page may show of the data; nothing where that is no longer there, which an export does not need."""
        try:
            return self.parts.hints(config)
        except (DataError, OSError) as error:
            logging.info("The page of --mode=serve will have no examples and no colors: %s", error)
            return Hints()

    def evaluate(self, command: Evaluate) -> dict:
        """Measure a checkpoint on unseen examples; returns what evaluation.json says."""
        model = self.trained_model(command.checkpoint)
        evaluation = write_evaluation(self, command, model)
        try_report(self, model, self.sampler(model))
        return evaluation

    def report(self, command: Report) -> pathlib.Path:
        """Write report.html of a checkpoint."""
        model = self.trained_model(command.checkpoint)
        return write_report(self, model, self.sampler(model))

    def sampler(self, model: TrainedModel) -> Sampler | None:
        """The sampler of a generator; None of what is not sampled."""
        return self.parts.sampler(model) if "sample" in self.preset.modes else None


def in_float32(model: TrainedModel) -> TrainedModel:
    """A copy of a model's weights that computes in float32, on one device: what is sampled, evaluated and exported."""
    copy = type(model)(dataclasses.replace(model.config, precision="float32"))
    copy.set_weights(model.get_weights())
    return copy
