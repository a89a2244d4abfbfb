"""What it is worth that freed memory is kept for the next step (engine/memory.py).

    python -m benchmarks.freed_memory [--model=gan_cls] [--steps=40]

Steps of a model on a constant batch, in processes of their own by turns, one with and one without it; prints the
medians of seconds and page faults a step, and the ratio of the seconds.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

from benchmarks.machine import print_machine
from engine.memory import keep_freed_memory
from models.registry import PRESETS


def measure(arguments) -> dict[str, float]:
    """Seconds and page faults a step, in this process."""
    if arguments.kept and not keep_freed_memory():
        raise SystemExit("error: freed memory can be kept with glibc only")
    import tensorflow as tf

    from engine.experiment import Experiment
    from engine.run import Run
    from engine.strategy import strategy_for

    config = PRESETS[arguments.model].resolve(arguments.dataset)
    run = Run(Experiment(arguments.model, arguments.dataset, config, "", arguments.data_dir, arguments.cache_dir))
    prepared = run.parts.prepare(run.splits.train, dry_run=True)
    with strategy_for(run.model_class, config, devices=0).scope():
        model = run.build(prepared)
    strategy, batch = model.distribute_strategy, prepared.batches.at(tf.constant(0, tf.int64))

    @tf.function
    def step():
        logs = strategy.run(model.train_step, args=(batch,))
        return strategy.reduce("MEAN", logs[model.log_names[0]], axis=None)

    for _ in range(5):
        step()
    faults, start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, time.perf_counter()
    for _ in range(arguments.steps):
        float(step())
    return {
        "seconds": (time.perf_counter() - start) / arguments.steps,
        "faults": (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / arguments.steps,
    }


def main():
    """Print both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="gan_cls")
    parser.add_argument("--dataset", default="birds")
    parser.add_argument("--data_dir", default="")
    parser.add_argument("--cache_dir", default="data")
    parser.add_argument("--steps", type=int, default=40, help="steps a measurement")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each kind")
    parser.add_argument("--kept", type=int, choices=(0, 1), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.kept is not None:
        print(json.dumps(measure(arguments)))
        return

    print_machine()

    def in_a_process(kept: int) -> dict[str, float]:
        command = [sys.executable, "-m", "benchmarks.freed_memory", *sys.argv[1:], f"--kept={kept}"]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(output.splitlines()[-1])

    pairs = [(in_a_process(0), in_a_process(1)) for _ in range(arguments.repeats)]
    given_back, kept = (
        {name: statistics.median(figures[name] for figures in column) for name in ("seconds", "faults")}
        for column in zip(*pairs, strict=True)
    )
    for name, figures in (("given back", given_back), ("kept", kept)):
        print(f"{name}: {figures['seconds']:.4f} s a step, {figures['faults']:,.0f} page faults")
    print(f"ratio: {given_back['seconds'] / kept['seconds']:.2f}")


if __name__ == "__main__":
    main()
