"""What --mode=generate asks a model for, picture by picture: noise, labels, captions or embeddings."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

# Pictures that are drawn at once, always as many: a last batch that is not needed whole is drawn whole all the same, so
# that a picture does not depend on how many there are.
BATCH = 64
# Batches of embeddings in memory: 64 MiB of 1,024 numbers each.
_KEPT = 256


@dataclasses.dataclass(frozen=True)
class Asked:
    """Numbered pictures that a model is asked for.

    Attributes:
        draw: a batch's number -> (BATCH, h, w, c) uint8, its pictures; a function of that number alone.
        settings: by what it is decided, for the record of the folder: values of JSON.
        table: the name of the CSV file that says what each picture was asked for; "" where there is nothing to say.
        columns: of that table, after the first, which names the file.
        row: a picture's number -> its cells.
    """

    draw: Callable[[int], np.ndarray]
    settings: Mapping[str, object] = dataclasses.field(default_factory=dict)
    table: str = ""
    columns: tuple[str, ...] = ()
    row: Callable[[int], tuple] = lambda number: ()


def numbers_of(batch: int) -> np.ndarray:
    """(BATCH,) the numbers of the pictures of a batch."""
    return np.arange(BATCH * batch, BATCH * (batch + 1))


def in_rounds(counts: Sequence[int], seed: int) -> list[tuple[int, int]]:
    """(image, caption) of every caption of a split, in the order in which they are drawn.

    First one caption of every image in a random order, then the second one of each that has two, and so on: the first n
    pictures are of n different images, as far as there are as many.

    Args:
        counts: how many captions each image has.
        seed: of the order.
    """
    order = np.random.default_rng(seed).permutation(len(counts)).tolist()
    return [(image, turn) for turn in range(max(counts, default=0)) for image in order if turn < counts[image]]


def embedded(embed: Callable[[list[str]], np.ndarray], texts: list[str]) -> Callable[[Sequence[int]], np.ndarray]:
    """A function from rows of a list of texts to their embeddings, (n, D) float32.

    Texts are embedded when they are first asked for, always together with the same ones beside them: the last bits of
    an embedding may depend on the size of the batch in which it is computed.
    """

    @functools.lru_cache(maxsize=_KEPT)
    def chunk(index: int) -> np.ndarray:
        return embed(texts[index * BATCH : (index + 1) * BATCH])

    return lambda rows: np.stack([chunk(row // BATCH)[row % BATCH] for row in map(int, rows)])
