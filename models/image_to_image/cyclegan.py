"""CycleGAN: image to image both ways, learned without pairs (Zhu et al. 2017)."""

import tensorflow as tf

from models.core.adversarial import Adversarial
from models.core.layers import normalization
from models.core.schedules import LinearDecay
from models.image_to_image import cyclegan_networks as networks
from models.image_to_image.configs import CycleGANConfig
from models.image_to_image.pix2pix_networks import discriminator
from models.image_to_image.pool import ImagePool

# Purposes of the draws of a step: one pool each.
POOL_A, POOL_B = 3, 4


class CycleGAN(Adversarial):
    """Two translators that undo each other, each against the discriminator of the side it translates to.

    `generator` is the paper's G, from A to B, against `discriminator` (D_Y); `backward_generator` its F, from B to A,
    against `backward_discriminator` (D_X). Batches are dicts: `a` and `b` (B, image_size, image_size, 3) float32 in
    [-1, 1], which do not belong to each other.
    """

    config_class = CycleGANConfig
    # As in the authors' code, one optimizer moves both translators, and one both discriminators.
    players = ("generators", "discriminators")
    generator_names = ("generator", "backward_generator")
    discriminator_names = ("discriminator", "backward_discriminator")
    log_names = ("generator_loss", "cycle_loss", "discriminator_loss", "real_score", "fake_score")
    # Sides of its images must be a multiple of it: two halvings, and then there must be something to reflect.
    side_multiple = 8

    def build_networks(self):
        """Appendix 7.2."""
        config = self.config
        for name in self.generator_names:
            network = networks.generator(config.generator_width, config.blocks, config.upsampling, name)
            setattr(self, name, network)
        for name in self.discriminator_names:
            network = discriminator(
                config.receptive_field,
                config.discriminator_width,
                conditional=False,
                normalize=normalization(config.discriminator_normalization),
                use_bias=True,
                name=name,
            )
            setattr(self, name, network)
        self.pool_a = ImagePool(config.pool_size, config.image_size, name="pool_a")
        self.pool_b = ImagePool(config.pool_size, config.image_size, name="pool_b")
        self.keep_average()

    def player_variables(self, player: str) -> list:
        """Both networks of a kind."""
        names = {"generators": self.generator_names, "discriminators": self.discriminator_names}[player]
        return [variable for name in names for variable in getattr(self, name).trainable_variables]

    def learning_rate(self, player: str, steps_per_epoch: int) -> LinearDecay:
        """Section 4: constant, then falling to 0 in a line."""
        config = self.config
        constant, decay = config.constant_epochs * steps_per_epoch, config.decay_epochs * steps_per_epoch
        return LinearDecay(self.initial_rate(player), constant, decay)

    def translate(self, image: tf.Tensor) -> tf.Tensor:
        """(B, h, w, 3) translations from A to B."""
        return self.generator({"image": image}, training=True)

    def translate_back(self, image: tf.Tensor) -> tf.Tensor:
        """(B, h, w, 3) translations from B to A."""
        return self.backward_generator({"image": image}, training=True)

    def score_a(self, image: tf.Tensor) -> tf.Tensor:
        """(B, h', w', 1) logits of patches: real images of A?"""
        return self.backward_discriminator({"image": self.seen(image)}, training=True)

    def score_b(self, image: tf.Tensor) -> tf.Tensor:
        """(B, h', w', 1) logits of patches: real images of B?"""
        return self.discriminator({"image": self.seen(image)}, training=True)

    def train_step(self, batch):
        """Sections 3 and 4: a step of both translators, then one of both discriminators, its loss halved."""
        a, b = self.sized(batch["a"]), self.sized(batch["b"])
        config, loss = self.config, self.adversarial
        with tf.GradientTape() as tape:
            generated_b, generated_a = self.translate(a), self.translate_back(b)
            generator_loss = loss.generator(self.score_b(generated_b)) + loss.generator(self.score_a(generated_a))
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
            real_a, real_b = self.score_a(a), self.score_b(b)
            fake_a, fake_b = self.score_a(pooled_a), self.score_b(pooled_b)
            discriminator_loss = 0.5 * (
                loss.real(real_a, self.real_target)
                + loss.fake(fake_a)
                + loss.real(real_b, self.real_target)
                + loss.fake(fake_b)
            ) + (self.weighted_penalty(self.score_a, a, pooled_a) + self.weighted_penalty(self.score_b, b, pooled_b))
        self.minimize(discriminator_loss, tape, "discriminators")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            cycle_loss=cycle_loss,
            discriminator_loss=discriminator_loss,
            real_score=0.5 * (self.mean_score(real_a) + self.mean_score(real_b)),
            fake_score=0.5 * (self.mean_score(fake_a) + self.mean_score(fake_b)),
        )

    def pooled(self, pool: ImagePool, generated: tf.Tensor, purpose: int) -> tf.Tensor:
        """(B, h, w, 3) what the discriminator is shown instead of this step's translations: also earlier ones."""
        batch = self.all_rows(tf.stop_gradient(generated))
        batch = tf.ensure_shape(batch, (self.config.batch_size, *generated.shape[1:]))
        draws = tf.random.stateless_uniform((self.config.batch_size, 2), self.noise_seed(purpose))
        return self.own_rows(tf.shape(generated)[0], lambda total: pool.exchange(batch, draws))


def distance(image: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """The mean absolute difference, which cycle and identity loss are made of."""
    return tf.reduce_mean(tf.abs(image - wanted))
