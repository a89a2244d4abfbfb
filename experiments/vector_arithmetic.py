"""Arithmetic with latents: a - b + c (DCGAN, Radford et al. 2016, section 6.3.2 and figure 7).

The paper finds single latents unstable, and the mean of three exemplars of a concept stable. Here a judge counts how
often the arithmetic succeeds over many combinations, beside controls.
"""

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from experiments.exemplars import Combination, Judged, frequent_combinations, matches
from experiments.networks import compiled, images_of
from experiments.result import Finding, NothingFoundError
from experiments.subject import Subject
from panels.grids import SMALL_SIDE, grid, stacked, titled

SEARCHED, COMBINED = 6000, 500  # samples among which exemplars are searched; combinations at most
# Numbers of exemplars whose mean represents a concept; three in the paper and in the pictures.
EXEMPLAR_COUNTS = (1, 3, 10)
SHOWN_EXEMPLARS = 3
# Source: section 6.3.2, uniform noise of this scale makes the eight images around the result.
NOISE = 0.25
NEIGHBORS = 8


def run(subject: Subject) -> Finding:
    """On birds: wings of one color - wings of another + a body of another color."""
    judge, birds = subject.judge()
    names, values = birds.truth.attribute_names, birds.truth.attribute_values
    wing, breast = names.index("wing color"), names.index("breast color")
    latents = subject.latents(SEARCHED)
    images = images_of(subject.generator, latents)
    samples = Judged(latents, images, judge(images))
    sizes = [len(values[attribute]) for attribute in (wing, breast)]
    chosen = frequent_combinations(samples.predicted, wing, breast, sizes, max(EXEMPLAR_COUNTS))
    if not chosen:
        raise NothingFoundError(
            f"no combination of wing and breast colors was predicted often enough. Received: {SEARCHED:,} samples"
        )
    return vector_arithmetic(
        subject.generator,
        judge,
        samples,
        chosen[:COMBINED],
        names,
        lambda shown: f"{values[wing][shown[wing]]} wings, {values[breast][shown[breast]]} breast",
        seed=subject.seed,
    )


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
        judge: (n, s, s, c) images in [-1, 1] -> (n, A) integers, the predicted value of each attribute.
        samples: among which exemplars are found.
        combinations: at least one.
        attribute_names: of the A attributes.
        describe: the values that an image should show, in words.
        shown: how many combinations are drawn, from the first.
        seed: of the choice of exemplars, and of the noise in the pictures.

    Returns:
        Pictures "arithmetic_1", ...: of a combination, three exemplars of each term and their mean; the result in the
        middle of eight neighbors; the same in pixel space, of the means and of each exemplar. Figures: the number of
        "combinations", and the share of them in which the judge predicts the wanted values for the result, "all" of
        them and each attribute's, for "exemplars_1", "exemplars_3" and "exemplars_10"; "control" (ten exemplars of c,
        and ten random samples each for a and b); "in_pixels" (three exemplars); "random_samples".

    Raises:
        NothingFoundError: an exemplar is missing.
    """
    generate = compiled(generator)

    def draw(latents: np.ndarray) -> np.ndarray:
        return generate({"latent": latents})

    random, most = np.random.default_rng(seed), max(EXEMPLAR_COUNTS)
    # (combinations, a b c, exemplars) rows.
    rows = np.array([[samples.rows(wanted, most, random) for wanted in one.groups] for one in combinations])

    def accuracy(predicted: Sequence[np.ndarray]) -> dict[str, float]:
        """The share of predictions, (n, A) for each combination, that are those of its result, on average."""
        results = [one.result for one in combinations]
        expected = {"all": results} | {
            attribute_names[attribute].replace(" ", "_"): [{attribute: result[attribute]} for result in results]
            for attribute in results[0]
        }
        return {
            name: float(np.mean([matches(*pair).mean() for pair in zip(predicted, wanted, strict=True)]))
            for name, wanted in expected.items()
        }

    def of_latents(rows: np.ndarray) -> dict[str, float]:
        return accuracy(judge(draw(_combined(samples.latents[rows].mean(axis=2).swapaxes(0, 1))))[:, np.newaxis])

    figures = {"combinations": len(combinations)}
    for count in EXEMPLAR_COUNTS:
        figures[f"exemplars_{count}"] = of_latents(rows[..., :count])
    anything = random.integers(len(samples.latents), size=rows.shape)
    anything[:, 2] = rows[:, 2]
    figures["control"] = of_latents(anything)
    in_pixels = _combined(samples.images[rows[..., :SHOWN_EXEMPLARS]].mean(axis=2).swapaxes(0, 1)).clip(-1.0, 1.0)
    figures["in_pixels"] = accuracy(judge(in_pixels)[:, np.newaxis])
    figures["random_samples"] = accuracy([samples.predicted] * len(combinations))
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

    def row(images: np.ndarray) -> np.ndarray:
        return grid(images, SHOWN_EXEMPLARS + 1, SMALL_SIDE)

    panels = [
        titled(f"{sign}{describe(wanted)}; right: the mean", row(np.concatenate([shown, [mean]])))
        for sign, wanted, shown, mean in zip(("", "- ", "+ "), combination.groups, exemplars, images, strict=False)
    ]
    panels.append(titled(f"= {describe(combination.result)}?", grid(results, 3, SMALL_SIDE)))
    panels.append(titled("in pixel space: of the means, of each", row(in_pixels)))
    return stacked(panels)


def _combined(groups: np.ndarray) -> np.ndarray:
    """a - b + c of (3, ...)."""
    return groups[0] - groups[1] + groups[2]
