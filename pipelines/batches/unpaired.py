"""Batches of two sets of images without correspondence. Each is a pure function of (seed, step)."""

from pipelines.batches.crops import crop_and_flip
from pipelines.batches.draws import Batches, check_enough, check_sides, in_random_order, reader, seeded
from pipelines.examples import PairedImages, UnpairedImages
from pipelines.images import to_float

# Every kind of random draw has its own number, so that no two share a seed.
ORDER_A, ORDER_B, CROP_A, CROP_B = range(4)


def unpaired_batches(examples: UnpairedImages | PairedImages, config) -> Batches:
    """Batches of `a` and `b` (B, height, width, c) float32 in [-1, 1], cropped and flipped independently.

    Each side takes all of its images in random order before it starts over; an epoch is that of the larger side.

    Args:
        examples: the training split. The correspondence of pairs is ignored.
        config: a CycleGANConfig; its `channels_a` and `channels_b` are c, or 0 for the images' own.

    Raises:
        DataError: a side has fewer images than a batch holds, or smaller ones than config.sides.
    """
    size, count, seed = config.sides, config.batch_size, config.seed
    sides = {"a": (examples.a, ORDER_A, CROP_A), "b": (examples.b, ORDER_B, CROP_B)}
    for side, (images, _, _) in sides.items():
        check_enough(len(images), count, f"images of {side.upper()}")
    check_sides(size, a=examples.a, b=examples.b)
    readers = {side: reader(images, getattr(config, f"channels_{side}")) for side, (images, _, _) in sides.items()}

    def at(step):
        batch = {}
        for side, (images, order, crop) in sides.items():
            rows = in_random_order(len(images), count, seed, order, step)
            crops = crop_and_flip(readers[side](rows), size, seeded(seed, crop, step), config.flip)
            batch[side] = to_float(crops)
        return batch

    return Batches(at, {}, len(examples))
