"""SRGAN: super-resolution by a perceptual loss (Ledig et al. 2017)."""

from typing import Protocol

import keras
import tensorflow as tf

from losses import pixel_loss
from models.core.adversarial import FAKE, GENERATED, PENALIZED, REAL
from models.super_resolution import networks
from models.super_resolution.configs import SRGANConfig
from models.super_resolution.srresnet import SRResNet


class Perceptual(Protocol):
    """A network that does not learn (`models.super_resolution.perceptual.PerceptualNetwork`)."""

    def loss(self, real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
        """A scalar of two batches of images (B, h, w, 3) in [-1, 1]."""


class SRGAN(SRResNet):
    """SRResNet's generator against a discriminator, and near the photograph in the features of a network.

    That network is attached to the model. Batches are SRResNet's.
    """

    config_class = SRGANConfig
    players = ("generator", "discriminator")
    log_names = ("generator_loss", "content_loss", "discriminator_loss", "real_score", "fake_score")

    def build_networks(self):
        """Figure 4."""
        super().build_networks()
        self.discriminator = networks.discriminator(self.config)
        self.perceptual: Perceptual | None = None

    def attach(self, perceptual: Perceptual):
        """Give the network of the content loss. It is not saved."""
        self.perceptual = perceptual

    def begin_with(self, generator: keras.Model):
        """Take the weights of a trained SRResNet (section 3.2: to avoid undesired local optima)."""
        for own in (self.generator, *(average.average for average in self.averages)):
            own.set_weights(generator.get_weights())

    def score(self, image: tf.Tensor, role: int) -> tf.Tensor:
        """(B, 1) logits: a photograph, and not an enlargement?"""
        return self.discriminator({"image": self.augment(image, role)}, training=True)

    def content_loss(self, high: tf.Tensor, enlarged: tf.Tensor) -> tf.Tensor:
        """Section 2.2.1: equation 5 on the features of a network, or, without one, equation 4 on pixels."""
        if not self.config.perceptual_network:
            return pixel_loss(high, enlarged)
        return self.perceptual.loss(high, enlarged)

    def train_step(self, batch):
        """Equation 2: one step of the discriminator; equation 3: one of the generator, by the perceptual loss."""
        low, high = batch["low"], batch["high"]
        config, loss = self.config, self.adversarial
        with tf.GradientTape() as generator_tape:
            with tf.GradientTape() as discriminator_tape:
                enlarged = self.generator({"image": low}, training=True)
                real_logits = self.score(high, REAL)
                fake_logits = self.score(tf.stop_gradient(enlarged), FAKE)
                discriminator_loss = loss.discriminator(real_logits, fake_logits) + self.weighted_penalty(
                    lambda images: self.score(images, PENALIZED), high, enlarged
                )
            self.minimize(discriminator_loss, discriminator_tape, "discriminator")
            content_loss = self.content_loss(high, enlarged)
            generator_loss = config.content_weight * content_loss
            if config.pixel_weight:
                generator_loss += config.pixel_weight * pixel_loss(high, enlarged)
            generator_loss += config.adversarial_weight * loss.generator(self.score(enlarged, GENERATED))
        self.minimize(generator_loss, generator_tape, "generator")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            content_loss=content_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(real_logits),
            fake_score=self.mean_score(fake_logits),
        )
