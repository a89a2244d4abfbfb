"""The figures of a text-to-image run: what `--mode=evaluate` measures."""

import pathlib
from collections.abc import Callable

import numpy as np

from metrics.frechet import frechet_distance
from metrics.text_to_image import attribute_figures, diversity_figures
from pipelines.examples import CaptionedImages, DataError
from pipelines.images import center_crop, to_float
from serving.sampler import Sampler
from tasks.text_encoder import caption_counts

# Diversity: how many captions (and classes), and how many pictures of each.
GROUPS, PICTURES = 20, 20


class Scores:
    """One picture for each of some captions of the test split, and what is measured on them.

    Args:
        sampler: draws.
        examples: the test split.
        config: of the run.
        request: how many captions, the seed.
        embeddings: names -> their embeddings, for a sampler without a text encoder.
    """

    def __init__(
        self,
        sampler: Sampler,
        examples: CaptionedImages,
        config,
        request,
        embeddings: Callable[[list[str]], list[np.ndarray]],
    ):
        self.sampler, self.examples, self.image_size = sampler, examples, config.image_size
        self.seed = request.sample_seed
        self.rng = np.random.default_rng(self.seed)
        self.chosen = self.choose(request.num_captions)
        self.texts = self.embed(embeddings)
        latents = sampler.latents(len(self.texts), self.seed).numpy()
        self.generated = self.draw(self.texts, latents)
        self.real = self.photographs(self.chosen[:, 0])

    def choose(self, wanted: int) -> np.ndarray:
        """(n, 2) examples and captions to score: each image once at most, one caption of it."""
        count = min(wanted, len(self.examples))
        images = self.rng.permutation(len(self.examples))[:count]
        counts = caption_counts(self.examples)[images]
        return np.stack([images, (self.rng.random(count) * counts).astype(int)], axis=1)

    def embed(self, embeddings: Callable[[list[str]], list[np.ndarray]]) -> np.ndarray:
        """(n, D) embeddings of the chosen captions."""
        if self.sampler.encoder is not None:
            return self.sampler.encoder.embed_all(
                [self.examples.captions[row][caption] for row, caption in self.chosen]
            )
        found = embeddings([self.examples.names[row] for row, _ in self.chosen])
        return np.stack([rows[caption % len(rows)] for rows, (_, caption) in zip(found, self.chosen, strict=True)])

    def draw(self, texts: np.ndarray, latents: np.ndarray) -> np.ndarray:
        """(n, side, side, 3) pictures in [-1, 1]."""
        return np.asarray(to_float(self.sampler.sample(texts, latents)))

    def photographs(self, rows: np.ndarray) -> np.ndarray:
        """(n, side, side, 3) real images in [-1, 1]."""
        return np.asarray(to_float(center_crop(np.asarray(self.examples.images[rows]), self.image_size)))

    def diversity(self) -> dict[str, float]:
        """How much samples of one caption differ, beside how much real images of one class do."""
        samples = []
        for text in self.texts[:GROUPS]:
            latents = self.sampler.latents(PICTURES, int(self.rng.integers(2**31))).numpy()
            samples.append(self.draw(np.repeat(text[np.newaxis], PICTURES, axis=0), latents))
        labels = self.examples.labels
        # Where no class has two images, all images are compared.
        if labels is None or len(np.unique(labels)) == len(labels):
            labels = np.zeros(len(self.examples), int)
        names, sizes = np.unique(labels, return_counts=True)
        classes = (np.flatnonzero(labels == label)[:PICTURES] for label in names[sizes > 1][:GROUPS])
        return diversity_figures(samples, [self.photographs(rows) for rows in classes])

    def named_attributes(self, judge: Callable[[np.ndarray], np.ndarray]) -> dict[str, float]:
        """Of the attributes that captions name, the share that the judge sees; with ceiling and floor."""
        return attribute_figures(judge, self.generated, self.real, self.chosen, self.examples.truth, self.rng)

    def frechet(self, network: Callable[[np.ndarray], np.ndarray], path: str) -> dict[str, object]:
        """The Frechet distance between generated and real images on a network's features, with its protocol."""
        try:
            distance = frechet_distance(network(self.generated), network(self.real))
        except ValueError as error:
            # Too few images, or features that are not numbers.
            raise DataError(f"no Frechet distance on {path}: {error}") from error
        return {
            "features": pathlib.Path(path).name,
            "generated images": len(self.generated),
            "real images": len(self.real),
            "split": "test",
            "seed": self.seed,
            "distance": float(distance),
        }
