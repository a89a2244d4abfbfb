"""Batches of image pairs. Each is a pure function of (seed, step), so a resumed run jumps to its place."""

from pipelines.batches.draws import Batches, check_enough, in_random_order, seeded
from pipelines.examples import PairedImages
from pipelines.images import crop_and_flip, reader, to_float

# Every kind of random draw has a number of its own, so that no two share a seed.
ORDER, CROP = range(2)


def paired_batches(examples: PairedImages, config) -> Batches:
    """Batches of `input` and `target` (B, image_size, image_size, 3) float32 in [-1, 1], cropped and flipped alike.

    Args:
        examples: the training split.
        config: a Pix2PixConfig; its `direction` says which side is the input.

    Raises:
        DataError: there are fewer pairs than a batch holds.
    """
    size, count, seed = config.image_size, config.batch_size, config.seed
    check_enough(len(examples), count, "pairs")
    sides = (examples.a, examples.b) if config.direction == "AtoB" else (examples.b, examples.a)
    readers = {"input": reader(sides[0]), "target": reader(sides[1])}

    def at(step):
        pairs, crop = in_random_order(len(examples), count, seed, ORDER, step), seeded(seed, CROP, step)
        return {name: to_float(crop_and_flip(read(pairs), size, crop)) for name, read in readers.items()}

    return Batches(at, {}, len(examples))
