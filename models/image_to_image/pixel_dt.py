"""Pixel-level domain transfer: an object in a scene to a picture of the object alone (Yoo et al. 2016)."""

from functools import partial

import tensorflow as tf

from models.core.adversarial import FAKE, GENERATED, INPUT_NOISE, PENALIZED, REAL, WRONG, Adversarial
from models.image_to_image import pixel_dt_networks as networks
from models.image_to_image.configs import PixelDTConfig


class PixelDT(Adversarial):
    """A converter against two discriminators: of real images, and of images associated with the input.

    Batches are dicts of (B, image_size, image_size, 3) float32 in [-1, 1]: `input`, its `target`, and `unassociated`,
    the target of another input.
    """

    config_class = PixelDTConfig
    side_multiple = 1
    # With a single example, batch normalization would set the code to zero.
    batch_multiple = 2

    @property
    def players(self) -> tuple[str, ...]:
        """The converter, the real/fake discriminator and, unless it has no weight, the domain discriminator."""
        return ("generator", "discriminator", *(("domain_discriminator",) if self.config.domain_weight else ()))

    @property
    def log_names(self) -> tuple[str, ...]:
        """Those of the domain discriminator only where there is one."""
        domain = ("domain_loss", "associated_score", "unassociated_score") if self.config.domain_weight else ()
        return ("generator_loss", "discriminator_loss", "real_score", "fake_score", *domain)

    def build_networks(self):
        """Section 4."""
        config = self.config
        self.generator = networks.converter(config)
        self.discriminator = networks.discriminator(config)
        self.domain_discriminator = None
        if config.domain_weight:
            self.domain_discriminator = networks.discriminator(config, of_pairs=True, name="domain_discriminator")

    def translate(self, image: tf.Tensor) -> tf.Tensor:
        """(B, h, w, 3) conversions of images."""
        return self.generator({"image": image}, training=True)

    def score(self, image: tf.Tensor, role: int) -> tf.Tensor:
        """(B, 1) logits: a real image of the target domain?"""
        return self.discriminator({"image": self.augment(image, role)}, training=True)

    def score_pair(self, input_image: tf.Tensor, image: tf.Tensor, role: int) -> tf.Tensor:
        """(B, 1) logits: a real image, associated with the input?"""
        # After the turn of the other discriminator, which has draws of its own.
        pair = self.augment(image, role, turn=1), self.augment(input_image, role, turn=1, noise=INPUT_NOISE)
        inputs = dict(zip(("image", "input"), pair, strict=True))
        return self.domain_discriminator(inputs, training=True)

    def train_step(self, batch):
        """Section 4.3: a step of the real/fake discriminator, one of the domain discriminator, one of the converter."""
        source, target, unassociated = batch["input"], batch["target"], batch["unassociated"]
        config, loss = self.config, self.adversarial
        logs = {}
        with tf.GradientTape() as generator_tape:
            generated = self.translate(source)
            fixed = tf.stop_gradient(generated)
            shown = ((target, REAL), (unassociated, WRONG), (fixed, FAKE))
            with tf.GradientTape() as tape:
                # Both targets are real, associated or not.
                real_logits, other_logits, fake_logits = (self.score(image, role) for image, role in shown)
                discriminator_loss = (
                    loss.real(real_logits) + loss.real(other_logits) + loss.fake(fake_logits)
                ) / 3.0 + self.weighted_penalty(partial(self.score, role=PENALIZED), target, fixed)
            self.minimize(discriminator_loss, tape, "discriminator")
            generator_loss = loss.generator(self.score(generated, GENERATED))
            if config.domain_weight:
                with tf.GradientTape() as tape:
                    # A real but unassociated image is as false as a generated one.
                    associated, other, converted = (self.score_pair(source, image, role) for image, role in shown)
                    domain_loss = (
                        loss.real(associated) + loss.fake(other) + loss.fake(converted)
                    ) / 3.0 + self.weighted_penalty(partial(self.score_pair, source, role=PENALIZED), target, fixed)
                self.minimize(domain_loss, tape, "domain_discriminator")
                domain_gain = loss.generator(self.score_pair(source, generated, GENERATED))
                generator_loss = (generator_loss + config.domain_weight * domain_gain) / (1.0 + config.domain_weight)
                logs = {
                    "domain_loss": domain_loss,
                    "associated_score": self.mean_score(associated),
                    "unassociated_score": self.mean_score(other),
                }
        self.minimize(generator_loss, generator_tape, "generator")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(real_logits),
            fake_score=self.mean_score(fake_logits),
            **logs,
        )
