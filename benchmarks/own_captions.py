"""From a folder of one's own captioned pictures to samples that follow their captions.

    python -m benchmarks.own_captions [--pictures=300] [--steps=1500] [--model=gan_cls_plus]
        [--folder=runs/own_captions]

Draws pictures of a colored shape on a colored ground, with captions of another grammar than that of the birds, and
holds some combinations of colors and shape out of training. Then the commands of a user: training (text encoder
included), and samples of the captions of the held-out combinations. What a sample shows is measured from its pixels:
the color of its middle, that of its border, and the shape that agrees best with its outline (`shape_of`).
Prints the shares of samples that show what their caption names, beside the same of real pictures (the ceiling) and of
shuffled captions (the floor), and the minutes.
"""

import argparse
import pathlib
import shlex
import subprocess
import sys
import time

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.machine import print_machine

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIDE = 64
COLORS = {
    "crimson": (190, 25, 50),
    "amber": (250, 180, 30),
    "olive": (110, 120, 30),
    "teal": (0, 130, 130),
    "navy": (20, 30, 110),
    "violet": (150, 60, 190),
    "ivory": (245, 240, 220),
    "charcoal": (50, 50, 55),
}
SHAPES = ("disc", "square", "triangle")
# What a caption may be: the ground first, the shape first, or as notes.
PATTERNS = (
    "on {ground} paper lies a {color} {shape}",
    "{shape}, {color}; background {ground}",
    "somebody painted one {shape} in {color}, then everything around it {ground}",
    "{color} {shape} over {ground}",
)
# One combination in so many is held out of training.
HELD_OUT = 5
SAMPLES = 200


def combinations(rng: np.random.Generator) -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]:
    """(shape, color, ground) of the training, and those held out."""
    every = [(shape, color, ground) for shape in SHAPES for color in COLORS for ground in COLORS if color != ground]
    order = rng.permutation(len(every))
    held_out = len(every) // HELD_OUT
    return [every[row] for row in order[held_out:]], [every[row] for row in order[:held_out]]


def picture(combination: tuple[str, str, str], rng: np.random.Generator) -> Image.Image:
    """A shape of a random size near the middle."""
    shape, color, ground = combination
    radius = rng.uniform(0.24, 0.3) * SIDE
    x, y = SIDE / 2 + rng.uniform(-0.06, 0.06, 2) * SIDE
    image = Image.new("RGB", (4 * SIDE, 4 * SIDE), COLORS[ground])
    box = [4 * value for value in (x - radius, y - radius, x + radius, y + radius)]
    draw = ImageDraw.Draw(image)
    if shape == "disc":
        draw.ellipse(box, fill=COLORS[color])
    elif shape == "square":
        draw.rectangle(box, fill=COLORS[color])
    else:
        left, top, right, bottom = box
        draw.polygon([(left, bottom), (right, bottom), ((left + right) / 2, top)], fill=COLORS[color])
    return image.resize((SIDE, SIDE), Image.Resampling.BOX)


def caption(combination: tuple[str, str, str], rng: np.random.Generator) -> str:
    """One of the patterns."""
    shape, color, ground = combination
    return PATTERNS[rng.integers(len(PATTERNS))].format(shape=shape, color=color, ground=ground)


def write_pictures(folder: pathlib.Path, known: list[tuple[str, str, str]], count: int, rng: np.random.Generator):
    """PNG files, and beside each a text file of two captions."""
    folder.mkdir(parents=True)
    for number in range(count):
        combination = known[number % len(known)]
        picture(combination, rng).save(folder / f"{number:04}.png")
        lines = [caption(combination, rng) for _ in range(2)]
        (folder / f"{number:04}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def nearest(color: np.ndarray) -> str:
    """The name of the nearest of the colors."""
    return min(COLORS, key=lambda name: np.linalg.norm(color - np.array(COLORS[name])))


def shape_of(image: np.ndarray, color: np.ndarray, ground: np.ndarray) -> str:
    """The shape of an (h, w, 3) picture: that of which it covers the most, in the box around it, and the least else."""
    is_shape = np.linalg.norm(image - color, axis=2) < np.linalg.norm(image - ground, axis=2)
    rows, columns = np.flatnonzero(is_shape.mean(axis=1) > 0.06), np.flatnonzero(is_shape.mean(axis=0) > 0.06)
    if not len(rows) or not len(columns):
        return "nothing"
    filled = is_shape[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    y, x = (2 * (np.arange(length) + 0.5) / length - 1 for length in filled.shape)
    x, y = x[np.newaxis], y[:, np.newaxis]
    drawn = {"disc": x**2 + y**2 <= 1, "square": np.ones(filled.shape, bool), "triangle": abs(x) <= (1 + y) / 2}
    return max(drawn, key=lambda name: (filled & drawn[name]).sum() / (filled | drawn[name]).sum())


def seen(image: np.ndarray) -> tuple[str, str, str]:
    """(shape, color, ground) of an (h, w, 3) picture: the colors are medians of its middle and of its border."""
    image, side = image.astype(np.float64), len(image)
    middle = image[7 * side // 16 : -7 * side // 16, 7 * side // 16 : -7 * side // 16].reshape(-1, 3)
    edge = max(side // 16, 1)
    border = np.concatenate([image[:edge].reshape(-1, 3), image[-edge:].reshape(-1, 3)])
    color, ground = np.median(middle, axis=0), np.median(border, axis=0)
    return shape_of(image, color, ground), nearest(color), nearest(ground)


def shares(shown: list[tuple[str, str, str]], asked: list[tuple[str, str, str]]) -> np.ndarray:
    """Of shape, color and ground, the share that is shown as asked."""
    return np.mean(np.array(shown) == np.array(asked), axis=0)


def commands(folder: pathlib.Path, model: str, steps: int) -> list[list[str]]:
    """Of a user: training on the pictures in `folder`, and samples of its captions.txt."""
    run = [f"--model={model}", "--dataset=captions", f"--data_dir={folder / 'pictures'}"]
    run += [f"--workdir={folder / 'runs' / model}", f"--cache_dir={folder / 'cache'}"]
    drawn = [f"--captions_file={folder / 'captions.txt'}", f"--num_images={SAMPLES}", f"--output={folder / 'samples'}"]
    return [
        ["python", "main.py", *run, f"--steps={steps}"],
        ["python", "main.py", "--mode=generate", *run, *drawn],
    ]


def run(command: list[str]) -> float:
    """Run a command of main.py, and print it; returns its seconds. Ends this process where it fails."""
    print(f"$ {shlex.join(command)}", flush=True)
    start = time.monotonic()
    code = subprocess.call([sys.executable, *command[1:]], cwd=ROOT, stdout=subprocess.DEVNULL)
    if code:
        raise SystemExit(code)
    return time.monotonic() - start


def main():
    """Draw the pictures, train, sample and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--steps", type=int, default=1500, help="of the GAN")
    parser.add_argument("--model", default="gan_cls_plus")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "runs" / "own_captions")
    arguments = parser.parse_args()
    print_machine()
    rng = np.random.default_rng(0)
    known, held_out = combinations(rng)
    folder = arguments.folder
    if (folder / "pictures").exists():
        parser.error(f"--folder must be a new one. Received: {folder}, which has pictures")
    write_pictures(folder / "pictures", known, arguments.pictures, rng)
    asked = [held_out[rng.integers(len(held_out))] for _ in range(SAMPLES)]
    lines = [caption(combination, rng) for combination in asked]
    (folder / "captions.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    training, drawing = commands(folder, arguments.model, arguments.steps)
    seconds = run(training)
    run(drawing)
    samples = [Image.open(folder / "samples" / f"{number:06}.png") for number in range(SAMPLES)]
    shown, size = [seen(np.asarray(sample)) for sample in samples], samples[0].size
    real = [seen(np.asarray(picture(combination, rng).resize(size, Image.Resampling.BOX))) for combination in asked]
    shuffled = [shown[row] for row in rng.permutation(SAMPLES)]
    print(f"{arguments.pictures} pictures of {len(known)} combinations; captions of {len(held_out)} others")
    print("| | shape | color | ground |\n|---|---|---|---|")
    for name, found in (("samples", shown), ("real pictures (ceiling)", real), ("shuffled captions (floor)", shuffled)):
        print(f"| {name} | " + " | ".join(f"{share:.2f}" for share in shares(found, asked)) + " |")
    print(f"training, text encoder included: {seconds / 60:.1f} min")


if __name__ == "__main__":
    main()
