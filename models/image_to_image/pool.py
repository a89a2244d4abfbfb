"""The history of generated images that a discriminator is shown (Shrivastava et al. 2017; Zhu et al. 2017, 4)."""

import keras
import tensorflow as tf


class ImagePool(keras.layers.Layer):
    """Up to `size` generated images, in variables: part of the compiled step, and of every checkpoint.

    Replicas that are given the same images and draws keep the same pool.

    Args:
        size: how many images it holds; with 0 it hands through what it is given.
        image_size: their side in pixels.
    """

    def __init__(self, size: int, image_size: int, **options):
        super().__init__(**options)
        self.size = size
        state = {"trainable": False, "initializer": "zeros", "aggregation": "only_first_replica"}
        self.images = self.add_weight(shape=(size, image_size, image_size, 3), name="images", **state)
        self.filled = self.add_weight(shape=(), dtype="int32", name="filled", **state)
        self.built = True

    def exchange(self, images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Give images and take as many.

        Until the pool is full each image is kept, and given back too. Then, half of the time, an image takes the place
        of one in the pool, which is given instead.

        Args:
            images: (B, side, side, 3) float32, the whole batch in its order; B is known when the step is traced.
            draws: (B, 2) numbers in [0, 1): which half of the time it is, and which image of the pool.

        Returns:
            (B, side, side, 3) float32.
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
            # Nothing but a copy of what was there, when neither is the case.
            stored = tf.where(tf.logical_or(filling, swap), image, kept)
            self.images.value.scatter_update(tf.IndexedSlices(stored, place))
            self.filled.assign_add(tf.cast(filling, tf.int32))
        return tf.stack(taken)
