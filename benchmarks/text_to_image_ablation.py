"""The ablation of Reed et al. (ICML 2016) on the rendered birds: what the matching-aware discriminator and the
interpolation of texts are worth, each cell (an objective and a seed) trained and evaluated by the commands of a user.

    python -m benchmarks.text_to_image_ablation [--models=text_gan,gan_cls,gan_int,gan_int_cls,gan_cls_plus]
        [--seeds=0,1,2] [--steps=3000] [--style_steps=0] [--text_encoder=RUN] [--judge=RUN]
        [--folder=runs/ablation] [--table]

All cells share one text encoder and one judge, which are trained first unless a run of each is named. A cell's result
is `FOLDER/<model>-seed-<n>.json`, written when it is whole; cells that have theirs are not computed again, and one that
was stopped goes on where it was, by the same command. With --style_steps a style encoder is trained on each generator
of whole captions, too. The table (mean and standard deviation over the seeds that are there) is printed at the end, or
of what is there with --table.
"""

import argparse
import dataclasses
import json
import pathlib
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.machine import print_machine
from models.registry import PRESETS
from pipelines.atomic import atomic_write

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ("text_gan", "gan_cls", "gan_int", "gan_int_cls", "gan_cls_plus")
# All of them can be trained on it.
TEXT_ENCODER = "word_region"
# Lines of a failed command's output that are shown.
SHOWN = 15


@dataclasses.dataclass(frozen=True)
class Cell:
    """One objective with one seed.

    Attributes:
        model: of text to image.
        seed: of its weights, batches and noise.
    """

    model: str
    seed: int

    @property
    def name(self) -> str:
        """Of its run folder and its result."""
        return f"{self.model}-seed-{self.seed}"


@dataclasses.dataclass(frozen=True)
class Ablation:
    """What is trained, and where.

    Attributes:
        folder: of the results and of all runs.
        steps: of each generator.
        style_steps: of each style encoder; 0 for none.
        text_encoder: a run folder; "" for the one that is trained in `folder`.
        judge: the same, of the judge of attributes.
        cache_dir: of main.py; "" for its default.
    """

    folder: pathlib.Path
    steps: int
    style_steps: int = 0
    text_encoder: str = ""
    judge: str = ""
    cache_dir: str = ""

    def beside(self, model: str) -> str:
        """The folder of a run that all cells share."""
        return str(self.folder / f"{model}-birds")

    def main(self, *flags: str) -> list[str]:
        """A command of main.py."""
        return ["python", "main.py", *flags, *([f"--cache_dir={self.cache_dir}"] if self.cache_dir else [])]

    def shared(self) -> list[list[str]]:
        """The commands that train what all cells share."""
        missing = [
            name for name, named in ((TEXT_ENCODER, self.text_encoder), ("attribute_judge", self.judge)) if not named
        ]
        return [self.main(f"--model={name}", "--dataset=birds", f"--workdir={self.beside(name)}") for name in missing]

    def has_style(self, cell: Cell) -> bool:
        """Whether a style encoder is trained on its generator: one that reads words is not inverted."""
        return self.style_steps > 0 and not PRESETS[cell.model].config.word_attention

    def commands(self, cell: Cell) -> list[list[str]]:
        """The commands of a cell: training and evaluating its generator, and its style encoder."""
        encoder, judge = self.text_encoder or self.beside(TEXT_ENCODER), self.judge or self.beside("attribute_judge")
        run = [f"--model={cell.model}", "--dataset=birds", f"--workdir={self.folder / cell.name}"]
        settings = ["--image_size=32", f"--steps={self.steps}", f"--seed={cell.seed}", f"--text_encoder={encoder}"]
        commands = [self.main(*run, *settings), self.main("--mode=evaluate", *run, f"--judge={judge}")]
        if self.has_style(cell):
            style = ["--model=style_encoder", "--dataset=birds", f"--workdir={self.folder / cell.name}-style"]
            settings = [
                f"--text_to_image={self.folder / cell.name}",
                f"--steps={self.style_steps}",
                f"--seed={cell.seed}",
            ]
            commands += [self.main(*style, *settings), self.main("--mode=evaluate", *style, f"--judge={judge}")]
        return commands

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
        start, commands = time.monotonic(), self.commands(cell)
        for command in commands:
            execute(command, self.folder / f"{cell.name}.log")
        evaluated = [self.folder / cell.name, *([self.folder / f"{cell.name}-style"] if self.has_style(cell) else [])]
        evaluations = [json.loads((folder / "evaluation.json").read_text()) for folder in evaluated]
        result = {
            "model": cell.model,
            "seed": cell.seed,
            "commands": [shlex.join(command) for command in commands],
            "seconds": round(time.monotonic() - start, 1),
            "protocols": [evaluation["protocol"] for evaluation in evaluations],
            "metrics": {key: value for evaluation in evaluations for key, value in evaluation["metrics"].items()},
        }
        with atomic_write(self.result_path(cell)) as aside:
            aside.write_text(json.dumps(result, indent=2) + "\n")
        return result

    def run(self, cells: Sequence[Cell]) -> list[dict]:
        """Compute the cells that have no result yet, one at a time; returns the results of all."""
        left = [cell for cell in cells if self.result(cell) is None]
        self.folder.mkdir(parents=True, exist_ok=True)
        if left:
            for command in self.shared():
                print(shlex.join(command), flush=True)
                execute(command, self.folder / "shared.log")
        seconds = [result["seconds"] for result in map(self.result, cells) if result]
        for place, cell in enumerate(left):
            rest = f", about {duration(statistics.mean(seconds) * (len(left) - place))} left" if seconds else ""
            print(f"[{len(cells) - len(left) + place + 1}/{len(cells)}] {cell.name}{rest}", flush=True)
            seconds.append(self.compute(cell)["seconds"])
        return list(map(self.result, cells))


def execute(command: Sequence[str], log: pathlib.Path):
    """Run a command of main.py to its end, its output going to a file; ends this process with the code of a failure."""
    with log.open("a", encoding="utf-8") as output:
        output.write(f"$ {shlex.join(command)}\n")
        output.flush()
        code = subprocess.call([sys.executable, *command[1:]], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    if code:
        last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-SHOWN:])
        print(f"{last}\nfailed: {shlex.join(command)}\nThe same command of the ablation goes on from here.", flush=True)
        raise SystemExit(code if code > 0 else 128 - code)


def duration(seconds: float) -> str:
    """Hours and minutes in words."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def mean_and_spread(values: Sequence[float]) -> str:
    """The mean and, of two values or more, their standard deviation (of a sample: n - 1), as a cell of the table."""
    mean = f"{statistics.mean(values):.3f}"
    return f"{mean} ± {statistics.stdev(values):.3f}" if len(values) > 1 else mean


def table(results: Iterable[Mapping]) -> str:
    """A Markdown table: a column a model, a row a metric, mean and standard deviation over the seeds."""
    by_model: dict[str, list[Mapping]] = {}
    for result in results:
        by_model.setdefault(result["model"], []).append(result)
    keys = list(dict.fromkeys(key for several in by_model.values() for result in several for key in result["metrics"]))
    rows = [["metric", *(f"`{model}`" for model in by_model)], ["---"] * (1 + len(by_model))]
    rows.append(["seeds", *(", ".join(str(result["seed"]) for result in several) for several in by_model.values())])
    for key in keys:
        found = [
            [result["metrics"][key] for result in several if key in result["metrics"]] for several in by_model.values()
        ]
        rows.append([f"`{key}`", *(mean_and_spread(values) if values else "" for values in found)])
    minutes = [[result["seconds"] / 60 for result in several] for several in by_model.values()]
    rows.append(["minutes", *map(mean_and_spread, minutes)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def names(text: str) -> list[str]:
    """The parts of a flag that are separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def text_to_image(text: str) -> list[str]:
    """Names of presets that draw captions."""
    known = [name for name, of in PRESETS.items() if "sample" in of.modes and of.samples_from == "captions"]
    if unknown := [name for name in names(text) if name not in known]:
        raise argparse.ArgumentTypeError(f"accepted are {', '.join(known)}. Received: {', '.join(unknown)}")
    return names(text)


def seeds(text: str) -> list[int]:
    """Seeds, separated by commas."""
    return [int(part) for part in names(text)]


def main():
    """Compute what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=text_to_image, default=list(MODELS), help="separated by commas")
    parser.add_argument("--seeds", type=seeds, default=[0, 1, 2], help="separated by commas")
    parser.add_argument("--steps", type=int, default=3000, help="of each generator")
    parser.add_argument("--style_steps", type=int, default=0, help="of a style encoder on each generator; 0: none")
    parser.add_argument("--text_encoder", default="", help="a trained run; default: one is trained first")
    parser.add_argument("--judge", default="", help="a trained attribute_judge; default: one is trained first")
    parser.add_argument(
        "--folder", type=pathlib.Path, default=pathlib.Path("runs/ablation"), help="of all that is made"
    )
    parser.add_argument("--cache_dir", default="", help="of main.py")
    parser.add_argument("--table", action="store_true", help="print the table of the results that are there, and stop")
    given = parser.parse_args()
    paths = (
        str(pathlib.Path(path).absolute()) if path else ""
        for path in (given.text_encoder, given.judge, given.cache_dir)
    )
    ablation = Ablation(given.folder.absolute(), given.steps, given.style_steps, *paths)
    # Seed by seed, so that what is there early compares all models.
    cells = [Cell(model, seed) for seed in given.seeds for model in given.models]
    try:
        if given.table:
            found = [json.loads(path.read_text()) for path in sorted(given.folder.glob("*-seed-*.json"))]
            results = sorted(found, key=lambda result: known_order(result["model"]))
        else:
            print_machine()
            results = ablation.run(cells)
    except ValueError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        raise SystemExit("Interrupted; the same command goes on from here.") from None
    print(f"\n{table(results)}" if results else f"There is no result in {given.folder} yet.", flush=True)


def known_order(model: str) -> int:
    """The place of a model in the table: the paper's in its order, then others."""
    return list(PRESETS).index(model) if model not in MODELS else MODELS.index(model) - len(MODELS)


if __name__ == "__main__":
    main()
