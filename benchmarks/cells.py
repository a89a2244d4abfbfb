"""Cells of a table: runs of main.py that are trained and evaluated one at a time, each cell's result a file.

Cells that have their result are not computed again, and one that was stopped goes on where it was.
"""

import argparse
import dataclasses
import json
import pathlib
import re
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks.machine import print_machine
from models.registry import PRESETS
from pipelines.atomic import atomic_write

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Lines of a failed command's output that are shown.
SHOWN = 15


@dataclasses.dataclass(frozen=True)
class Cell:
    """A model with one seed.

    Attributes:
        model: its preset.
        seed: of its weights, batches and noise.
        label: of its row or column; "" for the model.
        flags: of its training, beyond those of all cells.
    """

    model: str
    seed: int
    label: str = ""
    flags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of its run folder and its result."""
        return f"{re.sub(r'[^a-z0-9_+-]+', '_', self.label or self.model)}-seed-{self.seed}"


@dataclasses.dataclass(frozen=True)
class Cells:
    """The cells of a table, and how they are computed.

    Attributes:
        folder: of the results and of all runs.
        cache_dir: of main.py; "" for its default.
    """

    folder: pathlib.Path
    cache_dir: str = ""

    def main(self, *flags: str) -> list[str]:
        """A command of main.py."""
        return ["python", "main.py", *flags, *([f"--cache_dir={self.cache_dir}"] if self.cache_dir else [])]

    def shared(self) -> list[list[str]]:
        """The commands that train what all cells share."""
        return []

    def commands(self, cell: Cell) -> list[list[str]]:
        """The commands of a cell."""
        raise NotImplementedError

    def result_path(self, cell: Cell) -> pathlib.Path:
        """Of a cell's result."""
        return self.folder / f"{cell.name}.json"

    def result(self, cell: Cell) -> dict | None:
        """The result of a cell; None if it has none yet.

        Raises:
            ValueError: it was computed by other commands.
        """
        try:
            result = json.loads(self.result_path(cell).read_text())
        except FileNotFoundError:
            return None
        if result["commands"] != [shlex.join(command) for command in self.commands(cell)]:
            raise ValueError(
                "a cell must be of the same commands as the others; another --folder takes other settings. "
                f"Received: {self.result_path(cell)}, of {result['commands'][0]}"
            )
        return result

    def compute(self, cell: Cell) -> dict:
        """Train and evaluate a cell, and write its result; returns that."""
        commands, seconds = self.commands(cell), []
        for command in commands:
            start = time.monotonic()
            execute(command, self.folder / f"{cell.name}.log")
            seconds.append(round(time.monotonic() - start, 1))
        evaluated = [workdir_of(command) for command in commands if "--mode=evaluate" in command]
        evaluations = [json.loads((folder / "evaluation.json").read_text()) for folder in evaluated]
        result = {
            "model": cell.model,
            "label": cell.label or cell.model,
            "seed": cell.seed,
            "commands": [shlex.join(command) for command in commands],
            "seconds": round(sum(seconds), 1),
            "seconds_by_command": seconds,
            "protocols": [evaluation["protocol"] for evaluation in evaluations],
            "metrics": {key: value for evaluation in evaluations for key, value in evaluation["metrics"].items()},
        }
        with atomic_write(self.result_path(cell)) as aside:
            aside.write_text(json.dumps(result, indent=2) + "\n")
        return result

    def prepare(self, cells: Sequence[Cell]):
        """Train what the cells that are left share."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for command in self.shared():
            print(shlex.join(command), flush=True)
            execute(command, self.folder / "shared.log")

    def run(self, cells: Sequence[Cell]) -> list[dict]:
        """Compute the cells that have no result yet, one at a time; returns the results of all."""
        left = [cell for cell in cells if self.result(cell) is None]
        if left:
            self.prepare(left)
        seconds = [result["seconds"] for result in map(self.result, cells) if result]
        for place, cell in enumerate(left):
            rest = f", about {duration(statistics.mean(seconds) * (len(left) - place))} left" if seconds else ""
            print(f"[{len(cells) - len(left) + place + 1}/{len(cells)}] {cell.name}{rest}", flush=True)
            seconds.append(self.compute(cell)["seconds"])
        return list(map(self.result, cells))

    def results(self) -> list[dict]:
        """Those that are there, of any cells."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*-seed-*.json"))]


@dataclasses.dataclass(frozen=True)
class BirdCells(Cells):
    """What all cells of a table of text to image on the birds have in common.

    Attributes:
        text_encoder: the preset of the text encoder on which all are trained.
        text_encoder_run: its run folder; "" for the one that is trained in `folder`.
        judge: the same, of the judge of attributes.
        feature_network: by which they are evaluated, too; "" for none.
    """

    text_encoder: str = "word_region"
    text_encoder_run: str = ""
    judge: str = ""
    feature_network: str = ""

    def beside(self, model: str) -> str:
        """The folder of a run that all cells share."""
        return str(self.folder / f"{model}-birds")

    def shared(self) -> list[list[str]]:
        """The commands that train what all cells share."""
        models = ((self.text_encoder, self.text_encoder_run), ("attribute_judge", self.judge))
        missing = [name for name, named in models if not named]
        return [self.main(f"--model={name}", "--dataset=birds", f"--workdir={self.beside(name)}") for name in missing]

    def train(self, cell: Cell, *flags: str, suffix: str = "") -> list[str]:
        """The command that trains a cell, with flags of the table; with a suffix, in a folder of its own."""
        encoder = self.text_encoder_run or self.beside(self.text_encoder)
        run = [f"--model={cell.model}", "--dataset=birds", f"--workdir={self.folder / cell.name}{suffix}"]
        return self.main(*run, f"--seed={cell.seed}", f"--text_encoder={encoder}", *flags, *cell.flags)

    def evaluate(self, model: str, workdir: str | pathlib.Path, *flags: str) -> list[str]:
        """The command that evaluates a run, by the judge."""
        run = [f"--model={model}", "--dataset=birds", f"--workdir={workdir}"]
        return self.main("--mode=evaluate", *run, f"--judge={self.judge or self.beside('attribute_judge')}", *flags)

    def by_network(self) -> list[str]:
        """The flag by which a generator is evaluated by the network, too."""
        return [f"--feature_network={self.feature_network}"] if self.feature_network else []


def workdir_of(command: Sequence[str]) -> pathlib.Path:
    """The run folder of a command."""
    (workdir,) = (flag for flag in command if flag.startswith("--workdir="))
    return pathlib.Path(workdir.split("=", 1)[1])


def execute(command: Sequence[str], log: pathlib.Path):
    """Run a command of main.py to its end, its output going to a file; ends this process with the code of a failure."""
    with log.open("a", encoding="utf-8") as output:
        output.write(f"$ {shlex.join(command)}\n")
        output.flush()
        code = subprocess.call([sys.executable, *command[1:]], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    if code:
        last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-SHOWN:])
        print(f"{last}\nfailed: {shlex.join(command)}\nThe same command goes on from here.", flush=True)
        raise SystemExit(code if code > 0 else 128 - code)


def duration(seconds: float) -> str:
    """Hours and minutes in words."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def mean_and_spread(values: Sequence[float]) -> str:
    """The mean and, of two values or more, their standard deviation (of a sample: n - 1), as a cell of the table."""
    mean = f"{statistics.mean(values):.3f}"
    return f"{mean} ± {statistics.stdev(values):.3f}" if len(values) > 1 else mean


def by_label(results: Sequence[Mapping]) -> dict[str, list[Mapping]]:
    """The results of each label, in the order in which labels are met."""
    grouped: dict[str, list[Mapping]] = {}
    for result in results:
        grouped.setdefault(result["label"], []).append(result)
    return grouped


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table; the first row is its head."""
    head, *body = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *body))


# Flags.


def add_flags(parser: argparse.ArgumentParser, folder: str):
    """The flags of all tables; `folder` is their default."""
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(folder), help="of all that is made")
    parser.add_argument("--cache_dir", default="", help="of main.py")
    parser.add_argument("--table", action="store_true", help="print the table of the results that are there, and stop")


def add_bird_flags(parser: argparse.ArgumentParser, folder: str):
    """Those of tables of text to image on the birds, too."""
    parser.add_argument("--text_encoder", default="", help="a trained run; default: one is trained first")
    parser.add_argument("--judge", default="", help="a trained attribute_judge; default: one is trained first")
    parser.add_argument("--feature_network", default="", help="by which the samples are evaluated, too: see main.py")
    add_flags(parser, folder)


def common(given: argparse.Namespace) -> dict:
    """The values of the flags of all tables, as arguments of `Cells`; commands run in the project's folder, so paths
    are whole.
    """
    cache_dir = str(pathlib.Path(given.cache_dir).absolute()) if given.cache_dir else ""
    return {"folder": given.folder.absolute(), "cache_dir": cache_dir}


def common_to_birds(given: argparse.Namespace) -> dict:
    """The same of `BirdCells`."""
    names = {"text_encoder_run": given.text_encoder, "judge": given.judge}
    paths = {name: str(pathlib.Path(path).absolute()) if path else "" for name, path in names.items()}
    network = given.feature_network
    if network and pathlib.Path(network).exists():
        network = str(pathlib.Path(network).absolute())
    return {**common(given), "feature_network": network, **paths}


def print_table(
    parser: argparse.ArgumentParser,
    given: argparse.Namespace,
    cells: Cells,
    wanted: Sequence[Cell],
    table: Callable[[Sequence[Mapping]], str],
    place: Callable[[Mapping], tuple],
):
    """Compute what is missing, or with --table nothing, and print the table.

    Args:
        parser: of the flags, for what is wrong.
        given: the flags.
        cells: how they are computed.
        wanted: which of them.
        table: of results.
        place: of a result in the table of those that are there.
    """
    try:
        if given.table:
            results = sorted(cells.results(), key=place)
        else:
            print_machine()
            results = cells.run(wanted)
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"--folder must be a folder that can be written, with room. Received: {given.folder} ({error})")
    except KeyboardInterrupt:
        raise SystemExit("Interrupted; the same command goes on from here.") from None
    print(f"\n{table(results)}" if results else f"There is no result in {given.folder} yet.", flush=True)


def parts(text: str) -> list[str]:
    """The parts of a flag that are separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def seeds(text: str) -> list[int]:
    """Seeds, separated by commas."""
    return [int(part) for part in parts(text)]


def order_of(model: str, first: Sequence[str]) -> tuple[int, int]:
    """The place of a model in a table: those of `first` in their order, then others."""
    return (0, first.index(model)) if model in first else (1, list(PRESETS).index(model))
