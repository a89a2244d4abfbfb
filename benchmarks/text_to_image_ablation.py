"""The ablation of Reed et al. (ICML 2016) on the rendered birds: what the matching-aware discriminator and the
interpolation of texts are worth, each cell (an objective and a seed) trained and evaluated by the commands of a user.

    python -m benchmarks.text_to_image_ablation [--models=text_gan,gan_cls,gan_int,gan_int_cls,gan_cls_plus]
        [--seeds=0,1,2] [--steps=3000] [--style_steps=0] [--text_encoder=RUN] [--judge=RUN] [--feature_network=FILE]
        [--folder=runs/ablation] [--table]

All cells share one text encoder (`word_region`, on which all of them can be trained) and one judge, which are trained
first unless a run of each is named. A cell's result is `FOLDER/<model>-seed-<n>.json`, written when it is whole; cells
that have theirs are not computed again, and one that was stopped goes on where it was, by the same command. With
--style_steps a style encoder is trained on each generator of whole captions, too. With --feature_network there is the
inception score of that network. The table (mean and standard deviation over the seeds that are there) is printed at the
end, or of what is there with --table.
"""

import argparse
import dataclasses
from collections.abc import Mapping, Sequence

from benchmarks.cells import (
    BirdCells,
    Cell,
    add_bird_flags,
    by_label,
    common_to_birds,
    markdown,
    mean_and_spread,
    order_of,
    parts,
    print_table,
    seeds,
)
from models.registry import PRESETS

MODELS = ("text_gan", "gan_cls", "gan_int", "gan_int_cls", "gan_cls_plus")


@dataclasses.dataclass(frozen=True)
class Ablation(BirdCells):
    """A cell is an objective of text to image.

    Attributes:
        steps: of each generator.
        style_steps: of each style encoder; 0 for none.
    """

    steps: int = 3000
    style_steps: int = 0

    def has_style(self, cell: Cell) -> bool:
        """Whether a style encoder is trained on its generator: one that reads words is not inverted."""
        return self.style_steps > 0 and not PRESETS[cell.model].config.word_attention

    def commands(self, cell: Cell) -> list[list[str]]:
        """Training and evaluating its generator, and its style encoder."""
        generator = self.folder / cell.name
        commands = [
            self.train(cell, "--image_size=32", f"--steps={self.steps}"),
            self.evaluate(cell.model, generator, *self.by_network()),
        ]
        if self.has_style(cell):
            style = f"{generator}-style"
            run = ["--model=style_encoder", "--dataset=birds", f"--workdir={style}", f"--text_to_image={generator}"]
            commands.append(self.main(*run, f"--steps={self.style_steps}", f"--seed={cell.seed}"))
            commands.append(self.evaluate("style_encoder", style))
        return commands


def table(results: Sequence[Mapping]) -> str:
    """A Markdown table: a column a model, a row a metric, mean and standard deviation over the seeds."""
    columns = by_label(results)
    keys = list(dict.fromkeys(key for result in results for key in result["metrics"]))
    rows = [["metric", *(f"`{model}`" for model in columns)]]
    rows.append(["seeds", *(", ".join(str(result["seed"]) for result in several) for several in columns.values())])
    for key in keys:
        found = [
            [result["metrics"][key] for result in several if key in result["metrics"]] for several in columns.values()
        ]
        rows.append([f"`{key}`", *(mean_and_spread(values) if values else "" for values in found)])
    minutes = [[result["seconds"] / 60 for result in several] for several in columns.values()]
    rows.append(["minutes", *map(mean_and_spread, minutes)])
    return markdown(rows)


def text_to_image(text: str) -> list[str]:
    """Names of presets that draw captions."""
    known = [name for name, of in PRESETS.items() if "sample" in of.modes and of.samples_from == "captions"]
    if unknown := [name for name in parts(text) if name not in known]:
        raise argparse.ArgumentTypeError(f"accepted are {', '.join(known)}. Received: {', '.join(unknown)}")
    return parts(text)


def main():
    """Compute what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=text_to_image, default=list(MODELS), help="separated by commas")
    parser.add_argument("--seeds", type=seeds, default=[0, 1, 2], help="separated by commas")
    parser.add_argument("--steps", type=int, default=3000, help="of each generator")
    parser.add_argument("--style_steps", type=int, default=0, help="of a style encoder on each generator; 0: none")
    add_bird_flags(parser, folder="runs/ablation")
    given = parser.parse_args()
    ablation = Ablation(**common_to_birds(given), steps=given.steps, style_steps=given.style_steps)
    # Seed by seed, so that what is there early compares all models.
    cells = [Cell(model, seed) for seed in given.seeds for model in given.models]
    print_table(parser, given, ablation, cells, table, lambda result: order_of(result["model"], MODELS))


if __name__ == "__main__":
    main()
