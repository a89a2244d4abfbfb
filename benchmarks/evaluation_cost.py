"""What an evaluation of many samples costs, beside drawing them: seconds, and the largest memory of the process.

    python -m benchmarks.evaluation_cost [--feature_network=FILE] [--images=10000] [--size=64]

A DCGAN with random weights against as many real images (of noise: what they show changes no cost), by all figures of a
judge of classes or, with --feature_network, by those of the network; each with its progress bar, as in --mode=evaluate.
"""

import argparse
import dataclasses
import resource
import time

import numpy as np

from benchmarks.machine import print_machine
from engine.memory import keep_freed_memory
from models.core.preset import import_name
from models.registry import PRESETS

CLASSES = 10
# Evaluators that are the same for all families of images.
EVALUATORS = {
    "judge": ("evaluation.distances.JudgeDistances", "evaluation.distances.JudgeManifold"),
    "network": (
        "evaluation.distances.FeatureDistances",
        "evaluation.distances.FeatureManifold",
        "evaluation.distances.NetworkScore",
    ),
}
ALWAYS = ("evaluation.images.ImageDiversity", "evaluation.memorization.Memorization")


def outputs_of(images: int, size: int, network: str):
    """What the evaluators look at, and on what data."""
    from evaluation.evaluator import Data
    from evaluation.features import feature_network
    from evaluation.images import ImageOutputs
    from models.generation.latent import latents
    from models.judges.judge import ClassJudge
    from pipelines.examples import LabeledImages
    from serving.latents import LatentSampler

    config = dataclasses.replace(PRESETS["dcgan"].config, image_size=size, channels=3)
    model = import_name(PRESETS["dcgan"].model)(config)
    sampler = LatentSampler(model.generator, latents(config))
    rng = np.random.default_rng(0)
    real, training = (rng.integers(0, 256, (images, size, size, 3), np.uint8) for _ in range(2))
    names = tuple(map(str, range(images)))
    labels = np.arange(images, dtype=np.int32) % CLASSES
    classes = tuple(map(str, range(CLASSES)))
    examples = LabeledImages(images=real, names=names, labels=labels, class_names=classes)
    judge = None
    if not network:
        judge = ClassJudge(
            dataclasses.replace(PRESETS["class_judge"].config, image_size=size, channels=3, value_counts=(CLASSES,))
        )
    data = Data(
        examples,
        "test",
        images,
        judge=judge,
        features=feature_network(network) if network else None,
        shows_progress=True,
        training=lambda: {"": training},
    )
    return ImageOutputs(sampler, data, 3, model), data


def main():
    """Print the seconds, their ratio, and the memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feature_network", default="", help="see main.py; default: a judge")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=64)
    given = parser.parse_args()
    keep_freed_memory()
    print_machine()
    outputs, data = outputs_of(given.images, given.size, given.feature_network)
    from evaluation.evaluator import measure

    start = time.perf_counter()
    outputs.generated  # noqa: B018 - drawn when it is first looked at
    drawing = time.perf_counter() - start
    start = time.perf_counter()
    names = EVALUATORS["network" if given.feature_network else "judge"]
    figures = measure([import_name(name)() for name in (*ALWAYS, *names)], outputs, data)
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{given.images:,} images of {given.size} pixels, {len(figures)} figures by "
        f"{given.feature_network or 'a judge'}: drawing {drawing:.1f} s, figures {seconds:.1f} s, "
        f"{seconds / drawing:.1f} times that; at most {memory:.2f} GiB"
    )


if __name__ == "__main__":
    main()
