"""How alike images are that were asked for in one way: MS-SSIM within a class, or of one caption."""

import numpy as np

from evaluation.evaluator import Evaluator
from metrics.similarity import multi_scale_similarity, similarity_scales

# Random pairs of each class (Odena et al. 2017, section 4.3), and of all classes together.
PAIRS, MOST_PAIRS = 100, 2000


class WithinClassSimilarity(Evaluator):
    """MS-SSIM of random pairs of one class (Odena et al. 2017, section 4.3). The outputs have `alike()`.

    A generator that ignores its noise comes near 1; noise itself near 0. Compare with the real images' value.
    """

    def protocol(self, outputs, data):
        """How many of the five scales images of this size have."""
        scales = {similarity_scales(*group.shape[1:3]) for groups in outputs.alike().values() for group in groups}
        return {"ms_ssim_scales": max(scales)} if any(scales) else {}

    def measure(self, outputs, data):
        """The mean over classes; nothing of images that are too small, or of which no class has two."""
        for number, (key, groups) in enumerate(outputs.alike().items()):
            groups = [group for group in groups if len(group) > 1 and similarity_scales(*group.shape[1:3])]
            rng, pairs = np.random.default_rng([data.seed, 3, number]), MOST_PAIRS // max(len(groups), 1)
            if groups:
                yield key, np.mean([within(group, min(max(pairs, 1), PAIRS), rng) for group in groups])


class ConditionalSimilarity(WithinClassSimilarity):
    """Of a generator that is asked for classes."""

    needs = frozenset({"condition"})


def within(images, pairs: int, rng: np.random.Generator) -> float:
    """The mean MS-SSIM of random pairs of different images."""
    left = rng.integers(len(images), size=pairs)
    right = (left + rng.integers(1, len(images), size=pairs)) % len(images)
    return float(multi_scale_similarity(images[left], images[right]).mean())
