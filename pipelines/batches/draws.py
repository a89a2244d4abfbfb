"""Batches as pure functions of (seed, step), so that a resumed run jumps to its place, and how their rows are drawn."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from pipelines.examples import DataError
from pipelines.images import in_channels
from pipelines.rows import COPIED, ImageRows, release
from pipelines.sizes import Size, height_width, shown

# Up to so many, sorting random numbers costs less than the shuffle, whose blocks hold at least 2**16 places: of few
# images it walks through most of them to find each of its places.
FEW = 1024
# Of the shuffle's cipher, as published for its smallest blocks (Beaulieu et al. 2013, https://eprint.iacr.org/2013/404,
# Simon 32/64). With TensorFlow's own 4, neighbors in some orders are neighbors of the data set: in batches of 64 from
# 60,000 images sorted by class, the counts of a class had 0.78 times the variance that chance gives.
ROUNDS = 32


@dataclasses.dataclass(frozen=True)
class Batches:
    """The data that a model trains on.

    Attributes:
        at: (integer scalar step) -> dict of tensors; pure. It computes on the host, wherever it is called.
        measured: configuration fields that only the data determine, such as the size of a text embedding.
        images: the number of images in an epoch.
        rows: (integer scalar step) -> dict of (B, ...) integers: which rows of the examples, "image", and of the table
            of their captions, "caption", a batch is made of; None where nobody needs to know.
    """

    at: Callable[[tf.Tensor], dict[str, tf.Tensor]]
    measured: Mapping[str, object]
    images: int
    rows: Callable[[tf.Tensor], dict[str, tf.Tensor]] | None = None

    def __post_init__(self):
        at = self.at

        def on_host(step):
            # tf.data does so anyway; elsewhere a GPU would first copy every table that a row is taken from.
            with tf.device("CPU:0"):
                return at(step)

        object.__setattr__(self, "at", on_host)

    def dataset(self, start: int, stop: int) -> tf.data.Dataset:
        """The batches of steps start, ..., stop - 1."""
        steps = tf.data.Dataset.range(start, stop)
        # One call at a time: a batch takes some 2 ms, and more would only take cores from the training step
        # (benchmarks/fit_overhead.py: fit over the bare step 1.03 with one, 1.15 with two, on 2 cores).
        return steps.map(self.at, num_parallel_calls=1, deterministic=True).prefetch(2)


def pick(draws: tf.Tensor, number: tf.Tensor | int) -> tf.Tensor:
    """Uniform draws in [0, 1) to integers in [0, number)."""
    number = tf.cast(number, tf.int32)
    # A draw just below 1 may round up to `number` in float32.
    return tf.minimum(tf.cast(draws * tf.cast(number, tf.float32), tf.int32), number - 1)


def seeded(seed: int, purpose: int, step: tf.Tensor) -> tf.Tensor:
    """(2,) seed of one kind of draw at one step."""
    return tf.random.experimental.stateless_fold_in(tf.constant([seed, purpose], tf.int32), tf.cast(step, tf.int32))


def check_enough(images: int, batch_size: int, of: str, turns: int = 1):
    """DataError if there are fewer images (pairs, ...) than a step takes: a batch, or one for each of its turns."""
    if images < batch_size * turns:
        times = f" times discriminator_steps={turns}" if turns > 1 else ""
        raise DataError(f"training needs at least as many {of} as batch_size={batch_size}{times}. Received: {images}")


def check_sides(size: Size, **sides: np.ndarray):
    """DataError if images (n, h, w, c), by name, are smaller than the crops that are trained on."""
    for name, images in sides.items():
        if any(kept < side for kept, side in zip(images.shape[1:3], height_width(size), strict=True)):
            raise DataError(
                f"images of {name.upper()} must have sides of at least image_size={shown(size)}. "
                f"Received: {shown(images.shape[1:3])} pixels"
            )


def held(array: np.ndarray, dtype: tf.DType | None = None) -> tf.Tensor:
    """A table of the data set as a tensor in the host's memory, where batches are made: one tensor for all graphs.

    A plain constant would be copied to the GPU, where there is one: all images of the data set, beside the networks.
    """
    with tf.device("CPU:0"):
        return tf.constant(array, dtype)


def reader(images: np.ndarray | ImageRows, channels: int = 0) -> Callable[[tf.Tensor], tf.Tensor]:
    """A function from (B,) indices to (B, h, w, c) uint8 images, from memory or from a memory-mapped file.

    Images in memory are not copied, unless they are few: a tensor of them all would be a second copy, for some 0.2 ms
    that a batch takes less.

    Args:
        images: (n, h, w, c') uint8.
        channels: c, 1 or 3; 0: the images' own.
    """
    if channels and channels != images.shape[-1]:
        own = reader(images)
        return lambda indices: in_channels(own(indices), channels)
    if isinstance(images, np.memmap | ImageRows) or images.nbytes > COPIED:
        shape = (None, *images.shape[1:])

        def rows_of(rows):
            batch = np.array(images[rows])
            release(images)
            return batch

        def read(indices):
            return tf.ensure_shape(tf.numpy_function(rows_of, [indices], tf.uint8, stateful=False), shape)

        return read
    table = held(images)
    return lambda indices: tf.gather(table, indices)


def permuted(places: tf.Tensor, number: int, seed: tf.Tensor) -> tf.Tensor:
    """What lies at some places of a random permutation of 0, ..., number - 1.

    It costs the same whatever the number, as no more of the permutation is computed than is asked for.

    Args:
        places: (B,) int64 in [0, number).
        number: of what is permuted, at least 1.
        seed: (2,) integers; each gives another permutation.

    Returns:
        (B,) int64 in [0, number).
    """
    if number <= FEW:
        order = tf.argsort(tf.random.stateless_uniform((number,), seed))
        return tf.cast(tf.gather(order, places), tf.int64)
    key = tf.random.stateless_uniform((3,), seed, minval=None, maxval=None, dtype=tf.int32)

    def shuffled(indices, last):
        # What tf.random.experimental.index_shuffle calls, with one key word more and more rounds. Below 2**16 only
        # the low 8 bits of each of its three key words count, so there are 2**24 orders.
        last = tf.constant(last, tf.int64)
        return tf.raw_ops.RandomIndexShuffle(index=indices, seed=key, max_index=last, rounds=ROUNDS)

    if (number - 1) & (number - 2):
        return shuffled(places, number - 1)
    # Where the last index is a power of two, TensorFlow 2.21 chooses a block that does not hold it, and takes it for 0.
    # So one more is shuffled, and stepped over where it comes up.
    moved = shuffled(places, number)
    return tf.where(moved == number, shuffled(moved, number), moved)


def in_random_order(images: int, count: int, seed: int, purpose: int, step: tf.Tensor) -> tf.Tensor:
    """(count,) int64 indices of the images of a step: each epoch takes every image once, in a new order.

    The images that remain after the last whole batch of an epoch are left out of it.
    """
    steps_per_epoch = images // count
    step = tf.cast(step, tf.int64)
    epoch, place = step // steps_per_epoch, step % steps_per_epoch
    return permuted(place * count + tf.range(count, dtype=tf.int64), images, seeded(seed, purpose, epoch))
