"""StackGAN: two stages, and conditions that are drawn for each caption (Zhang et al. 2017)."""

import keras
import tensorflow as tf

from losses import standard_normal_divergence
from models.text_to_image import stackgan_networks as zhang
from models.text_to_image.gan_cls import GANCLS
from models.text_to_image.stackgan_configs import FirstStageConfig, SecondStageConfig


class FirstStage(GANCLS):
    """Stage I (section 3.3): GAN-CLS, equations 3 and 4 with wrong images as false pairs, whose generator draws its
    conditions from N(mean, deviation^2) of the caption, which equation 2 keeps near N(0, I).
    """

    config_class = FirstStageConfig

    def build_players(self):
        """The networks of stage I."""
        return zhang.first_generator(self.config), zhang.discriminator(self.config)

    @property
    def conditioned(self) -> keras.Model:
        """The network that learns conditions."""
        return self.generator

    def divergence(self, text):
        """Equation 2, weighted; 0 without conditioning augmentation."""
        if not self.config.conditioning_augmentation:
            return tf.constant(0.0)
        numbers = self.conditioned.get_layer(zhang.CONDITIONING)({"text": tf.stop_gradient(text)}, training=True)
        return self.config.divergence_weight * standard_normal_divergence(*tf.split(numbers, 2, axis=1))


class SecondStage(FirstStage):
    """Stage II (section 3.4): the same objective for larger images, made from those of a first stage, which is frozen,
    and from the caption, of which it draws conditions of its own.

    `generator` is both stages.
    """

    config_class = SecondStageConfig

    def build_players(self):
        """Both generators, and the discriminator of stage II."""
        return zhang.stacked_generator(self.config), zhang.discriminator(self.config, is_deep=True)

    @property
    def conditioned(self):
        """The second stage."""
        return self.generator.get_layer(zhang.SECOND_STAGE)

    def take_first_stage(self, weights: list):
        """Give both generators, the trained one and its average, the first stage's weights (`get_weights`)."""
        for generator in (self.generator, *(average.average for average in self.averages)):
            generator.get_layer(zhang.FIRST_STAGE).set_weights(weights)
