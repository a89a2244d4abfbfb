"""Batches of real images, with their classes where there are any. Each is a pure function of (seed, step)."""

import tensorflow as tf

from pipelines.batches.draws import Batches, check_enough, in_random_order, seeded
from pipelines.examples import DataError, LabeledImages
from pipelines.images import reader, to_float, with_channels

# Every kind of random draw has a number of its own, so that no two share a seed.
ORDER, FLIP = range(2)


def real_batches(examples: LabeledImages, config) -> Batches:
    """Batches of a mini-batch for each of the k turns that a discriminator has in a step.

    They hold `real` (B, k, image_size, image_size, c) float32 in [-1, 1] and, of images with classes, `label` (B, k)
    int32. No image is in two turns of a step; an epoch takes every image once, in an order of its own.

    Args:
        examples: the training split, kept at config.image_size.
        config: with `image_size` (pixels), `batch_size` (B), `discriminator_steps` (k), `channels` (1 or 3; 0 for the
            images' own), `flip` (whether half of the images are mirrored) and `seed`; with `conditional`, if a model
            may need classes.

    Raises:
        DataError: there are fewer images than a step takes, or no classes although the model is conditional.
    """
    size, turns, batch_size, seed = config.image_size, config.discriminator_steps, config.batch_size, config.seed
    check_enough(len(examples), batch_size, "images", turns)
    if examples.labels is None and getattr(config, "conditional", False):
        raise DataError(
            "a conditional model needs classes: sub-folders of --data_dir, one a class, or a file of labels. "
            f"Received: {len(examples):,} images without classes"
        )
    channels = config.channels or examples.images.shape[-1]
    read = reader(with_channels(examples.images, channels))
    labels = None if examples.labels is None else tf.constant(examples.labels, tf.int32)

    def at(step):
        rows = in_random_order(len(examples), batch_size * turns, seed, ORDER, step)
        # A turn takes neighbors in that order. (Stacked, not transposed: oneDNN complains about transposed integers.)
        rows = tf.reshape(tf.stack(tf.split(rows, turns), axis=1), (-1,))
        images = read(rows)
        if config.flip:
            images = _flip(images, seeded(seed, FLIP, step))
        batch = {"real": tf.reshape(to_float(images), (batch_size, turns, size, size, channels))}
        if labels is not None:
            batch["label"] = tf.reshape(tf.gather(labels, rows), (batch_size, turns))
        return batch

    return Batches(at, {"channels": channels, "classes": len(examples.class_names)}, len(examples))


def _flip(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Mirrors each of (n, h, w, c) images left to right, or not, with even chances."""
    draws = tf.random.stateless_uniform((tf.shape(images)[0], 1, 1, 1), seed)
    return tf.where(draws < 0.5, images[:, :, ::-1], images)
