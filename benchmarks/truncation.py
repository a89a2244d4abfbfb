"""The truncation curve of BigGAN (Brock et al. 2019, section 3.1): noise kept nearer to 0 gives better images, of fewer
kinds.

    python -m benchmarks.truncation --run=runs/biggan-birds_colors [--judge=RUN] [--folder=runs/truncation] [--table]

A trained run whose noise is normal is evaluated at each threshold by the command of a user. Each result is
`FOLDER/truncation_<t>-seed-0.json`, written when it is whole; the same command goes on where it was stopped.
"""

import argparse
import dataclasses
import math
from collections.abc import Sequence

from benchmarks.cells import Cell, Cells, add_flags, common, markdown, print_table

# Distances from 0 within which the noise is kept; 0: it is not truncated.
THRESHOLDS = (0.1, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 0.0)
FIGURES = {
    "precision": "judge_precision",
    "recall": "judge_recall",
    "judge's Fréchet distance": "judge_frechet_distance",
    "class score": "class_score",
    "distance among samples": "diversity",
}


@dataclasses.dataclass(frozen=True)
class TruncationCells(Cells):
    """The evaluations of one run.

    Attributes:
        run_folder: of the trained run.
        judge: the run of its judge; "" for the one beside it.
        samples: how many are drawn at each threshold.
    """

    run_folder: str = ""
    judge: str = ""
    samples: int = 2000

    def commands(self, cell):
        """Evaluating alone."""
        flags = [f"--workdir={self.run_folder}", "--mode=evaluate", f"--num_samples={self.samples}"]
        judge = [f"--judge={self.judge}"] if self.judge else []
        return [self.main(*flags, f"--seed={cell.seed}", *judge, *cell.flags)]

    def cell(self, threshold: float) -> Cell:
        """At one threshold."""
        return Cell("", 0, f"truncation {threshold:g}", (f"--truncation={threshold:g}",))

    def table(self, results: Sequence[dict]) -> str:
        """A Markdown table: a row a threshold."""
        rows = [["threshold", *FIGURES]]
        for result in results:
            threshold = threshold_of(result)
            figures = [f"{result['metrics'].get(key, math.nan):.3f}" for key in FIGURES.values()]
            rows.append([f"{threshold:g}" if threshold else "none", *figures])
        return markdown(rows)


def threshold_of(result: dict) -> float:
    """Of a result; 0: none."""
    return float(result["label"].split(" ")[1])


def main():
    """Compute what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", required=True, help="the folder of a trained run whose noise is normal")
    parser.add_argument("--judge", default="", help="the run of its judge")
    parser.add_argument("--samples", type=int, default=2000, help="at each threshold")
    add_flags(parser, folder="runs/truncation")
    given = parser.parse_args()
    cells = TruncationCells(**common(given), run_folder=given.run, judge=given.judge, samples=given.samples)
    wanted = [cells.cell(threshold) for threshold in THRESHOLDS]
    print_table(parser, given, cells, wanted, cells.table, lambda result: threshold_of(result) or math.inf)


if __name__ == "__main__":
    main()
