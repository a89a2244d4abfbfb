"""What the field has found since Reed et al. 2016, one setting at a time at equal minutes, on the rendered birds.

    python -m benchmarks.text_to_image_settings [--minutes=3] [--seeds=0] [--only=text_affine,...] [--text_encoder=RUN]
        [--judge=RUN] [--folder=runs/settings] [--table]

Each row is `gan_cls` with one setting changed or `gan_cls_plus` with one of its settings off, all with one text encoder
(`word_region`) and one judge. First the steps of every row are timed, one row after the other, so that its training can
have as many as take `--minutes`; then each is trained and evaluated by the commands of a user. Timings and results are
kept in the folder, and the same command goes on where it was stopped.
"""

import argparse
import dataclasses
import functools
import json
import re
import shutil
from collections.abc import Mapping, Sequence

from benchmarks.cells import (
    BirdCells,
    Cell,
    add_bird_flags,
    common_to_birds,
    execute,
    markdown,
    parts,
    print_table,
    seeds,
)
from models.text_to_image.presets import PLUS
from pipelines.atomic import atomic_write

# A discriminator without batch statistics, which a penalty requires.
PENALIZED = {"discriminator_normalization": "none"}
# By row: the preset and the settings changed.
ADDED = {
    "matching_aware, hinge": PENALIZED | {"adversarial": "hinge", "penalty": "matching_aware", "penalty_weight": 2.0},
    "relativistic, r1_r2": PENALIZED | {"adversarial": "relativistic", "penalty": "r1_r2", "penalty_weight": 1.0},
    "text_affine": {"text_affine": True},
    "augmentation": {"augmentation": PLUS["augmentation"]},
    "no average_decay": {"average_decay": 0.0},
    "full_size_stage": {"full_size_stage": True},
    "discriminator_width": {"discriminator_width": 32},
    "encoders' losses": {name: PLUS[name] for name in ("contrastive_weight", "alignment_weight", "edited_captions")},
    "word_attention": {"word_attention": PLUS["word_attention"]},
}
LEFT_OUT = {
    "augmentation": {"augmentation": ""},
    "average_decay": {"average_decay": 0.0},
    "full_size_stage": {"full_size_stage": False},
    "discriminator_width": {"discriminator_width": 16},
    "encoders' losses": {"contrastive_weight": 0.0, "alignment_weight": 0.0},
    "mode_seeking_weight": {"mode_seeking_weight": 0.0},
    "word_attention": {"word_attention": 0},
}
ROWS = {
    "gan_cls": ("gan_cls", {}),
    **{f"gan_cls + {name}": ("gan_cls", settings) for name, settings in ADDED.items()},
    "gan_cls_plus": ("gan_cls_plus", {}),
    **{f"gan_cls_plus - {name}": ("gan_cls_plus", settings) for name, settings in LEFT_OUT.items()},
    "gan_cls_plus + text_affine": ("gan_cls_plus", ADDED["text_affine"]),
}
# Steps of a timed run: callbacks.watch.Watch times some of the first ones and says so.
TIMED_STEPS = 20
TIME = re.compile(r"at (\S+) s a step")
METRICS = {
    "breast or belly": "named_breast_or_belly_color",
    "wing": "named_wing_color",
    "crown": "named_crown_color",
    "tail": "named_tail_color",
    "bill": "named_bill_color",
    "diversity": "diversity_within_caption",
    "judge FD": "judge_frechet_distance",
    "R-precision": "r_precision",
}


@dataclasses.dataclass(frozen=True)
class EqualMinutes(BirdCells):
    """A cell is a row.

    Attributes:
        minutes: of each training.
    """

    minutes: float = 3.0

    @functools.cached_property
    def times(self) -> dict[str, float]:
        """Seconds a step, by label, as they were measured."""
        path = self.folder / "times.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def train_for(self, cell: Cell, steps: int, suffix: str = "") -> list[str]:
        """The command that trains a row for so many steps."""
        return self.train(cell, "--image_size=32", f"--steps={steps}", suffix=suffix)

    def commands(self, cell: Cell) -> list[list[str]]:
        """Training for as many steps as take the minutes, and evaluating."""
        # Of 0 steps main.py would train as long as its preset does.
        steps = max(round(60 * self.minutes / self.times[cell.label]), 1)
        return [
            self.train_for(cell, steps),
            self.evaluate(cell.model, self.folder / cell.name, *self.by_network()),
        ]

    def prepare(self, cells: Sequence[Cell]):
        """What is shared, then the times of the rows that have none, one after the other."""
        super().prepare(cells)
        for cell in cells:
            if cell.label in self.times:
                continue
            command, log = self.train_for(cell, TIMED_STEPS, suffix="-timed"), self.folder / f"{cell.name}-timed.log"
            execute(command, log)
            self.times[cell.label] = float(TIME.findall(log.read_text(encoding="utf-8"))[-1])
            print(f"{cell.label}: {self.times[cell.label]} s a step", flush=True)
            with atomic_write(self.folder / "times.json") as aside:
                aside.write_text(json.dumps(self.times, indent=2) + "\n")
            shutil.rmtree(self.folder / f"{cell.name}-timed")


def flags(settings: Mapping[str, object]) -> tuple[str, ...]:
    """Of main.py."""
    return tuple(text for name, value in settings.items() for text in ("--set", f"{name}={value}"))


def table(results: Sequence[Mapping]) -> str:
    """A Markdown table: a row a result."""
    rows = [["", "seed", "steps", "minutes", *METRICS]]
    for result in results:
        (steps,) = re.findall(r"--steps=(\d+)", result["commands"][0])
        figures = [result["metrics"][name] for name in METRICS.values()]
        numbers = [f"{figure:.0f}" if figure > 10 else f"{figure:.2f}" for figure in figures]
        minutes = f"{result['seconds_by_command'][0] / 60:.1f}"
        rows.append([f"`{result['label']}`", str(result["seed"]), steps, minutes, *numbers])
    return markdown(rows)


def labels(text: str) -> list[str]:
    """Of rows: those that are named, and of a text that names none those in which it occurs."""
    wanted = parts(text)
    if unknown := [part for part in wanted if not any(part in label for label in ROWS)]:
        raise argparse.ArgumentTypeError(f"accepted are parts of {'; '.join(ROWS)}. Received: {', '.join(unknown)}")
    return [label for label in ROWS if any(part == label or (part not in ROWS and part in label) for part in wanted)]


def positive(text: str) -> float:
    """A number above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"a number above 0. Received: {text}")
    return number


def main():
    """Compute what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=positive, default=3.0, help="of each training")
    parser.add_argument("--seeds", type=seeds, default=[0], help="separated by commas")
    parser.add_argument("--only", type=labels, default=list(ROWS), help="rows, or parts of their names, by commas")
    add_bird_flags(parser, folder="runs/settings")
    given = parser.parse_args()
    cells = EqualMinutes(**common_to_birds(given), minutes=given.minutes)
    rows = [Cell(ROWS[label][0], seed, label, flags(ROWS[label][1])) for seed in given.seeds for label in given.only]
    print_table(parser, given, cells, rows, table, lambda result: (list(ROWS).index(result["label"]), result["seed"]))


if __name__ == "__main__":
    main()
