"""A preview: `python -m pipelines.birds --out sheet.png` draws some birds and prints a caption of each."""

import argparse

import numpy as np
from PIL import Image

from pipelines.birds.drawing import draw
from pipelines.birds.grammar import captions
from pipelines.birds.scene import make_species, random_scene

COLUMNS, ROWS = 6, 4


def main() -> None:
    """Writes a sheet of different species and prints a caption of each."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.birds", description=__doc__)
    parser.add_argument("--out", required=True, help="the image file to write")
    parser.add_argument("--size", type=int, default=128, help="width and height of each picture in pixels")
    parser.add_argument("--seed", type=int, default=0, help="of the species and scenes")
    arguments = parser.parse_args()

    size = arguments.size
    sheet = Image.new("RGB", (COLUMNS * size, ROWS * size))
    for position, species in enumerate(make_species(arguments.seed)[: COLUMNS * ROWS]):
        rng = np.random.default_rng([arguments.seed, position])
        row, column = divmod(position, COLUMNS)
        sheet.paste(draw(random_scene(species, rng), size), (column * size, row * size))
        print(f"row {row + 1}, column {column + 1}: {captions(species, rng, 1)[0][0]}")
    sheet.save(arguments.out)


if __name__ == "__main__":
    main()
