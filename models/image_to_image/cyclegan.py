"""CycleGAN: image to image in both directions, learned without pairs (Zhu et al. 2017)."""

from collections.abc import Callable
from functools import partial

import keras
import tensorflow as tf

from models.core.adversarial import FAKE, GENERATED, PENALIZED, REAL, Adversarial
from models.core.schedules import LinearDecay
from models.image_to_image import cyclegan_networks as networks
from models.image_to_image import patchgan
from models.image_to_image.configs import DIRECTIONS, CycleGANConfig
from models.image_to_image.pool import ImagePool

# Purposes of a step's random numbers: one for each history pool.
POOL_A, POOL_B = 3, 4


class CycleGAN(Adversarial):
    """Two translators that invert each other, each against the discriminator of the domain it translates to.

    `generator` is the paper's G, from A to B, against `discriminator` (D_Y); `backward_generator` its F, from B to A,
    against `backward_discriminator` (D_X). Batches are dicts: `a` and `b` (B, height, width, 1 or 3) float32 in
    [-1, 1], unpaired.
    """

    config_class = CycleGANConfig
    # As in the authors' code: one optimizer for both translators, and one for both discriminators.
    players = ("generators", "discriminators")
    generator_names = ("generator", "backward_generator")
    discriminator_names = ("discriminator", "backward_discriminator")
    log_names = ("generator_loss", "cycle_loss", "discriminator_loss", "real_score", "fake_score")
    # Sides of images must be a multiple of this: reflection padding takes two pixels after two halvings.
    side_multiple = 8

    def build_networks(self):
        """Appendix 7.2."""
        config = self.config
        for name, direction in zip(self.generator_names, DIRECTIONS, strict=True):
            setattr(self, name, networks.generator(config, direction, name=name))
        channels_a, channels_b = config.channels_of("AtoB")
        for name, channels in zip(self.discriminator_names, (channels_b, channels_a), strict=True):
            network = patchgan.discriminator(config, (channels, channels), use_bias=True, name=name)
            setattr(self, name, network)
        self.pool_a = ImagePool(config.pool_size, config.sides, channels_a, name="pool_a")
        self.pool_b = ImagePool(config.pool_size, config.sides, channels_b, name="pool_b")

    def player_networks(self, player: str) -> list[keras.Model]:
        """Both translators, or both discriminators."""
        names = {"generators": self.generator_names, "discriminators": self.discriminator_names}[player]
        return [getattr(self, name) for name in names]

    def learning_rate(self, player: str, steps_per_epoch: int) -> LinearDecay:
        """Section 4: constant, then falling linearly to 0; in the authors' code once an epoch."""
        config, rate = self.config, self.initial_rate(player)
        if config.epochwise_decay:
            return LinearDecay(rate, config.constant_epochs, config.decay_epochs, period_steps=steps_per_epoch)
        return LinearDecay(rate, config.constant_epochs * steps_per_epoch, config.decay_epochs * steps_per_epoch)

    def translate(self, image: tf.Tensor) -> tf.Tensor:
        """(B, h, w, 3) translations from A to B."""
        return self.generator({"image": image}, training=True)

    def translate_back(self, image: tf.Tensor) -> tf.Tensor:
        """(B, h, w, 3) translations from B to A."""
        return self.backward_generator({"image": image}, training=True)

    def score_a(self, image: tf.Tensor, role: int) -> tf.Tensor:
        """(B, h', w', 1) logits of patches: real images of A?"""
        return self.backward_discriminator({"image": self.augment(image, role, turn=1)}, training=True)

    def score_b(self, image: tf.Tensor, role: int) -> tf.Tensor:
        """(B, h', w', 1) logits of patches: real images of B?"""
        return self.discriminator({"image": self.augment(image, role)}, training=True)

    def train_step(self, batch):
        """Sections 3 and 4: a step of both translators, then one of both discriminators, its loss halved."""
        a, b = self.with_static_batch(batch["a"]), self.with_static_batch(batch["b"])
        config, loss = self.config, self.adversarial
        with tf.GradientTape() as tape:
            generated_b, generated_a = self.translate(a), self.translate_back(b)
            generator_loss = loss.generator(self.score_b(generated_b, GENERATED))
            generator_loss += loss.generator(self.score_a(generated_a, GENERATED))
            cycle_loss = distance(self.translate_back(generated_b), a) + distance(self.translate(generated_a), b)
            if config.cycle_weight:
                generator_loss += config.cycle_weight * cycle_loss
            if config.identity_weight:
                generator_loss += config.identity_weight * (
                    distance(self.translate(b), b) + distance(self.translate_back(a), a)
                )
        self.minimize(generator_loss, tape, "generators")

        pooled_a = self.pooled(self.pool_a, generated_a, POOL_A)
        pooled_b = self.pooled(self.pool_b, generated_b, POOL_B)
        with tf.GradientTape() as tape:
            real_a, real_b = self.score_a(a, REAL), self.score_b(b, REAL)
            fake_a, fake_b = self.score_a(pooled_a, FAKE), self.score_b(pooled_b, FAKE)
            discriminator_loss = 0.5 * (
                loss.real(real_a) + loss.fake(fake_a) + loss.real(real_b) + loss.fake(fake_b)
            ) + (self.penalty(self.score_a, a, pooled_a) + self.penalty(self.score_b, b, pooled_b))
        self.minimize(discriminator_loss, tape, "discriminators")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            cycle_loss=cycle_loss,
            discriminator_loss=discriminator_loss,
            real_score=0.5 * (self.mean_score(real_a) + self.mean_score(real_b)),
            fake_score=0.5 * (self.mean_score(fake_a) + self.mean_score(fake_b)),
        )

    def penalty(self, score: Callable, image: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
        """The weighted penalty on a discriminator's gradient at real and generated images; 0 when off."""
        return self.weighted_penalty(partial(score, role=PENALIZED), image, generated)

    def pooled(self, pool: ImagePool, generated: tf.Tensor, purpose: int) -> tf.Tensor:
        """(B, h, w, 3) the discriminator's generated images: this step's, and earlier ones from the history pool."""
        batch = self.gather_replicas(tf.stop_gradient(generated))
        batch = tf.ensure_shape(batch, (self.config.batch_size, *generated.shape[1:]))
        draws = tf.random.stateless_uniform((self.config.batch_size, 2), self.noise_seed(purpose))
        return self.replica_rows(tf.shape(generated)[0], lambda total: pool.exchange(batch, draws))


def distance(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """The mean absolute difference, of the cycle and the identity loss."""
    return tf.reduce_mean(tf.abs(image - target))
