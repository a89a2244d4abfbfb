"""One run, whatever is trained: data, model, loop, run folder; and what each mode does with it.

A family of models adds parts (`engine.parts`), never a subclass of this.
"""

import dataclasses
import functools
import importlib
import pathlib
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf
from absl import logging

from callbacks.checkpoints import chosen, restore
from engine.command import MOST_SEED, Evaluate, Explore, Export, Sample, Train
from engine.describe import describe
from engine.experiment import Experiment
from engine.folder import RunError, RunFolder
from engine.loop import Loop
from engine.parts.parts import Parts, Prepared, weights_of
from engine.record import check_experiment, check_record, run_record
from engine.requires import ensure, is_there, record_of, required
from engine.splits import Splits
from engine.strategy import strategy_for
from evaluation.evaluator import Data, Evaluator, applicable, comparable, measure, table, warn_of_split
from evaluation.features import feature_network
from models.core.config import TrainingConfig, from_plain
from models.core.trained import TrainedModel
from serving.export import export
from serving.sampler import Sampler


def import_name(dotted: str):
    """The object that a dotted name stands for."""
    module, name = dotted.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


class Run:
    """A model on a dataset in a run folder; a method for each mode takes its command (`engine.command`)."""

    def __init__(self, experiment: Experiment):
        self.experiment, self.preset = experiment, experiment.preset
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
        return self.split((self.folder.read_record() or {}).get("held_out_share", 0.0))

    def split(self, held_out_share: float) -> Splits:
        """The splits of the dataset, a share of the training split held out."""
        side = self.parts.load_side(self.experiment.config.image_size)
        return Splits(self.experiment, side, held_out_share, self.parts.train_split)

    # Training.

    def train(self, command: Train):
        """Train, or resume training.

        Everything that can be refused is refused before an old run is moved or anything is written.
        """
        if command.dry_run:
            print(self.describe(command))
            return
        self.splits = self.split(command.held_out_share)
        self.check_best(command.keep_best, self.evaluators)
        strategy = strategy_for(self.model_class, self.experiment.config, command.devices)
        devices = strategy.num_replicas_in_sync
        with self.folder.made():
            if not command.restart:
                check_experiment(self.folder, self.experiment, devices, command.held_out_share)
            requires = self.ensure_required()
            prepared = self.parts.prepare(self.splits.train)
            record = run_record(
                self.experiment, prepared.config, prepared.data, requires, devices, command.held_out_share
            )
            self.record = record
            selection = self.selection(command)
        if command.restart and (moved := self.folder.move_aside()):
            print(f"The old run is now in {moved}.", flush=True)
            self.folder.make()
        with self.folder.locked():
            check_record(self.folder, record, type(prepared.config))
            with strategy.scope():
                model = self.build(prepared)
                restore(model, self.folder.checkpoints)
            self.folder.write_record(record)
            self.parts.begin()
            self.fit(command, model, prepared, selection)

    def ensure_required(self) -> dict[str, dict]:
        """Find or train the earlier runs that training needs; what the record says of them, by role."""
        records = {}
        for requirement in self.preset.requires:
            needed = self.parts.required(requirement) if requirement.to_train else None
            if needed is not None:
                ensure(needed, requirement, is_named=needed != required(self.experiment, requirement))
                records[requirement.role] = record_of(needed, requirement)
        return records

    def build(self, prepared: Prepared) -> TrainedModel:
        """The compiled model with its seeded initial weights."""
        config = prepared.config
        # TensorFlow's remapper does not understand the second derivatives that a penalty takes, nor a bias between a
        # spectral convolution and a leaky ReLU: it prints an error and leaves the graph as it is. Without it a
        # step takes as long, measured.
        tf.config.optimizer.set_experimental_options({"remapping": config.remapping})
        keras.utils.set_random_seed(config.seed)
        model = self.model_class(config)
        model.compile(steps_per_epoch=config.steps_per_epoch(prepared.batches.images))
        return model

    def selection(self, command: Train) -> Data | None:
        """What is evaluated on while training; None without --evaluate_every.

        Raises:
            RunError: --keep_best names no metric by which checkpoints of this run can be compared.
        """
        if not command.evaluate_every:
            return None
        examples, split = self.splits.selection
        # Not the noise of later evaluations, by which the best checkpoint would be better than by any other.
        data = self.data(Evaluate(seed=MOST_SEED), examples, split, command.evaluate_samples)
        self.check_best(command.keep_best, applicable(self.evaluators, data))
        return data

    def check_best(self, key: str, evaluators: list[Evaluator]):
        """RunError unless checkpoints can be compared by a metric of these evaluators."""
        accepted = ", ".join(comparable(evaluators)) or "none, as no evaluator of this run compares checkpoints"
        if key and key not in comparable(evaluators):
            raise RunError(f"--keep_best must be a metric of this run: {accepted}. Received: {key}")

    def fit(self, command: Train, model: TrainedModel, prepared: Prepared, selection: Data | None):
        """The steps that are left, and what is written at their end."""
        experiment, start = self.experiment, model.step
        total = prepared.config.total_steps(prepared.batches.images)
        evaluate = self.evaluate_while_training(model, selection) if selection else None
        better = comparable(self.evaluators)[command.keep_best] if command.keep_best else ""
        pictures_every = command.pictures_every or self.preset.pictures_every
        loop = Loop(model, self.folder, command, total, self.parts.panels(model), evaluate, better, pictures_every)
        if start >= total:
            # Killed after the last step, before its results were written?
            if self.folder.finished_step() != start:
                loop.complete()
                self.finish(model)
            print(
                f"{experiment.workdir} is finished: {start:,} steps. To train on, ask for more --steps; "
                "to start over, --restart.",
                flush=True,
            )
            return
        print(
            f"{'Resuming' if start else 'Training'}: {experiment.model} on {experiment.dataset}, steps {start:,} to "
            f"{total:,}, {model.config.batch_size} examples a step, in {experiment.workdir}",
            flush=True,
        )
        if received := loop.run(prepared.batches):
            print(
                f"Stopped by {received.name} at step {model.step:,} and saved; the same command resumes it.",
                flush=True,
            )
            raise SystemExit(128 + received)
        self.finish(model)

    def evaluate_while_training(self, model: TrainedModel, selection: Data) -> Callable[[], Mapping[str, float]]:
        """() -> metrics of the model as it is now, on what checkpoints are compared on."""
        sampler, command = self.sampler(model), Evaluate()
        return lambda: measure(self.evaluators, self.parts.outputs(model, sampler, selection, command), selection)

    def finish(self, model: TrainedModel):
        """Export and measure the trained model as it is in memory, and note that nothing is left to write."""
        trained = in_float32(model)
        if "export" in self.preset.modes:
            self.write_export(trained)
        self.parts.finish(trained)
        if "sample" not in self.preset.modes:
            # Of a judge or a text encoder the figures are the result.
            self.write_evaluation(Evaluate(), trained)
        print(f"Pictures are in {self.folder.pictures}." if self.folder.pictures.exists() else "Done.", flush=True)
        self.folder.write_finished(model.step)

    def describe(self, command: Train) -> str:
        """What --dry_run prints."""
        # Refuses devices that are not there.
        strategy_for(self.model_class, self.experiment.config, command.devices)
        self.check_best(command.keep_best, self.evaluators)
        self.splits = self.split(command.held_out_share)
        prepared = self.parts.prepare(self.splits.train, dry_run=True)
        return describe(self.experiment, prepared, self.build(prepared))

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
        return self.parts.sample(self.trained_model(command.checkpoint), command)

    def explore(self, command: Explore) -> dict:
        """Run an experiment."""
        return self.parts.explore(self.trained_model(command.checkpoint), command)

    def export(self, command: Export) -> pathlib.Path:
        """Write a numbered SavedModel."""
        return self.write_export(self.trained_model(command.checkpoint))

    def write_export(self, model: TrainedModel) -> pathlib.Path:
        """Write a numbered SavedModel of a model that computes in float32."""
        sampler = self.parts.sampler(model)
        path = export(sampler, self.folder.exports)
        print(
            f"Exported the {weights_of(model)} to {path}; signatures: {', '.join(sorted(sampler.signatures()))}.",
            flush=True,
        )
        return path

    # Evaluation.

    def evaluate(self, command: Evaluate) -> dict:
        """Measure a checkpoint on unseen examples; returns what evaluation.json says."""
        return self.write_evaluation(command, self.trained_model(command.checkpoint))

    def write_evaluation(self, command: Evaluate, model: TrainedModel) -> dict:
        """Measure a model that computes in float32 on unseen examples, print it and write evaluation.json."""
        data = self.data(command, *self.splits.unseen, self.parts.evaluated(command))
        warn_of_split(data.split)
        outputs = self.parts.outputs(model, self.sampler(model), data, command)
        metrics = measure(self.evaluators, outputs, data)
        protocol = {
            "split": data.split,
            "weights": "averaged" if model.is_averaged else "last",
            "step": model.step,
            "checkpoint": command.checkpoint,
            "seed": data.seed,
            **outputs.protocol(),
            **{name: value for name, value in (("judge", data.judge_name), ("extractor", data.features_name)) if value},
            **({"selected_on": self.selected_on} if command.checkpoint == "best" else {}),
        }
        self.parts.gallery(outputs)
        evaluation = {"protocol": protocol, "metrics": metrics}
        path = self.folder.write_json("evaluation.json", evaluation)
        print(table(metrics))
        print(f"Wrote {path}: {', '.join(f'{name} {value}' for name, value in protocol.items())}.", flush=True)
        return evaluation

    @property
    def selected_on(self) -> str:
        """The split on which the best checkpoint was chosen."""
        return "validation" if self.splits.held_out_share else self.splits.unseen[1]

    def sampler(self, model: TrainedModel) -> Sampler | None:
        """The sampler of a generator; None of what is not sampled."""
        return self.parts.sampler(model) if "sample" in self.preset.modes else None

    def data(self, command: Evaluate, examples, split: str, count: int) -> Data:
        """What outputs are compared with, and the networks that judge them."""
        judge, judge_name = self.judge(command.judge, examples)
        features = command.feature_network
        return Data(
            examples,
            split,
            count,
            command.seed,
            judge,
            judge_name,
            feature_network(features) if features else None,
            pathlib.Path(features).name,
            self.parts.model_has(self.trained_config()),
        )

    def judge(self, named: str, examples) -> tuple[TrainedModel | None, str]:
        """The judge that evaluators need, and its run and step: in the folder that is named, or beside this run.

        None, with a note on how to train it, where there is none or it does not go with the examples; RunError if
        one is named that is none.
        """
        for requirement in self.preset.requires:
            if requirement.role != "judge":
                continue
            needed = required(self.experiment, requirement, named)
            if named or is_there(needed, requirement):
                ensure(needed, requirement, is_named=bool(named))
                judge = Run(needed).trained_model()
                if self.parts.accepts(judge, examples):
                    return judge, f"{needed.workdir}, step {judge.step}"
            elif self.parts.has_judge(examples):
                logging.warning("Without a judge there are fewer metrics; it is trained by: %s", needed.command())
        return None, ""


def in_float32(model: TrainedModel) -> TrainedModel:
    """A copy of a model's weights that computes in float32, on one device: what is sampled, evaluated and exported."""
    copy = type(model)(dataclasses.replace(model.config, precision="float32"))
    copy.set_weights(model.get_weights())
    return copy
