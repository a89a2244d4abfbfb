"""The adversarial game of Goodfellow et al. 2014, of images or of points, with or without a class."""

from functools import partial

import tensorflow as tf

from models.core import spectral
from models.core.adversarial import Adversarial
from models.core.optimizers import RisingMomentum
from models.core.schedules import ExponentialDecay, LinearDecay
from models.generation import dcgan, mlp, resnet
from models.generation.configs import GenerationConfig, ImageGenerationConfig, PointGenerationConfig
from models.generation.latent import latents

# Of images, by the name in the configuration.
NETWORKS = {"mlp": mlp, "dcgan": dcgan, "resnet": resnet}
# Purposes of the draws of a step, after those of `models.core.adversarial`.
LATENT, DROPOUT = 10, 11


class GAN(Adversarial):
    """A generator against a discriminator that has k turns a step (Algorithm 1).

    WGAN, WGAN-GP, LSGAN, SNGAN, CGAN and the projection discriminator play the same game with another loss, penalty,
    bound on the weights or network. Batches are dicts: `real` (B, k, ...) float32, images in [-1, 1], for each turn of
    the discriminator a mini-batch of its own; where the players are told the class, `label` (B, k) integers too.
    """

    config_class = GenerationConfig
    log_names = ("generator_loss", "discriminator_loss", "real_score", "fake_score")

    def build_networks(self):
        """The pair that the configuration names."""
        self.build_players()
        spectral.iterate(self.discriminator, spectral.WARM_UP)
        self.keep_average()

    def build_players(self):
        """Make `generator` and `discriminator`."""
        raise NotImplementedError

    def turns_of(self, player: str) -> int:
        """Steps of a player's optimizer in a step: that of the discriminator counts its own turns."""
        return self.config.discriminator_steps if player == "discriminator" else 1

    def learning_rate(self, player: str, steps_per_epoch: int):
        """Constant, halved now and then, falling in a line to 0, or by a factor at every step."""
        config, rate, turns = self.config, self.initial_rate(player), self.turns_of(player)
        if config.learning_rate_decay < 1.0:
            return ExponentialDecay(rate, config.learning_rate_decay ** (1 / turns))
        if config.decay_steps:
            return LinearDecay(rate, 0, config.decay_steps * turns)
        return super().learning_rate(player, steps_per_epoch * turns)

    def gradient_descent(self, player: str, rate, steps_per_epoch: int):
        """With a momentum that rises, if the configuration says so."""
        config = self.config
        if not config.final_momentum:
            return super().gradient_descent(player, rate, steps_per_epoch)
        epoch = steps_per_epoch * self.turns_of(player)
        return RisingMomentum(rate, config.beta_1, config.final_momentum, config.momentum_epochs, epoch)

    def sample_latent(self, count: int | tf.Tensor, turn: int = 0) -> tf.Tensor:
        """(count, input_dim) inputs of the generator, for this replica at this step and turn."""
        seed = self.noise_seed(LATENT, turn)
        return self.own_rows(count, lambda total: latents(self.config)(total, seed))

    def turns(self, batch: dict) -> list[tuple[tf.Tensor, dict]]:
        """For each turn of the discriminator the real images (B, ...), and what both players are told: their class."""
        told = {"label": batch["label"]} if self.is_told else {}
        return [
            (batch["real"][:, turn], {name: values[:, turn] for name, values in told.items()})
            for turn in range(self.config.discriminator_steps)
        ]

    @property
    def is_told(self) -> bool:
        """Whether the generator is told a class."""
        return "label" in self.generator.input

    def generate(self, latent: tf.Tensor, told: dict) -> tf.Tensor:
        """(B, ...) generated images, or points."""
        return self.generator({"latent": latent, **told}, training=True)

    def score(self, told: dict, turn: int, image: tf.Tensor) -> tf.Tensor:
        """(B, 1) logits: real (and of the class)?"""
        said = self.judge(told, turn, image)
        return said["logits"] if isinstance(said, dict) else said

    def judge(self, told: dict, turn: int, image: tf.Tensor):
        """All that the discriminator says of (B, ...) images.

        Real and generated ones pass one after another, so that no batch statistics mix them.
        """
        known = self.discriminator.input
        inputs = {"image": self.seen(image, turn), **{name: value for name, value in told.items() if name in known}}
        if "seed" in known:
            inputs["seed"] = tf.tile(self.replica_seed(DROPOUT, turn)[tf.newaxis], (tf.shape(image)[0], 1))
        return self.discriminator(inputs, training=True)

    def train_step(self, batch):
        """Algorithm 1: k turns of the discriminator, each on new real and generated images, then the generator's."""
        loss, count = self.adversarial, tf.shape(batch["real"])[0]
        for turn, (real, told) in enumerate(self.turns(batch)):
            score = partial(self.score, told, turn)
            generated = self.generate(self.sample_latent(count, turn), told)
            with tf.GradientTape() as tape:
                real_logits, fake_logits = score(real), score(generated)
                discriminator_loss = (
                    loss.real(real_logits, self.real_target)
                    + loss.fake(fake_logits)
                    + self.weighted_penalty(score, real, generated, turn)
                )
            self.discriminator_turn(discriminator_loss, tape)
        # The turn after the discriminator's last; of the same classes.
        turn += 1
        with tf.GradientTape() as tape:
            generated = self.generate(self.sample_latent(count, turn), told)
            generator_loss = loss.generator(self.score(told, turn, generated))
        self.minimize(generator_loss, tape, "generator")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(real_logits),
            fake_score=self.mean_score(fake_logits),
        )

    def discriminator_turn(self, loss: tf.Tensor, tape: tf.GradientTape):
        """One turn of the discriminator, after which its weights are as their bounds and norms want them."""
        self.minimize(loss, tape, "discriminator")
        self.clip_weights()
        # One power iteration a turn, as in Miyato et al. 2018, Algorithm 1.
        spectral.iterate(self.discriminator)

    def clip_weights(self):
        """Keep the discriminator's weights in the box, if there is one (Arjovsky et al. 2017, Algorithm 1, line 7)."""
        bound = self.config.weight_clip
        if not bound:
            return

        def clip(strategy, variables):
            for variable in variables:
                strategy.extended.update(variable, lambda own: own.assign(tf.clip_by_value(own, -bound, bound)))

        variables = [variable.value for variable in self.player_variables("discriminator")]
        tf.distribute.get_replica_context().merge_call(clip, args=(variables,))


class ImageGAN(GAN):
    """Of images."""

    config_class = ImageGenerationConfig

    @property
    def heads(self) -> dict[str, int]:
        """What else the discriminator reads off an image: name to how many numbers."""
        return {}

    def build_players(self):
        """By the network's name."""
        networks = NETWORKS[self.config.network]
        self.generator = networks.generator(self.config)
        self.discriminator = networks.discriminator(self.config, self.heads)


class PointGAN(GAN):
    """Of points of one or two dimensions."""

    config_class = PointGenerationConfig

    def build_players(self):
        """Two hidden layers each."""
        self.generator = mlp.point_generator(self.config)
        self.discriminator = mlp.point_discriminator(self.config)
