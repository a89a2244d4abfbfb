"""A training step of image to image at the published size: seconds and peak memory, each in a process of its own.

    python -m benchmarks.published_steps [--steps=10] [--precision=float32]

Random images; the networks, batch and image size of the presets (pix2pix and CycleGAN: batch 1, 256 pixels). The median
of the steps after two to warm up; the peak is of the whole process, tracing included.
"""

import argparse
import json
import subprocess
import sys

from benchmarks.machine import print_machine
from benchmarks.steps import config_of, measure
from models.core.config import PRECISIONS

MODELS = ("pix2pix", "cyclegan", "pixel_dt")


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10, help="steps a measurement")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--model", choices=MODELS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.model:
        config = config_of(arguments.model, precision=arguments.precision)
        print(json.dumps(measure(arguments.model, config, arguments.steps)))
        return
    print_machine()
    print(f"\n| model ({arguments.precision}) | batch | pixels | seconds a step | peak memory, GB |")
    print("|---|---|---|---|---|")
    for name in MODELS:
        command = [sys.executable, "-m", "benchmarks.published_steps", f"--model={name}", *sys.argv[1:]]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        figures = json.loads(output.splitlines()[-1])
        print(
            f"| `{name}` | {figures['batch_size']} | {figures['image_size']} | {figures['seconds']:.2f} | "
            f"{figures['memory']:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
