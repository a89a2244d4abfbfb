"""Arithmetic with latents: a - b + c (DCGAN, Radford et al. 2016, section 6.3.2 and figure 7).

Single latents are unstable, says the paper, and the mean of three exemplars of a concept is not. Here a judge counts
that over many combinations, beside controls.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from experiments.networks import compiled
from experiments.panels import grid, titled
from experiments.result import Finding, NothingFoundError
from panels.grids import stacked

# How many exemplars, whose mean stands for a concept, are compared; three in the paper and in the pictures.
EXEMPLAR_COUNTS = (1, 3, 10)
SHOWN_EXEMPLARS = 3
# Source: section 6.3.2, uniform noise of this scale makes the eight images around the result.
NOISE = 0.25
NEIGHBORS = 8


@dataclasses.dataclass(frozen=True)
class Combination:
    """a - b + c = result; each is what its images show: attribute to value."""

    a: Mapping[int, int]
    b: Mapping[int, int]
    c: Mapping[int, int]
    result: Mapping[int, int]

    @property
    def groups(self) -> tuple[Mapping[int, int], ...]:
        """What exemplars are looked for of."""
        return self.a, self.b, self.c


@dataclasses.dataclass(frozen=True)
class Judged:
    """Samples, with what a judge sees in them.

    Attributes:
        latents: (n, Z).
        images: (n, s, s, c) in [-1, 1], of these.
        seen: (n, A) integers, the value of each attribute.
    """

    latents: np.ndarray
    images: np.ndarray
    seen: np.ndarray

    def rows(self, wanted: Mapping[int, int], count: int, random: np.random.Generator) -> np.ndarray:
        """(count,) some that show what is wanted, drawn at random; NothingFoundError if there are fewer."""
        found = np.flatnonzero(matches(self.seen, wanted))
        if len(found) < count:
            raise NothingFoundError(
                f"{count} samples must show {dict(wanted)}. Received: {len(found)} among {len(self.seen)}"
            )
        return random.choice(found, count, replace=False)


def matches(seen: np.ndarray, wanted: Mapping[int, int]) -> np.ndarray:
    """(n,) bool: which of (n, A) values seen have all that is wanted (attribute to value)."""
    return np.all([seen[:, attribute] == value for attribute, value in wanted.items()], axis=0)


def vector_arithmetic(
    generator: keras.Model,
    judge: Callable[[np.ndarray], np.ndarray],
    samples: Judged,
    combinations: Sequence[Combination],
    attribute_names: Sequence[str],
    describe: Callable[[Mapping[int, int]], str],
    shown: int = 3,
    seed: int = 0,
) -> Finding:
    """mean(a) - mean(b) + mean(c), beside the same arithmetic with pixels.

    Args:
        generator: (n, Z) latents to images.
        judge: (n, s, s, c) images in [-1, 1] -> (n, A) integers, the value of each attribute.
        samples: among which exemplars are found.
        combinations: at least one.
        attribute_names: of the A attributes.
        describe: what an image shall show, in words.
        shown: how many combinations are drawn, from the first.
        seed: of the choice of exemplars, and of the noise in the pictures.

    Returns:
        Pictures "arithmetic_1", ...: of a combination, three exemplars and the mean of each group; the result in the
        middle of eight neighbors; in pixels, the means' result and each exemplar's own. Figures: how many combinations,
        and in what share of them the result shows what it should, in "all" and in each attribute: by number of
        exemplars; the "control", ten exemplars of c with ten random samples each for a and b; "in pixels", three
        exemplars; "random samples".

    Raises:
        NothingFoundError: an exemplar is missing.
    """
    run = compiled(generator)

    def draw(latents: np.ndarray) -> np.ndarray:
        return run({"latent": latents})

    random, most = np.random.default_rng(seed), max(EXEMPLAR_COUNTS)
    # (combinations, a b c, exemplars) rows.
    rows = np.array([[samples.rows(wanted, most, random) for wanted in one.groups] for one in combinations])

    def shares(seen: Sequence[np.ndarray]) -> dict[str, float]:
        """Of what is seen, (n, A) for each combination, how much is as its result should be, on average."""
        results = [one.result for one in combinations]
        asked = {"all": results} | {
            attribute_names[attribute]: [{attribute: result[attribute]} for result in results]
            for attribute in results[0]
        }
        return {
            name: float(np.mean([matches(*pair).mean() for pair in zip(seen, wanted, strict=True)]))
            for name, wanted in asked.items()
        }

    def of_latents(rows: np.ndarray) -> dict[str, float]:
        return shares(judge(draw(_combined(samples.latents[rows].mean(axis=2).swapaxes(0, 1))))[:, np.newaxis])

    figures = {"combinations": len(combinations)}
    for count in EXEMPLAR_COUNTS:
        figures[f"exemplars: {count}"] = of_latents(rows[..., :count])
    anything = random.integers(len(samples.latents), size=rows.shape)
    anything[:, 2] = rows[:, 2]
    figures["control"] = of_latents(anything)
    in_pixels = _combined(samples.images[rows[..., :SHOWN_EXEMPLARS]].mean(axis=2).swapaxes(0, 1)).clip(-1.0, 1.0)
    figures["in pixels"] = shares(judge(in_pixels)[:, np.newaxis])
    figures["random samples"] = shares([samples.seen] * len(combinations))
    pictures = {
        f"arithmetic_{number}": _picture(draw, samples, combination, rows[number - 1], describe, seed)
        for number, combination in enumerate(combinations[:shown], 1)
    }
    return Finding(pictures, figures)


def _picture(
    draw: Callable[[np.ndarray], np.ndarray],
    samples: Judged,
    combination: Combination,
    rows: np.ndarray,
    describe: Callable[[Mapping[int, int]], str],
    seed: int,
) -> np.ndarray:
    """One combination, of which `rows` are the exemplars: (h, w, 3) uint8."""
    rows = rows[:, :SHOWN_EXEMPLARS]
    means = samples.latents[rows].mean(axis=1)
    noise = np.random.default_rng(seed).uniform(-NOISE, NOISE, (NEIGHBORS + 1, means.shape[1])).astype(np.float32)
    noise[NEIGHBORS // 2] = 0.0
    images = draw(np.concatenate([means, _combined(means) + noise]))
    exemplars, results = samples.images[rows], images[len(means) :]
    in_pixels = np.concatenate([_combined(exemplars.mean(axis=1))[np.newaxis], _combined(exemplars)]).clip(-1.0, 1.0)
    panels = [
        titled(f"{sign}{describe(wanted)}; last their mean", grid(np.concatenate([shown, [mean]]), SHOWN_EXEMPLARS + 1))
        for sign, wanted, shown, mean in zip(("", "- ", "+ "), combination.groups, exemplars, images, strict=False)
    ]
    panels.append(titled(f"= {describe(combination.result)}?", grid(results, 3)))
    panels.append(titled("the same in pixels: of the means, of each", grid(in_pixels, SHOWN_EXEMPLARS + 1)))
    return stacked(panels)


def _combined(groups: np.ndarray) -> np.ndarray:
    """a - b + c of (3, ...)."""
    return groups[0] - groups[1] + groups[2]
