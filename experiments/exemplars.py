"""The terms of a - b + c: which attributes they show, and samples that show them."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from experiments.result import NothingFoundError


@dataclasses.dataclass(frozen=True)
class Combination:
    """a - b + c = result; each is what its images show: attribute to value."""

    a: Mapping[int, int]
    b: Mapping[int, int]
    c: Mapping[int, int]
    result: Mapping[int, int]

    @property
    def groups(self) -> tuple[Mapping[int, int], ...]:
        """The terms, of which exemplars are needed."""
        return self.a, self.b, self.c


@dataclasses.dataclass(frozen=True)
class Judged:
    """Samples, with a judge's predictions for them.

    Attributes:
        latents: (n, Z).
        images: (n, s, s, c) in [-1, 1], generated from these.
        predicted: (n, A) integers, the value of each attribute.
    """

    latents: np.ndarray
    images: np.ndarray
    predicted: np.ndarray

    def rows(self, wanted: Mapping[int, int], count: int, random: np.random.Generator) -> np.ndarray:
        """(count,) rows that show the wanted values, drawn at random; NothingFoundError if there are fewer."""
        found = np.flatnonzero(matches(self.predicted, wanted))
        if len(found) < count:
            raise NothingFoundError(
                f"{count} samples must show {dict(wanted)}. Received: {len(found)} among {len(self.predicted)}"
            )
        return random.choice(found, count, replace=False)


def matches(predicted: np.ndarray, wanted: Mapping[int, int]) -> np.ndarray:
    """(n,) bool: which of (n, A) predictions have all the wanted values (attribute to value)."""
    return np.all([predicted[:, attribute] == value for attribute, value in wanted.items()], axis=0)


def frequent_combinations(
    predicted: np.ndarray, first: int, second: int, sizes: Sequence[int], minimum: int
) -> list[Combination]:
    """Values of two attributes for a - b + c, those first whose rarest term is predicted most often.

    The attributes are colors; the color of the first that is wanted in the result is neither color of the second, so
    that it can be recognized.

    Args:
        predicted: (n, A) values.
        first: the attribute in which a and b differ.
        second: the attribute whose value the result has from c.
        sizes: the number of values of each of the two.
        minimum: how often each term must be predicted.

    Returns:
        All with (a, a') - (b, a') + (b, c') = (a, c').
    """
    counts = np.array(
        [[matches(predicted, {first: one, second: two}).sum() for two in range(sizes[1])] for one in range(sizes[0])]
    )
    found = []
    for one, other in itertools.permutations(range(sizes[0]), 2):
        for kept, wanted in itertools.permutations(range(sizes[1]), 2):
            pairs = (one, kept), (other, kept), (other, wanted), (one, wanted)
            rarest = min(counts[pair] for pair in pairs[:3])
            if rarest >= minimum and one not in (kept, wanted):
                found.append((rarest, Combination(*({first: left, second: right} for left, right in pairs))))
    return [combination for _, combination in sorted(found, key=lambda item: -item[0])]
