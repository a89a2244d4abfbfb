"""Datasets whose every image says which one it is, runs that were never trained, and a look at what is scored."""

import dataclasses

import numpy as np

from engine.command import Evaluate
from engine.experiment import Experiment
from engine.record import run_record
from engine.run import Run
from evaluation.evaluator import Evaluator
from models.registry import PRESETS
from pipelines.examples import CaptionedImages, LabeledImages, PairedImages, UnpairedImages
from pipelines.readers.points import load_normal
from pipelines.registry import DATASETS
from tests.worlds import ground_truth, tiny

# An image is of one tone: of the training split from 20, of the test split from 120. That of a counterpart is higher.
TRAIN, TEST, COUNTERPART = 20, 120, 60
COUNTS = {TRAIN: 24, TEST: 18}


def solid(tones, side, channels=3):
    """(n, side, side, channels) uint8, each of one tone."""
    return np.broadcast_to(np.asarray(tones, np.uint8)[:, None, None, None], (len(tones), side, side, channels))


def first_tone(split: str) -> int:
    return TEST if split == "test" else TRAIN


def marked(dataset: str, split: str, side: int, *arguments):
    """Stands in for `pipelines.registry.load`."""
    gives, first = DATASETS[dataset].gives, first_tone(split)
    if "points" in gives:
        return load_normal(split, side, "", "")
    count = COUNTS[first]
    tones = first + np.arange(count)
    names = tuple(f"{split} {tone}" for tone in tones)
    if "pairs" in gives:
        return PairedImages(solid(tones, side), solid(tones + COUNTERPART, side), names)
    if "unpaired" in gives:
        shorter = tones[3:]
        others = tuple(f"{split} {tone + COUNTERPART}" for tone in shorter)
        return UnpairedImages(solid(tones, side), solid(shorter + COUNTERPART, side), names, others)
    labels, class_names = (np.arange(count) % 3).astype(np.int32), ("class 0", "class 1", "class 2")
    if "captions" not in gives:
        return LabeledImages(images=solid(tones, side, 1), names=names, labels=labels, class_names=class_names)
    captions = tuple((f"bird {tone}", f"a bird {tone}") for tone in tones)
    truth = ground_truth(labels, 2)
    images = solid(tones, side)
    return CaptionedImages(
        images=images, names=names, labels=labels, class_names=class_names, captions=captions, truth=truth
    )


def run_of(model: str, dataset: str, folder, encoder, **changes) -> Run:
    """A run in `folder`."""
    if "text_encoder" in {field.name for field in dataclasses.fields(PRESETS[model].config)}:
        changes.setdefault("text_encoder", str(encoder))
    return Run(Experiment(model, dataset, tiny(model, **changes), str(folder)))


def built(run: Run):
    """The untrained model of a run that has a record, with weights large enough for pictures of many tones."""
    prepared = run.parts.prepare(run.splits.train)
    run.folder.make()
    run.folder.write_record(run_record(run.experiment, prepared.config, prepared.data, {}, 1, 0.0))
    model = run.build(prepared)
    rng = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign_add(rng.normal(0, 0.3, variable.shape))
    run.parts.begin()
    return model


class Look(Evaluator):
    """Remembers what the evaluators of a run are shown."""

    def measure(self, outputs, data):
        self.outputs, self.data = outputs, data
        return iter(())


def look_at(run: Run) -> Look:
    """A look in the place of a run's evaluators."""
    look = Look()
    run.evaluators = [look]
    return look


def tones_of(images: np.ndarray) -> list[int]:
    """The tone of each image of one tone: uint8, or floats in [-1, 1]."""
    images = images[:]
    pixels = images if images.dtype == np.uint8 else np.rint((images + 1) * 127.5).astype(int)
    flat = pixels.reshape(len(pixels), -1)
    assert (flat == flat[:, :1]).all(), "an image is of more than one tone"
    return flat[:, 0].tolist()


COMMAND = Evaluate(num_captions=60, num_samples=60)
