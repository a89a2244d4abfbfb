"""A training step without and with oneDNN (TF_ENABLE_ONEDNN_OPTS=0 and 1), by turns, each in a process of its own.

    python -m benchmarks.onednn [--case=dcgan ...] [--steps=10] [--repeats=3] [--instructions=AVX2] [--peers=DIR]

Random batches; a case is a preset at the size that its name says. Seconds a step, and processor seconds of all cores,
which say more on a busy machine: the medians over the processes of each one's median. --instructions=AVX2 keeps oneDNN
from newer instructions than that, as on a processor that has no others (ONEDNN_MAX_CPU_ISA; without oneDNN, TensorFlow
still takes its product of matrices). --peers=DIR runs the same work in PyTorch, by the scripts of that folder, with
--peers_python (default: this one) if it can import torch.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

from benchmarks.machine import print_machine
from benchmarks.steps import config_of, measure
from engine.processor import VARIABLE

# Of each case the preset, the dataset whose changes it takes, and further ones.
CASES = {
    "gan_cls": ("gan_cls", "", {"batch_size": 16}),
    "gan_cls_birds": ("gan_cls", "birds", {}),
    "dcgan": ("dcgan", "fashion_mnist", {}),
    "pix2pix": ("pix2pix", "", {}),
    "cyclegan": ("cyclegan", "", {}),
}
# The same work in PyTorch, of the cases that there are scripts for.
PEERS = {
    "gan_cls": ("peers_gan_cls_reed.py", "cl", "16"),
    "pix2pix": ("peers_image_to_image.py", "pix2pix", "channels_last"),
    "cyclegan": ("peers_image_to_image.py", "cyclegan", "channels_last"),
}


def in_a_process(case: str, onednn: int, arguments) -> dict[str, float]:
    """The figures of a case, measured in a new process."""
    environment = os.environ | {VARIABLE: str(onednn)}
    if arguments.instructions:
        environment["ONEDNN_MAX_CPU_ISA"] = arguments.instructions
    command = [sys.executable, "-m", "benchmarks.onednn", f"--measure={case}", f"--steps={arguments.steps}"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    return json.loads(output.splitlines()[-1])


def peer(case: str, arguments) -> str:
    """What the peer's script prints; "" where there is none to run."""
    script = pathlib.Path(arguments.peers or os.devnull) / PEERS.get(case, ("",))[0]
    command = [arguments.peers_python, "-c", "import torch"]
    if not script.is_file() or subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        return ""
    command = [arguments.peers_python, str(script), *PEERS[case][1:]]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=CASES, action="append", help="may be repeated; default: all")
    parser.add_argument("--steps", type=int, default=10, help="steps a measurement")
    parser.add_argument("--repeats", type=int, default=3, help="processes of each kind")
    parser.add_argument("--instructions", default="", help="the newest that oneDNN may use, such as AVX2")
    parser.add_argument("--peers", default="", help="the folder of the scripts for PyTorch")
    parser.add_argument("--peers_python", default=sys.executable, help="the Python that has torch")
    parser.add_argument("--measure", choices=CASES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        model, dataset, changes = CASES[arguments.measure]
        print(json.dumps(measure(model, config_of(model, dataset, **changes), arguments.steps)))
        return
    print_machine()
    print(f"instructions that oneDNN may use: {arguments.instructions or 'all'}\n")
    print("| case | batch | pixels | s without | s with | ratio | processor s without | with | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    for case in arguments.case or CASES:
        pairs = [[in_a_process(case, onednn, arguments) for onednn in (0, 1)] for _ in range(arguments.repeats)]
        columns = list(zip(*pairs, strict=True))
        sizes = f"{pairs[0][0]['batch_size']} | {pairs[0][0]['image_size']}"
        ratios = []
        for name in ("seconds", "processor_seconds"):
            off, on = (statistics.median(figures[name] for figures in column) for column in columns)
            ratios.append(f"{off:.3f} | {on:.3f} | {off / on:.2f}")
        print(f"| `{case}` | {sizes} | {' | '.join(ratios)} |", flush=True)
        if said := peer(case, arguments):
            print(f"  PyTorch: {said}", flush=True)


if __name__ == "__main__":
    main()
