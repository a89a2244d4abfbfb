"""Boundary-seeking GAN of binary images (Hjelm et al. 2018): pixels are drawn, so back-propagation ends at them."""

import keras
import tensorflow as tf

from losses import boundary_seeking_loss
from models.core.adversarial import GENERATED
from models.generation.configs import BinaryGenerationConfig
from models.generation.gan import DROPOUT, ImageGAN, Turn

# Purpose of the draws of pixels, after those of `models.generation.gan`.
PIXELS = DROPOUT + 1
# The largest expected value of a pixel that has a logit in float32; a generator that is surer learns no more there.
SUREST = 1.0 - 1e-6


@keras.saving.register_keras_serializable("gan")
class Binarized(keras.layers.Layer):
    """The more probable value of each pixel, -1 or 1, from (B, h, w, c) expected ones in [-1, 1]."""

    def call(self, expected):
        """Black where both are as probable."""
        return tf.where(expected > 0, tf.ones_like(expected), -tf.ones_like(expected))

    def compute_output_spec(self, expected):
        """The shape of the input."""
        return keras.KerasTensor(expected.shape, expected.dtype)


class BinaryGAN(ImageGAN):
    """A GAN whose images are of black and white pixels, -1 and 1, each drawn by itself.

    The generator's output is the expected value of each pixel, 2 p - 1; what is sampled, evaluated and exported has the
    more probable value in its place. Real images are made binary in the middle of the range.
    """

    config_class = BinaryGenerationConfig

    def sampled(self, name: str):
        """The generator, averaged if there is an average, with binary pixels."""
        network = super().sampled(name)
        return keras.Model(network.input, Binarized()(network.output), name=network.name)

    def turns(self, batch):
        """With binary real images."""
        return super().turns({**batch, "real": binary(batch["real"])})

    def draws(self, turn: Turn, logits: tf.Tensor, count: int) -> tf.Tensor:
        """(B, count, h, w, c) images, pixel by pixel -1 or 1, from (B, h, w, c) logits of 1."""
        shape = (count, *logits.shape[1:])
        uniform = self.sample_uniform(tf.shape(logits)[0], PIXELS, turn.index, shape=shape)
        return binary(tf.sigmoid(logits)[:, tf.newaxis] - uniform)

    def pixel_logits(self, turn: Turn) -> tf.Tensor:
        """(B, h, w, c) the generator's logits of white pixels: 2 sigmoid(x) - 1 = tanh(x / 2)."""
        return 2.0 * tf.atanh(tf.clip_by_value(super().generate(turn), -SUREST, SUREST))

    def generate(self, turn: Turn) -> tf.Tensor:
        """(B, h, w, c) binary images, one draw for each latent: what the discriminator is shown."""
        return self.draws(turn, self.pixel_logits(turn), 1)[:, 0]

    def generator_turn_loss(self, turn: Turn) -> tf.Tensor:
        """The boundary-seeking loss of several draws for each latent; or, by the straight-through estimate, the
        adversarial loss of one whose gradient is passed on as if it were the expected image's.
        """
        logits = self.pixel_logits(turn)
        if self.config.estimator == "straight_through":
            expected = 2.0 * tf.sigmoid(logits) - 1.0
            passed = expected + tf.stop_gradient(self.draws(turn, logits, 1)[:, 0] - expected)
            return self.generator_loss(turn, self.score(turn, passed, GENERATED))
        count, images = self.config.draws, self.draws(turn, logits, self.config.draws)
        log_probabilities = tf.reduce_sum(tf.math.log_sigmoid(images * logits[:, tf.newaxis]), axis=(2, 3, 4))
        conditions = {name: tf.repeat(value, count, axis=0) for name, value in turn.conditions.items()}
        flat = tf.reshape(images, (-1, *logits.shape[1:]))
        scores = self.score(turn._replace(conditions=conditions), flat, GENERATED)
        return boundary_seeking_loss(log_probabilities, tf.reshape(scores, (-1, count)))


def binary(images: tf.Tensor) -> tf.Tensor:
    """1 where a number is above 0, else -1."""
    return tf.where(images > 0, 1.0, -1.0)
