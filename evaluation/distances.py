"""How near generated images are to real ones in the features of a network: one that the user names, or the judge.

A network sees each image once, for all evaluators. Keys and protocol name the network (`evaluation.names`).
"""

from collections.abc import Iterator

import numpy as np

from evaluation.evaluator import HIGHER, LOWER, Data, Evaluator, Outputs
from evaluation.extractor import Extracted, Extractor, extract, extract_once
from evaluation.judges import judge_extractor
from evaluation.names import FRECHET, JUDGE, KERNEL, SCORE, NetworkName
from metrics.classes import class_score
from metrics.frechet import frechet_distance, moments_distance
from metrics.kernel import SUBSETS, kernel_distance, subset_size
from metrics.manifold import NEIGHBORS, manifold_figures
from pipelines.examples import DataError

SPLITS = 10
# Of what is repeated to see how much a figure depends on the draw.
DEVIATION = "deviation"


class ByNetwork(Evaluator):
    """Figures by a network.

    Attributes:
        by_judge: whether that is the judge; otherwise it is the one that the user names.
        higher_figures: figures of which a higher value is better, without the network's name.
        lower_figures: those of which a lower one is.
        prefixes: of the keys, where a model makes images in several ways (`Outputs.compared`).
    """

    needs = frozenset({"feature_network"})
    by_judge = False
    higher_figures: tuple[str, ...] = ()
    lower_figures: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ("",)

    def comparable(self, network=None):
        """The figures under the network's name."""
        name = JUDGE if self.by_judge else network
        if name is None:
            return {}
        figures = dict.fromkeys(self.higher_figures, HIGHER) | dict.fromkeys(self.lower_figures, LOWER)
        return {f"{prefix}{name.key(key)}": better for key, better in figures.items() for prefix in self.prefixes}

    def extractor(self, data: Data) -> Extractor:
        """The network."""
        return judge_extractor(data.judge) if self.by_judge else data.features

    def measure(self, outputs, data):
        """For each way in which images are made."""
        extractor = self.extractor(data)
        for prefix, compared in outputs.compared().items():
            for figure, value in self.figures(compared, extractor, data):
                yield f"{prefix}{key_of(extractor.name, figure)}", value

    def figures(self, compared: Outputs, extractor: Extractor, data: Data) -> Iterator[tuple[str, float]]:
        """Yield (figure, number)."""
        raise NotImplementedError


def key_of(name: NetworkName, figure: str) -> str:
    """The key of a figure, with what it is of behind the network's name for it: "kid_deviation"."""
    first, *rest = figure.split(" ")
    return "_".join([name.key(first), *rest])


def seen(compared: Outputs, side: str, extractor: Extractor, data: Data) -> Extracted:
    """What the network gives of the "generated" or "real" images, each of which it sees once."""
    key = (extractor.name, side)
    if key not in compared.extracted:
        title = f"{side} images" if data.shows_progress else ""
        images = getattr(compared, side)
        is_real = side == "real"
        try:
            found = extract_once(extractor, images, title, data.cache) if is_real else extract(extractor, images, title)
        except ValueError as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"no distance on {extractor.name.name}: {error}") from error
        compared.extracted[key] = found
    return compared.extracted[key]


def shuffled(rows: np.ndarray) -> np.ndarray:
    """In a fixed random order: files may be sorted by class."""
    return rows[np.random.default_rng(0).permutation(len(rows))]


class FeatureDistances(ByNetwork):
    """The Frechet distance, and the kernel distance, which few images do not bias."""

    lower_figures = (FRECHET, KERNEL)

    def protocol(self, outputs, data):
        """What the distances are called, and the subsets of the kernel distance."""
        protocol = {}
        if not self.by_judge:
            name = data.features.name
            protocol["distances"] = f"{name.title(FRECHET)}, {name.title(KERNEL)}"
        sizes = {self.size(compared, data) for compared in outputs.compared().values()}
        return protocol | {"kernel_subsets": f"{SUBSETS} of {' and '.join(map(str, sorted(sizes)))}"}

    def size(self, compared, data) -> int:
        """Images of a subset."""
        extractor = self.extractor(data)
        return subset_size(*(len(seen(compared, side, extractor, data).rows) for side in ("generated", "real")))

    def distance(self, generated: Extracted, real: Extracted, name: NetworkName) -> float:
        """The Frechet distance; DataError where it is not defined: too few images."""
        try:
            if generated.is_whole and real.is_whole:
                return frechet_distance(generated.rows, real.rows)
            return moments_distance(generated.moments, real.moments)
        except ValueError as error:
            raise DataError(f"no Frechet distance on {name.name}: {error}") from error

    def figures(self, compared, extractor, data):
        """Beside the Frechet distance of two halves of the real images."""
        generated, real = (seen(compared, side, extractor, data) for side in ("generated", "real"))
        # Of one image there is no distance, which only who names a network has asked for.
        if self.by_judge and min(len(generated.rows), len(real.rows)) < 2:
            return
        yield FRECHET, self.distance(generated, real, extractor.name)
        # Of a few held-out images there are no two halves of two.
        if len(real.rows) > 3:
            halves = np.array_split(shuffled(real.rows), 2)
            yield f"{FRECHET} of real", frechet_distance(*halves)
        if (size := self.size(compared, data)) > 1:
            mean, deviation = kernel_distance(generated.rows, real.rows, size=size, seed=data.seed)
            yield KERNEL, mean
            yield f"{KERNEL} {DEVIATION}", deviation


class FeatureManifold(ByNetwork):
    """Precision, recall, density and coverage: do samples look real, and are all kinds of real images among them?"""

    higher_figures = ("precision", "recall", "density", "coverage")

    def protocol(self, outputs, data):
        """Which neighbor the balls reach to."""
        return {"neighbors": NEIGHBORS}

    def figures(self, compared, extractor, data):
        """Nothing of so few images that none has so many neighbors."""
        real, generated = (seen(compared, side, extractor, data).rows for side in ("real", "generated"))
        if min(len(real), len(generated)) > NEIGHBORS:
            yield from manifold_figures(real, generated).items()


class NetworkScore(ByNetwork):
    """The inception score (Salimans et al. 2016, section 4) by the classes of the network; IS on the 2015 graph."""

    needs = frozenset({"feature_network", "class_probabilities"})
    higher_figures = (SCORE,)

    def protocol(self, outputs, data):
        """In how many parts."""
        counts = {len(compared.generated) for compared in outputs.compared().values()}
        return {"score": data.features.name.title(SCORE), "score_splits": max(map(splits_of, counts))}

    def figures(self, compared, extractor, data):
        """Mean and deviation over the parts, beside the score of real images."""
        for side, suffix in (("generated", ""), ("real", " of real")):
            probabilities = seen(compared, side, extractor, data).probabilities
            mean, deviation = class_score(probabilities, splits_of(len(probabilities)))
            yield f"{SCORE}{suffix}", mean
            if not suffix:
                yield f"{SCORE} {DEVIATION}", deviation


def splits_of(count: int) -> int:
    """Ten parts, as published; fewer of very few images."""
    return min(SPLITS, max(count // 5, 1))


class JudgeDistances(FeatureDistances):
    """The same on the judge's last hidden layer."""

    needs, by_judge = frozenset({"judge"}), True


class JudgeManifold(FeatureManifold):
    """The same on the judge's last hidden layer."""

    needs, by_judge = frozenset({"judge"}), True
