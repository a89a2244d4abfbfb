"""What a large picture takes to translate, and whether it shows where its tiles meet.

    python -m benchmarks.large_pictures [--model=cyclegan] [--width=4000] [--height=3000] [--workdir=RUN]

Translates a synthetic photograph of that size, which is computed in tiles, and one of 1,024 pixels in tiles and as a
whole, each in a process of its own. Prints seconds (and those of all cores together), the largest memory in use before
and after, the mean step between neighboring pixels across the borders of the tiles in proportion to that elsewhere, and
the difference between tiles and whole. The network is that of a run, or untrained with the preset's own sizes.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks.machine import print_machine
from engine.memory import keep_freed_memory
from models.registry import PRESETS

# Generators repeat a pattern of their strides: steps are compared with those at the same place in it.
PERIOD = 8
WHOLE_SIDE = 1024


def photograph(width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8: smooth regions with edges, and grain."""
    rng, picture = np.random.default_rng(0), np.empty((height, width, 3), np.uint8)
    waves = rng.uniform(-40, 40, (3, 8, 2)).astype(np.float32)
    x = np.arange(width, dtype=np.float32) / max(height, width)
    # Row by row, so that making it takes no memory that is measured.
    for row in range(height):
        y = np.float32(row / max(height, width))
        edges = np.sign(np.sin(60 * x + 9 * np.sin(25 * y)))
        for channel in range(3):
            smooth = sum(np.sin(a * x + b * y) / (1 + index) for index, (a, b) in enumerate(waves[channel]))
            values = 128 + 40 * smooth + 25 * edges + rng.normal(0, 6, width)
            picture[row, :, channel] = np.clip(values, 0, 255)
    return picture


def border_ratio(picture: np.ndarray, rows: set[int], columns: set[int]) -> float:
    """The mean step between neighboring pixels across borders, in proportion to that elsewhere.

    Args:
        picture: (h, w, c).
        rows: those that a tile begins with.
        columns: the same.
    """
    at, elsewhere = [], []
    for axis, borders in ((0, rows), (1, columns)):
        steps = np.abs(np.diff(picture.astype(np.float32), axis=axis)).mean(axis=(1 - axis, 2))
        places = np.arange(1, len(steps) + 1)
        is_border = np.isin(places, sorted(borders))
        for phase in {place % PERIOD for place in borders if place}:
            same = places % PERIOD == phase
            at.append(steps[same & is_border].mean())
            elsewhere.append(steps[same & ~is_border].mean())
    return float(np.mean(at) / np.mean(elsewhere)) if at else 1.0


def measure(arguments) -> dict:
    """Seconds, memory and borders of one picture, in this process."""
    keep_freed_memory()
    import keras
    import tensorflow as tf

    import serving.tiled.nodes
    from engine.experiment import Experiment
    from engine.run import Run
    from serving.tiled.maps import tiles

    if arguments.workdir:
        from engine.command import Sample
        from engine.experiment import trained

        run = Run(trained(Sample(workdir=arguments.workdir), arguments.workdir))
        model = run.trained_model()
    else:
        keras.utils.set_random_seed(0)
        preset = PRESETS[arguments.model]
        run = Run(Experiment(arguments.model, preset.default_dataset, preset.config, ""))
        model = run.model_class(preset.config)
    translator = next(iter(run.parts.sampler(model).translators.values()))
    regions = []
    serving.tiled.nodes.tiles = lambda *sizes: regions.append(tiles(*sizes)) or regions[-1]
    image = photograph(arguments.width, arguments.height)
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    if arguments.how == "tiles":
        translated = translator.in_tiles(image, 0)
    else:
        translated = translator.translate(tf.constant(image), tf.constant(0)).numpy()
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    if arguments.save:
        np.save(arguments.save, translated)
    rows, columns = (
        {getattr(region, side) for region in regions[-1]} if regions else set() for side in ("top", "left")
    )
    return {
        "seconds": seconds,
        "cores": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "before": before.ru_maxrss * 1024,
        "after": after.ru_maxrss * 1024,
        "rows": sorted(rows),
        "columns": sorted(columns),
        "ratio": border_ratio(translated, rows, columns),
    }


def main():
    """Print what each picture takes, and the differences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="cyclegan")
    parser.add_argument("--workdir", default="", help="a run; default: an untrained network")
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--how", choices=("tiles", "whole"), help=argparse.SUPPRESS)
    parser.add_argument("--save", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.how:
        print(json.dumps(measure(arguments)))
        return

    print_machine()

    def in_a_process(how: str, width: int, height: int, save: str) -> dict:
        options = [f"--how={how}", f"--width={width}", f"--height={height}", f"--save={save}"]
        command = [sys.executable, "-m", "benchmarks.large_pictures", *sys.argv[1:], *options]
        figures = json.loads(
            subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")[-2]
        )
        print(
            f"{width} x {height}, {how}: {figures['seconds']:.1f} s ({figures['cores']:.1f} of all cores), "
            f"{figures['before'] / 1e9:.2f} GB before, at most {figures['after'] / 1e9:.2f} GB",
            flush=True,
        )
        return figures

    with tempfile.TemporaryDirectory() as folder:
        files = {how: f"{folder}/{how}.npy" for how in ("tiles", "whole")}
        tiled, _ = (in_a_process(how, WHOLE_SIDE, WHOLE_SIDE, file) for how, file in files.items())
        pictures = {how: np.load(file).astype(np.int16) for how, file in files.items()}
        difference = np.abs(pictures["tiles"] - pictures["whole"])
        print(
            f"tiles and whole differ by at most {difference.max()} of 255, in {(difference > 0).mean():.3%} of the "
            f"values; steps across borders: {tiled['ratio']:.3f} times those elsewhere in tiles, "
            f"{border_ratio(pictures['whole'], set(tiled['rows']), set(tiled['columns'])):.3f} in the whole"
        )
        large = in_a_process("tiles", arguments.width, arguments.height, "")
        print(f"steps across borders: {large['ratio']:.3f} times those elsewhere")


if __name__ == "__main__":
    main()
