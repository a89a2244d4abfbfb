"""How much `fit` with the real pipeline and callbacks costs over the bare compiled step on a constant batch.

    python -m benchmarks.fit_overhead [--model=gan_cls] [--dataset=birds] [--steps=500]

Both run on the same cores, alternating, and the ratio of their medians is printed. Of the callbacks, pictures are left
out: how often they are drawn is the user's choice. At 500 steps a measurement holds one checkpoint.
"""

import argparse
import pathlib
import statistics
import tempfile
import time

import keras
import tensorflow as tf

from benchmarks.machine import print_machine
from callbacks.callback_list import StepCallbacks
from callbacks.checkpoints import Checkpoints
from callbacks.curves import NumbersTable
from callbacks.watch import Numbers, StopOnSignal
from engine.command import Train
from engine.experiment import Experiment
from engine.memory import keep_freed_memory
from engine.run import Run
from engine.strategy import strategy_for
from models.registry import PRESETS


def main():
    """Print seconds a step of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=sorted(PRESETS), default="gan_cls")
    parser.add_argument("--dataset", default="", help="default: the model's own")
    parser.add_argument("--data_dir", default="")
    parser.add_argument("--cache_dir", default="data")
    parser.add_argument("--steps", type=int, default=500, help="steps a measurement")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each kind")
    arguments = parser.parse_args()
    keep_freed_memory()
    print_machine()
    preset, command = PRESETS[arguments.model], Train()
    dataset = arguments.dataset or preset.default_dataset
    config = preset.resolve(dataset)
    run = Run(Experiment(arguments.model, dataset, config, "", arguments.data_dir, arguments.cache_dir))
    # A dry run's embeddings are zeros: the same work, without training a text encoder.
    prepared = run.parts.prepare(run.splits.train, dry_run=True)
    with strategy_for(run.model_class, config, command.devices).scope():
        model = run.build(prepared)

    constant = prepared.batches.at(tf.constant(0, tf.int64))
    strategy = model.distribute_strategy

    @tf.function
    def bare_step(batch):
        return strategy.run(model.train_step, args=(batch,))

    def bare(steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            logs = bare_step(constant)
        # The last step's numbers: everything before them is done.
        float(strategy.reduce("MEAN", logs[model.log_names[0]], axis=None))
        return (time.perf_counter() - start) / steps

    def fitted(steps: int, folder: str) -> float:
        class Clock(keras.callbacks.Callback):
            """Times the steps after the first, so that neither tracing nor filling the pipeline counts."""

            def on_train_batch_end(self, batch, logs=None):
                if batch == 0:
                    self.start = time.perf_counter()

            def on_train_end(self, logs=None):
                self.seconds = (time.perf_counter() - self.start) / (steps - 1)

        clock = Clock()
        writer = tf.summary.create_file_writer(folder)
        table = NumbersTable(pathlib.Path(folder) / "numbers.csv", model.step)
        numbers = Numbers(model.step + steps, command.log_every, writer, table)
        batches = prepared.batches.dataset(0, steps)
        kept = pathlib.Path(folder) / "checkpoints"
        checkpoints = Checkpoints(kept, command.checkpoint_every, command.keep_checkpoints)
        callbacks = StepCallbacks([clock, numbers, checkpoints, StopOnSignal()], model, kept)
        model.fit(batches, verbose=0, shuffle=False, callbacks=callbacks)
        return clock.seconds

    with tempfile.TemporaryDirectory() as folder:
        bare(3)
        fitted(3, folder)
        pairs = [(bare(arguments.steps), fitted(arguments.steps, folder)) for _ in range(arguments.repeats)]
    bare_seconds, fit_seconds = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"bare compiled step, constant batch: {bare_seconds:.4f} s")
    print(f"fit with pipeline and callbacks:    {fit_seconds:.4f} s")
    print(f"ratio: {fit_seconds / bare_seconds:.3f}")


if __name__ == "__main__":
    main()
