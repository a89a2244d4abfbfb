"""Two stages: what does the second add to the first one's pictures, enlarged, of the same captions and noise?"""

import functools

import numpy as np

from evaluation.captions import CaptionOutputs
from evaluation.distances import FRECHET, JudgeDistances, seen
from evaluation.evaluator import Evaluator
from evaluation.judges import judge_all, judge_extractor
from evaluation.levels import laplacian_energy
from evaluation.names import JUDGE
from metrics.text_to_image import attribute_accuracy, diversity_figures
from models.text_to_image.stackgan_networks import upsampled_first_stage
from serving.captions import CaptionSampler

# Of the keys of the first stage's pictures.
FIRST = "of_first_stage"


class StageOutputs(CaptionOutputs):
    """A picture for each of some captions, by both stages."""

    @functools.cached_property
    def first(self) -> CaptionOutputs:
        """The pictures of the same captions and noise by the first stage alone, enlarged by bilinear interpolation."""
        sampler = CaptionSampler(upsampled_first_stage(self.sampler.generator), self.sampler.encoder, self.sampler.step)
        return CaptionOutputs(sampler, self.data, self.image_size, self.embeddings)


class Stages(Evaluator):
    """Of pictures by the first stage alone: detail, diversity, and what a judge says of them; the second stage's detail
    and that of real images beside it. What else is measured of both stages is the other evaluators'.
    """

    needs = frozenset({"stages"})

    def measure(self, outputs, data):
        """Detail is what an image loses when it is made coarser by half and enlarged again."""
        first = outputs.first
        yield "laplacian_energy", laplacian_energy(outputs.generated)
        yield "laplacian_energy_of_real", laplacian_energy(outputs.real)
        yield f"laplacian_energy_{FIRST}", laplacian_energy(first.generated)
        groups = ([images[:] for images in group] for group in (first.of_captions, first.of_classes))
        yield f"diversity_within_caption_{FIRST}", diversity_figures(*groups)["diversity_within_caption"]
        if data.judge is not None:
            yield from self.judged(outputs, data)

    def judged(self, outputs: StageOutputs, data):
        """Named attributes, of a judge of these, and its Fréchet distance."""
        first = outputs.first
        if {"attributes", "attribute_judge"} <= data.has:
            truth, (rows, captions) = data.examples.truth, outputs.chosen.T
            shares = attribute_accuracy(
                judge_all(data.judge, first.generated),
                truth.attributes[rows],
                truth.mentions[rows, captions],
                truth.attribute_names,
            )
            if shares:
                yield f"named_attributes_{FIRST}", float(np.mean(list(shares.values())))
            for group, share in shares.items():
                yield f"named_{group}_{FIRST}", share
        extractor = judge_extractor(data.judge)
        real, made = seen(outputs, "real", extractor, data), seen(first, "generated", extractor, data)
        yield f"{JUDGE.key(FRECHET)}_{FIRST}", JudgeDistances().distance(made, real, extractor.name)
