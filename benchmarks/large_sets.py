"""What a large set of pairs takes of memory.

    python -m benchmarks.large_sets [--pairs=2500 --pairs=10000 ...] [--memory=50% --memory=1GiB ...]

Makes pairs of pictures of 256 pixels in a temporary folder, trains pix2pix on them for two steps, with narrow
networks, in a process of its own for each --memory, and prints its seconds and the most memory that it had in use,
beside the bytes of the pixels. The first process of a set decodes it, the others find it in the cache.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

from benchmarks.machine import print_machine
from pipelines.budget import DEFAULT, shown_bytes
from pipelines.memory import available_memory

MAIN = pathlib.Path(__file__).parent.parent / "main.py"
# At which pix2pix keeps pictures of 256 pixels.
SIDE, KEPT = 256, 286
# Different pictures; the others are copies.
PICTURES = 16


def write_pairs(folder: pathlib.Path, count: int):
    """Smooth pictures, as JPEG of low quality, in folders A and B of train and test; a hundredth is for test."""
    rng = np.random.default_rng(0)
    contents = []
    for index in range(PICTURES):
        coarse = rng.integers(0, 256, (6, 6, 3), np.uint8)
        path = folder / f"{index}.jpg"
        Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(path, quality=30)
        contents.append(path.read_bytes())
        path.unlink()
    for index in range(count):
        split = "test" if index % 100 == 0 else "train"
        for side in "AB":
            path = folder / split / side / f"{index:06}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents[(index + (side == "B")) % PICTURES])


def peak(command: list[str]) -> tuple[int, float, str]:
    """The most bytes that a command had in memory at once, its seconds, and what it printed."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(output)
    # In KiB on Linux, in bytes on macOS.
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), time.perf_counter() - start, output


def measure(folder: pathlib.Path, count: int, memory: str, width: int) -> str:
    """A row of the table."""
    settings = [f"--set=generator_width={width}", f"--set=discriminator_width={width}"] if width else []
    paths = [f"--data_dir={folder / 'pairs'}", f"--cache_dir={folder / 'cache'}", f"--workdir={folder / 'run'}"]
    command = [
        "--model=pix2pix",
        "--dataset=pairs",
        f"--image_size={SIDE}",
        "--steps=2",
        "--restart",
        *settings,
        *paths,
    ]
    used, seconds, output = peak([sys.executable, str(MAIN), *command, f"--memory={memory}"])
    (line,) = (line for line in output.splitlines() if "--memory is" in line)
    pixels = shown_bytes(2 * count * KEPT**2 * 3)
    return f"| {count:,} | {memory} | {pixels} | {shown_bytes(used)} | {seconds:.0f} | {line} |"


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, action="append", help="may be repeated; default: 2,500 and 10,000")
    parser.add_argument("--memory", action="append", help=f"may be repeated; default: {DEFAULT} and 1GiB")
    parser.add_argument(
        "--width", type=int, default=4, help="of both networks; 0: as published, which takes its own GB"
    )
    arguments = parser.parse_args()
    print_machine()
    print(f"memory available: {shown_bytes(available_memory())}")
    print("\n| pairs | --memory | pixels | most memory in use | seconds | it says |\n|---|---|---|---|---|---|")
    for count in arguments.pairs or (2500, 10_000):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "pairs").mkdir()
            write_pairs(folder / "pairs", count)
            for memory in arguments.memory or (DEFAULT, "1GiB"):
                print(measure(folder, count, memory, arguments.width), flush=True)


if __name__ == "__main__":
    main()
