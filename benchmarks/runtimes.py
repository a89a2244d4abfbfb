"""Files for other programs beside TensorFlow: their size, what they differ by, and their speed.

    python -m benchmarks.runtimes --workdir=RUN[,RUN] [--formats=onnx,litert] [--rounds=30]

The networks of each run are written as `--mode=export --format=...` writes them, into a temporary folder. An example of
one row is computed by the file and by TensorFlow (a compiled function of the same network) in turn, on the same cores;
times are medians of the rounds.
"""

import argparse
import json
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks.cells import markdown, parts
from benchmarks.machine import print_machine
from engine.command import Export
from engine.experiment import resolve


def medians(calls: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Seconds of each call, which are made in turn; after a round to warm up."""
    times = []
    for _ in range(rounds + 1):
        for call in calls:
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
    return [statistics.median(times[place :: len(calls)][1:]) for place in range(len(calls))]


def compared(portable, runtime, file: pathlib.Path, inputs: Mapping, rounds: int) -> list[float]:
    """Seconds of the file and of TensorFlow."""
    import tensorflow as tf

    computed, network = runtime.computed(file, portable.output), tf.function(portable.network)
    tensors = {name: tf.constant(values) for name, values in inputs.items()}

    def here():
        return network(tensors, training=False)[portable.output].numpy()

    return medians((lambda: computed(inputs), here), rounds)


def rows_of(workdir: str, formats: list[str], rounds: int, folder: pathlib.Path) -> list[list[str]]:
    """A row for each network and format."""
    from engine.run import Run
    from serving.guide import About
    from serving.runtimes.export import export_to
    from serving.runtimes.portable import portable
    from serving.runtimes.runtimes import RUNTIMES

    record = json.loads((pathlib.Path(workdir) / "run.json").read_text(encoding="utf-8"))
    command = Export(model=record["model"], dataset=record["dataset"], workdir=workdir)
    run = Run(resolve(command))
    sampler, rows = run.parts.sampler(run.trained_model()), []
    for name in formats:
        runtime = RUNTIMES[name]
        path, _ = export_to(runtime, sampler, folder / name, About(record["model"]))
        facts = json.loads((path / "model.json").read_text(encoding="utf-8"))["files"]
        for key, alone in sampler.alone().items():
            taken = portable(key, alone, runtime.fixed)
            file = path / f"{taken.name}{runtime.suffix}"
            there, here = compared(taken, runtime, file, taken.examples(sampler.counts)[0], rounds)
            rows.append(
                [
                    f"`{record['model']}`",
                    f"`{file.name}`",
                    f"{file.stat().st_size / 2**20:.2f}",
                    f"{facts[file.name]['largest_difference']:.0e}",
                    f"{1000 * there:.1f}",
                    f"{1000 * here:.1f}",
                    f"{here / there:.2f}",
                ]
            )
    return rows


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", required=True, type=parts, help="trained runs, separated by commas")
    parser.add_argument("--formats", default=["onnx", "litert"], type=parts, help="formats, separated by commas")
    parser.add_argument("--rounds", type=int, default=30, help="computations of each")
    given = parser.parse_args()
    if missing := [path for path in given.workdir if not (pathlib.Path(path) / "run.json").is_file()]:
        parser.error(f"--workdir must be trained runs. Received: {', '.join(missing)}")
    print_machine()
    table = [["model", "file", "MiB", "largest difference", "ms", "TensorFlow, ms", "times as fast"]]
    with tempfile.TemporaryDirectory() as folder:
        for place, workdir in enumerate(given.workdir):
            table += rows_of(workdir, given.formats, given.rounds, pathlib.Path(folder) / str(place))
    print(markdown(table))


if __name__ == "__main__":
    main()
