"""Captions of a split to pictures: how diverse, how near real ones, and do they show what the captions name?"""

import functools
from collections.abc import Callable

import numpy as np

from evaluation.drawing import draw
from evaluation.evaluator import Data, Evaluator, Outputs
from evaluation.judges import judge_all
from metrics.text_to_image import GROUPS, attribute_figures, diversity_figures
from pipelines.images import FloatImages, center_crop
from serving.captions import CaptionSampler

# Diversity: how many captions (and classes), and how many pictures of each.
CAPTIONS, PICTURES = 20, 20
# Pictures that are drawn at a time, where a bar is shown: fifteen batches.
DRAWN = 960


class CaptionOutputs(Outputs):
    """One picture for each of some captions of the split.

    Args:
        sampler: draws.
        data: `examples` are captioned images; `count` is how many captions are drawn.
        image_size: of the pictures, pixels.
        embeddings: names of images -> the embeddings of their captions, for a sampler without a text encoder.
    """

    def __init__(
        self,
        sampler: CaptionSampler,
        data: Data,
        image_size: int,
        embeddings: Callable[[list[str]], list[np.ndarray]],
    ):
        self.sampler, self.data, self.image_size, self.embeddings = sampler, data, image_size, embeddings

    def protocol(self):
        """Captions, each with one generated picture and the real one that it belongs to."""
        return {"captions": len(self.chosen), "generated": len(self.generated), "real": len(self.real)}

    @functools.cached_property
    def chosen(self) -> np.ndarray:
        """(n, 2) examples and captions to measure: each image once at most, one caption of it."""
        examples = self.data.examples
        rng, count = np.random.default_rng(self.data.seed), min(self.data.count, len(examples))
        images = rng.permutation(len(examples))[:count]
        counts = np.array([len(examples.captions[row]) for row in images])
        return np.stack([images, (rng.random(count) * counts).astype(int)], axis=1)

    @functools.cached_property
    def texts(self) -> np.ndarray:
        """(n, D) embeddings of the chosen captions."""
        examples = self.data.examples
        if self.sampler.encoder is not None:
            return self.sampler.embed([examples.captions[row][caption] for row, caption in self.chosen])
        found = self.embeddings([examples.names[row] for row, _ in self.chosen])
        return np.stack([rows[caption % len(rows)] for rows, (_, caption) in zip(found, self.chosen, strict=True)])

    @functools.cached_property
    def generated(self) -> FloatImages:
        """(n, side, side, 3) pictures in [-1, 1]."""
        return draw(self.sampler, {"embeddings": self.texts}, len(self.texts), self.data, DRAWN)

    @functools.cached_property
    def real(self) -> FloatImages:
        """(n, side, side, 3) the real images of the chosen captions, in [-1, 1]."""
        return self.photographs(self.chosen[:, 0])

    @functools.cached_property
    def of_captions(self) -> list[FloatImages]:
        """Some pictures of each of some captions."""
        rng = np.random.default_rng([self.data.seed, 1])
        return [
            self.pictures(np.repeat(text[np.newaxis], PICTURES, axis=0), int(rng.integers(2**31)))
            for text in self.texts[:CAPTIONS]
        ]

    @functools.cached_property
    def of_classes(self) -> list[FloatImages]:
        """Some real images of each of some classes; where no class has two images, of all."""
        labels = self.data.examples.labels
        if labels is None or len(np.unique(labels)) == len(labels):
            labels = np.zeros(len(self.data.examples), int)
        names, sizes = np.unique(labels, return_counts=True)
        classes = (np.flatnonzero(labels == label)[:PICTURES] for label in names[sizes > 1][:CAPTIONS])
        return [self.photographs(rows) for rows in classes]

    def alike(self) -> dict[str, list[FloatImages]]:
        """The pictures of each caption, and the real images of each class."""
        return {"ms_ssim_within_caption": self.of_captions, "ms_ssim_within_class_of_real": self.of_classes}

    def pictures(self, texts: np.ndarray, seed: int) -> FloatImages:
        """(n, side, side, 3) pictures of embeddings, in [-1, 1]."""
        return FloatImages(self.sampler.draw({"embeddings": texts}, seed))

    def photographs(self, rows: np.ndarray) -> FloatImages:
        """(n, side, side, 3) real images in [-1, 1]."""
        return FloatImages(center_crop(np.asarray(self.data.examples.images[rows]), self.image_size))


class CaptionDiversity(Evaluator):
    """How much samples of one caption differ, beside how much real images of one class do."""

    def measure(self, outputs, data):
        """Mean pairwise distances."""
        groups = ([images[:] for images in group] for group in (outputs.of_captions, outputs.of_classes))
        yield from diversity_figures(*groups).items()


class NamedAttributes(Evaluator):
    """Of the attributes that captions name, the share that the judge sees; with ceiling and floor."""

    needs = frozenset({"attributes", "judge"})
    higher = ("named_attributes",)

    def measure(self, outputs, data):
        """The mean over the groups of attributes, then each group by itself; of real images (the ceiling) and of
        shuffled captions (the floor) too. Nothing, where the captions name no attribute.
        """
        figures = attribute_figures(
            functools.partial(judge_all, data.judge),
            outputs.generated,
            outputs.real,
            outputs.chosen,
            data.examples.truth,
            np.random.default_rng([data.seed, 2]),
        )
        for suffix in ("", "_of_real", "_of_shuffled"):
            groups = [figures[f"{group}{suffix}"] for group in GROUPS if f"{group}{suffix}" in figures]
            if groups:
                yield f"named_attributes{suffix}", float(np.mean(groups))
        for key, value in figures.items():
            yield f"named_{key}", value
