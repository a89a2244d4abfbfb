"""A training step of image to image at the published size: seconds and peak memory, each in a process of its own.

    python -m benchmarks.published_steps [--steps=10] [--precision=float32]

Random images; the networks, batch and image size of the presets (pix2pix and CycleGAN: batch 1, 256 pixels). The median
of the steps after two to warm up; the peak is of the whole process, tracing included.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

from engine.memory import keep_freed_memory
from models.core.config import PRECISIONS
from models.registry import PRESETS

# The fields of each model's batch.
FIELDS = {"pix2pix": ("input", "target"), "cyclegan": ("a", "b"), "pixel_dt": ("input", "target", "unassociated")}
WARM_UP = 2


def measure(name: str, steps: int, precision: str) -> dict[str, float]:
    """Seconds a step and peak memory in GB, of this process."""
    keep_freed_memory()
    import tensorflow as tf

    from engine.run import import_name
    from engine.strategy import mirrored

    preset = PRESETS[name]
    config = preset.resolve("", {"precision": precision})
    shape = (config.batch_size, config.image_size, config.image_size, 3)
    batch = {
        field: tf.random.stateless_uniform(shape, (0, number), -1.0, 1.0) for number, field in enumerate(FIELDS[name])
    }
    strategy = mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")))
    with strategy.scope():
        model = import_name(preset.model)(config)
        model.compile()

    @tf.function
    def step():
        logs = strategy.run(model.train_step, args=(batch,))
        return strategy.reduce("MEAN", logs[model.log_names[0]], axis=None)

    seconds = []
    for _ in range(WARM_UP + steps):
        start = time.perf_counter()
        float(step())
        seconds.append(time.perf_counter() - start)
    return {
        "seconds": statistics.median(seconds[WARM_UP:]),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "batch_size": config.batch_size,
        "image_size": config.image_size,
    }


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10, help="steps a measurement")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--model", choices=FIELDS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.model:
        print(json.dumps(measure(arguments.model, arguments.steps, arguments.precision)))
        return
    print(f"| model ({arguments.precision}) | batch | pixels | seconds a step | peak memory, GB |")
    print("|---|---|---|---|---|")
    for name in FIELDS:
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
