"""Renders the dataset's examples on all cores, in worker processes that never import TensorFlow.

The workers are plain `python -m pipelines.birds.rendering` processes that write pickled chunks of examples to their
standard output. A process pool would not work: forking is unsafe once TensorFlow runs its threads, and a spawned pool
imports the caller's main module again in every worker, including TensorFlow.
"""

import contextlib
import dataclasses
import io
import json
import os
import pathlib
import pickle
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
from PIL import Image

from pipelines.birds.drawing import draw
from pipelines.birds.grammar import captions
from pipelines.birds.scene import (
    SPECIES,
    TRAIN_SPECIES,
    UNSEEN_SPECIES,
    make_species,
    random_scene,
    varied_species,
)
from pipelines.birds.views import VIEWS

CAPTIONS_PER_IMAGE = 10
SPECIES_OF_SPLIT = {
    "train": range(TRAIN_SPECIES),
    "test": range(TRAIN_SPECIES, TRAIN_SPECIES + UNSEEN_SPECIES),
    # As many species as pictures, for classifiers of attributes.
    "varied": range(SPECIES, SPECIES + 12_000),
}


@dataclasses.dataclass(frozen=True)
class Job:
    """The examples to render.

    Attributes:
        split: a key of `SPECIES_OF_SPLIT`.
        image_size: width and height of the images in pixels.
        images_per_class: number of pictures of each species.
        seed: non-negative; the same seed gives the same species, scenes and captions.
        view: which other view is drawn in addition to the photograph, a key of `views.VIEWS`; "" for none.
    """

    split: str
    image_size: int
    images_per_class: int
    seed: int
    view: str = ""

    @property
    def species(self) -> range:
        """The numbers of the species of this split."""
        return SPECIES_OF_SPLIT[self.split]

    def __len__(self) -> int:
        return len(self.species) * self.images_per_class


def species_name(number: int) -> str:
    """Returns the name of a species, e.g. "species_017"."""
    return f"species_{number:03}"


def png(picture: Image.Image) -> bytes:
    """Returns a picture as the bytes of a PNG file."""
    file = io.BytesIO()
    picture.save(file, "png", compress_level=1)
    return file.getvalue()


def render_species(job: Job, number: int) -> list[dict]:
    """Returns the examples of one species, which depend only on the arguments.

    Returns:
        For each picture a dict: "name" and "label" (both strings), "image" (PNG bytes), "captions" (10 strings),
        "view" (PNG bytes, if the job asks for one), "attributes" ((A,) int32), "style" ((S,) float32), "mentions"
        ((10, A) bool).
    """
    species = make_species(job.seed)[number] if number < SPECIES else varied_species(job.seed, number)
    examples = []
    for index in range(job.images_per_class):
        # Each picture has its own generator, so that it depends neither on the workers nor on the number of pictures.
        rng = np.random.default_rng([job.seed, number, index])
        scene = random_scene(species, rng)
        texts, mentions = captions(species, rng, CAPTIONS_PER_IMAGE)
        examples.append(
            {
                "name": f"{species_name(number)}/{species_name(number)}_{index:04}",
                "label": species_name(number),
                "image": png(draw(scene, job.image_size)),
                **({"view": png(VIEWS[job.view](scene, job.image_size))} if job.view else {}),
                "captions": texts,
                "attributes": species.attributes(),
                "style": scene.style(),
                "mentions": mentions,
            }
        )
    return examples


def render(job: Job, workers: int | None = None) -> Iterator[dict]:
    """Yields all examples of a split in order: by species, then by picture.

    Args:
        job: the examples to render.
        workers: number of processes; by default one per core. It does not change the result.

    Raises:
        RuntimeError: a worker died. Its messages are on the standard error stream.
    """
    workers = min(workers or os.cpu_count() or 1, len(job.species))
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(_worker(job, share, workers)) for share in range(workers)]
        for position, number in enumerate(job.species):
            process = processes[position % workers]
            try:
                # Safe to unpickle: the stream comes from our own child process.
                yield from pickle.load(process.stdout)
            except EOFError:
                raise RuntimeError(
                    f"a process that renders birds ended early, at {species_name(number)}, "
                    f"with exit code {process.wait()}"
                ) from None


@contextlib.contextmanager
def _worker(job: Job, share: int, workers: int) -> Iterator[subprocess.Popen]:
    """Runs a process that renders every `workers`-th species, and ends it however the caller leaves."""
    root = str(pathlib.Path(__file__).resolve().parents[2])
    search_path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", __name__, json.dumps(dataclasses.asdict(job)), str(share), str(workers)]
    environment = {**os.environ, "PYTHONPATH": search_path}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def _main(job: str, share: str, workers: str) -> None:
    """Writes the chunks of one worker; ends quietly when the reader is gone."""
    requested = Job(**json.loads(job))
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        for number in requested.species[int(share) :: int(workers)]:
            pickle.dump(render_species(requested, number), sys.stdout.buffer)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main(*sys.argv[1:])
