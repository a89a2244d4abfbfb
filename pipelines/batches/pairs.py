"""Batches of image pairs. Each is a pure function of (seed, step), so a resumed run jumps to its place."""

from pipelines.batches.crops import crop_and_flip
from pipelines.batches.draws import Batches, check_enough, in_random_order, reader, seeded
from pipelines.examples import DataError, PairedImages
from pipelines.images import to_float

# Every kind of random draw has its own number, so that no two share a seed.
ORDER, CROP = range(2)


def paired_batches(examples: PairedImages, config) -> Batches:
    """Batches of `input` and `target` (B, side, side, 3) float32 in [-1, 1], which show the same region, flipped alike.

    The side is `image_size` where A and B have one size. Where one is larger, as in super-resolution, `image_size` is
    the side of its crops, and those of the other are smaller by the same factor (see `crop_sizes`).

    Args:
        examples: the training split.
        config: a Pix2PixConfig; its `direction` is AtoB where A is the input.

    Raises:
        DataError: there are fewer pairs than a batch holds, or the sizes do not fit (see `crop_sizes`).
    """
    count, seed = config.batch_size, config.seed
    check_enough(len(examples), count, "pairs")
    size_a, size_b = crop_sizes(examples, config.image_size)
    sides = {"input": (reader(examples.a), size_a), "target": (reader(examples.b), size_b)}
    if config.direction != "AtoB":
        sides = {"input": sides["target"], "target": sides["input"]}
    smaller = min(size_a, size_b)

    def at(step):
        pairs, seed_of_crop = in_random_order(len(examples), count, seed, ORDER, step), seeded(seed, CROP, step)
        return {
            name: to_float(crop_and_flip(read(pairs), size, seed_of_crop, config.flip, grid=size // smaller))
            for name, (read, size) in sides.items()
        }

    return Batches(at, {}, len(examples))


def crop_sizes(examples: PairedImages, image_size: int) -> tuple[int, int]:
    """The sides, in pixels, of crops of A and B that show the same region; the larger one is `image_size`.

    Raises:
        DataError: neither side is a whole multiple of the other, or `image_size` is not a multiple of that factor.
    """
    side_a, side_b = examples.a.shape[1], examples.b.shape[1]
    factor, rest = divmod(max(side_a, side_b), min(side_a, side_b))
    if rest:
        raise DataError(
            f"the side of one image of a pair must be a whole multiple of the other's. Received: {side_a} and {side_b}"
        )
    if image_size % factor:
        raise DataError(
            f"image_size must be a multiple of {factor}, by which the sides of a pair differ. Received: {image_size}"
        )
    smaller = image_size // factor
    return (image_size if side_a >= side_b else smaller), (image_size if side_b >= side_a else smaller)
