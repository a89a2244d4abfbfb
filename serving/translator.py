"""Images to images, in one place for `--mode=sample`, the evaluation and the exported model."""

import keras
import tensorflow as tf

from pipelines.images import to_float, to_uint8


class Translator(tf.Module):
    """A trained generator of image to image.

    Args:
        generator: takes `image`, and `seed` if it draws anything.
        multiple: what the sides of its input must be a multiple of, in pixels.
        step: the training step of the weights.
    """

    def __init__(self, generator: keras.Model, multiple: int, step: int = 0):
        super().__init__()
        self.generator, self.multiple, self.step = generator, multiple, step
        self.translate = tf.function(
            self.translated,
            input_signature=[tf.TensorSpec([None, None, 3], tf.uint8), tf.TensorSpec([], tf.int32)],
        )

    @property
    def is_seeded(self) -> bool:
        """Whether the seed changes anything."""
        return "seed" in self.generator.input

    def translated(self, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """(h, w, 3) uint8 to (h, w, 3) uint8, of any size.

        One image at a time, as its normalization looks at all that it is given at once; the seed decides the dropout.
        """
        height, width = tf.shape(image)[0], tf.shape(image)[1]
        side = self.generator.input["image"].shape[1]
        if side:
            # It looks at a picture as a whole, and knows one size only.
            resized = tf.image.resize(image, (side, side), antialias=True)
            translated = self.generated(to_float(resized), seed)
            return to_uint8(tf.image.resize(translated, (height, width), antialias=True))
        # Else filled up with its mirror image, and cut back.
        filled = tf.gather(image, self.mirrored(height), axis=0)
        filled = tf.gather(filled, self.mirrored(width), axis=1)
        return to_uint8(self.generated(to_float(filled), seed)[:height, :width])

    def generated(self, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """(h, w, 3) in [-1, 1] to the same."""
        inputs = {"image": image[tf.newaxis]}
        if self.is_seeded:
            inputs["seed"] = tf.stack([seed, 0])[tf.newaxis]
        return self.generator(inputs, training=False)[0]

    def mirrored(self, length: tf.Tensor) -> tf.Tensor:
        """Indices 0, ..., length - 1, and back again as often as it takes to the next multiple."""
        places = tf.range(-(-length // self.multiple) * self.multiple) % (2 * length)
        return tf.minimum(places, 2 * length - 1 - places)
