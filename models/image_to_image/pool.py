"""The history pool of generated images for a discriminator (Shrivastava et al. 2017; Zhu et al. 2017, section 4)."""

import keras
import tensorflow as tf


class ImagePool(keras.layers.Layer):
    """Up to `size` generated images, in variables: part of the compiled step, and of every checkpoint.

    Replicas with the same images and draws have the same pool.

    Args:
        size: how many images it holds; with 0, `exchange` returns its input.
        sides: their height and width in pixels.
        channels: of each.
    """

    def __init__(self, size: int, sides: tuple[int, int], channels: int = 3, **options):
        super().__init__(**options)
        self.size = size
        state = {"trainable": False, "initializer": "zeros", "aggregation": "only_first_replica"}
        self.images = self.add_weight(shape=(size, *sides, channels), name="images", **state)
        self.filled = self.add_weight(shape=(), dtype="int32", name="filled", **state)
        self.built = True

    def exchange(self, images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Put images in and take as many out.

        Until the pool is full, each image is stored and returned. Then, with probability 1/2, an image replaces one in
        the pool, which is returned instead of it.

        Args:
            images: (B, height, width, c) float32, the batch of all replicas in order; B is known when it is traced.
            draws: (B, 2) uniform in [0, 1): whether to replace, and which image of the pool.

        Returns:
            (B, height, width, c) float32.
        """
        if not self.size:
            return images
        taken = []
        for image, draw in zip(tf.unstack(images), tf.unstack(draws), strict=True):
            filling = self.filled < self.size
            chosen = tf.minimum(tf.cast(draw[1] * float(self.size), tf.int32), self.size - 1)
            place = tf.where(filling, self.filled, chosen)
            kept = tf.gather(self.images.value, place)
            swap = tf.logical_and(tf.logical_not(filling), draw[0] >= 0.5)
            taken.append(tf.where(swap, kept, image))
            # If neither, the stored image is written back unchanged.
            stored = tf.where(tf.logical_or(filling, swap), image, kept)
            self.images.value.scatter_update(tf.IndexedSlices(stored, place))
            self.filled.assign_add(tf.cast(filling, tf.int32))
        return tf.stack(taken)
