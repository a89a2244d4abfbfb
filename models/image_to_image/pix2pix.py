"""pix2pix: image to image with a conditional GAN, learned from pairs (Isola et al. 2017)."""

import tensorflow as tf

from models.core.adversarial import FAKE, GENERATED, INPUT_NOISE, PENALIZED, REAL, Adversarial
from models.image_to_image import patchgan
from models.image_to_image import pix2pix_networks as networks
from models.image_to_image.configs import Pix2PixConfig


class Pix2Pix(Adversarial):
    """The generator minimizes the L1 distance to the target and its loss against a discriminator of patches.

    Batches are dicts: `input` and `target` (B, height, width, 1 or 3) float32 in [-1, 1].
    """

    config_class = Pix2PixConfig

    @property
    def side_multiple(self) -> int:
        """Sides of images must be a multiple of this: the U-Net halves them, a square's down to one pixel."""
        return self.config.side_multiple

    @property
    def players(self) -> tuple[str, ...]:
        """With L1 alone there is no discriminator."""
        return ("generator", "discriminator") if self.config.adversarial_weight else ("generator",)

    @property
    def log_names(self) -> tuple[str, ...]:
        """Those of the discriminator only where there is one."""
        against = ("discriminator_loss", "real_score", "fake_score") if self.config.adversarial_weight else ()
        return ("generator_loss", "l1_loss", *against)

    def build_networks(self):
        """Appendix 6.1."""
        config = self.config
        self.generator = networks.generator(config)
        self.discriminator = None
        if config.adversarial_weight:
            self.discriminator = patchgan.discriminator(
                config, config.channels_of(config.direction)[::-1], conditional=config.conditional
            )

    def translate(self, image: tf.Tensor) -> tf.Tensor:
        """(B, h, w, 3) translations of images, with this step's dropout and the batch's own statistics."""
        seed = tf.tile(self.replica_seed(purpose=2)[tf.newaxis], (tf.shape(image)[0], 1))
        return self.generator({"image": image, "seed": seed}, training=True)

    def score(self, input_image: tf.Tensor, image: tf.Tensor, role: int) -> tf.Tensor:
        """(B, h', w', 1) logits of patches: real, and a translation of the input?"""
        inputs = {"image": self.augment(image, role)}
        if self.config.conditional:
            inputs["input"] = self.augment(input_image, role, noise=INPUT_NOISE)
        return self.discriminator(inputs, training=True)

    def train_step(self, batch):
        """Section 3.3: one step of the discriminator, its loss halved, then one of the generator."""
        input_image, target = batch["input"], batch["target"]
        config, loss = self.config, self.adversarial
        logs = {}
        with tf.GradientTape() as generator_tape:
            with tf.GradientTape() as discriminator_tape:
                generated = self.translate(input_image)
                if config.adversarial_weight:
                    real_logits = self.score(input_image, target, REAL)
                    fake_logits = self.score(input_image, tf.stop_gradient(generated), FAKE)
                    discriminator_loss = 0.5 * (loss.real(real_logits) + loss.fake(fake_logits)) + self.penalty(
                        input_image, target, generated
                    )
            l1_loss = tf.reduce_mean(tf.abs(target - generated))
            generator_loss = config.l1_weight * l1_loss
            if config.adversarial_weight:
                self.minimize(discriminator_loss, discriminator_tape, "discriminator")
                generated_logits = self.score(input_image, generated, GENERATED)
                generator_loss += config.adversarial_weight * loss.generator(generated_logits)
                logs = {
                    "discriminator_loss": discriminator_loss,
                    "real_score": self.mean_score(real_logits),
                    "fake_score": self.mean_score(fake_logits),
                }
        self.minimize(generator_loss, generator_tape, "generator")
        self.after_step()
        return self.track(generator_loss=generator_loss, l1_loss=l1_loss, **logs)

    def penalty(self, input_image: tf.Tensor, image: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
        """The weighted penalty on the gradient at targets and translations of the same inputs; 0 when off."""
        return self.weighted_penalty(lambda images: self.score(input_image, images, PENALIZED), image, generated)
