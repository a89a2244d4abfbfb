"""Batches of image pairs. Each is a pure function of (seed, step), so a resumed run jumps to its place."""

from pipelines.batches.crops import crop_and_flip
from pipelines.batches.draws import Batches, check_enough, in_random_order, reader, seeded
from pipelines.examples import DataError, PairedImages
from pipelines.images import to_float
from pipelines.sizes import Size, height_width, shown

# Every kind of random draw has its own number, so that no two share a seed.
ORDER, CROP = range(2)


def paired_batches(examples: PairedImages, config) -> Batches:
    """Batches of `input` and `target` (B, height, width, c) float32 in [-1, 1]: the same region, flipped alike.

    The size is `config.sides` where A and B have one size. Where one is larger, as in super-resolution, it is that of
    its crops, and those of the other are smaller by the same factor (see `crop_sizes`).

    Args:
        examples: the training split.
        config: a Pix2PixConfig; its `direction` is AtoB where A is the input, its `channels_a` and `channels_b` are c,
            or 0 for the images' own.

    Raises:
        DataError: there are fewer pairs than a batch holds, or the sizes do not fit (see `crop_sizes`).
    """
    count, seed = config.batch_size, config.seed
    check_enough(len(examples), count, "pairs")
    size_a, size_b = crop_sizes(examples, config.sides)
    sides = {
        "input": (reader(examples.a, config.channels_a), size_a),
        "target": (reader(examples.b, config.channels_b), size_b),
    }
    if config.direction != "AtoB":
        sides = {"input": sides["target"], "target": sides["input"]}
    smaller = min(size_a[0], size_b[0])

    def rows(step):
        return {"image": in_random_order(len(examples), count, seed, ORDER, step)}

    def at(step):
        pairs, seed_of_crop = rows(step)["image"], seeded(seed, CROP, step)
        return {
            name: to_float(crop_and_flip(read(pairs), size, seed_of_crop, config.flip, grid=size[0] // smaller))
            for name, (read, size) in sides.items()
        }

    return Batches(at, {}, len(examples), rows)


def crop_sizes(examples: PairedImages, size: Size) -> tuple[tuple[int, int], tuple[int, int]]:
    """(height, width), in pixels, of crops of A and of B that show the same region; `size` is that of the larger one.

    Raises:
        DataError: the sides of neither are the same whole multiple of the other's, or `size` is none of that factor.
    """
    kept_a, kept_b = examples.a.shape[1:3], examples.b.shape[1:3]
    small, large = sorted((kept_a, kept_b))
    factor = max(large[0] // small[0], 1)
    if large != tuple(factor * side for side in small):
        raise DataError(
            "the sides of one image of a pair must be a whole multiple of the other's. "
            f"Received: {shown(kept_a)} and {shown(kept_b)}"
        )
    sides = height_width(size)
    if any(side % factor for side in sides):
        raise DataError(
            f"image_size must be a multiple of {factor}, by which the sides of a pair differ. Received: {shown(size)}"
        )
    smaller = (sides[0] // factor, sides[1] // factor)
    return (sides if kept_a >= kept_b else smaller), (sides if kept_b >= kept_a else smaller)
