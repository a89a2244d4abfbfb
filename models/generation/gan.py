"""The adversarial game of Goodfellow et al. 2014, for images or points, conditional on a class or not."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

import tensorflow as tf

from losses import feature_matching_loss
from models.core.adversarial import FAKE, GENERATED, PENALIZED, REAL, Adversarial, purpose_of
from models.core.adversarial_config import VIRTUAL
from models.core.history import HistoricalMean
from models.core.optimizers import RisingMomentum
from models.core.schedules import ExponentialDecay, LinearDecay
from models.core.virtual import set_reference
from models.generation import dcgan, mlp, resnet, weight_normalized
from models.generation.configs import GenerationConfig, ImageGenerationConfig, PointGenerationConfig
from models.generation.latent import latents

# The builders for images; the keys are `models.generation.configs.NETWORKS`.
NETWORKS = {"mlp": mlp, "dcgan": dcgan, "resnet": resnet, "weight_normalized": weight_normalized}
# Purposes of a step's random numbers, after those of `models.core.adversarial`.
LATENT, DROPOUT = 10, 11
# And the seed of what is drawn once, beside that of the configuration.
REFERENCE = 12


class Turn(NamedTuple):
    """What a player's turn within a step starts from.

    Attributes:
        index: 0 to k - 1 for the discriminator, k for the generator.
        real: (B, ...) real images, or points.
        conditions: `label` (B,) where the players are conditional.
        latent: (B, input_dim) the generator's latent input.
        known: what else is known of the real images, by its name in the batch, which a model may predict.
    """

    index: int
    real: tf.Tensor
    conditions: dict[str, tf.Tensor]
    latent: tf.Tensor
    known: dict[str, tf.Tensor]


class GAN(Adversarial):
    """A generator against a discriminator that has k turns per step (Algorithm 1).

    WGAN, WGAN-GP, LSGAN, SNGAN, CGAN and the projection discriminator play the same game with another loss, penalty,
    bound on the weights or network. Batches are dicts: `real` (B, k, ...) float32, images in [-1, 1], one mini-batch
    for each turn of the discriminator; where the players are conditional, also `label` (B, k) integers.

    Attributes:
        known_names: what else of a batch, (B, k, ...), a model predicts of real images.
    """

    config_class = GenerationConfig
    known_names: tuple[str, ...] = ()
    log_names = ("generator_loss", "discriminator_loss", "real_score", "fake_score")

    def __init__(self, config):
        super().__init__(config)
        # By player, of each of its networks.
        self.histories = {}
        if config.historical_averaging:
            for player in self.players:
                self.histories[player] = [HistoricalMean(network) for network in self.player_networks(player)]
                # Attributes of the model, so that checkpoints contain them.
                for place, history in enumerate(self.histories[player]):
                    setattr(self, f"historical_{player}_{place}", history.average)

    @property
    def own_copies(self):
        """The means of the weights so far."""
        return tuple(
            f"historical_{player}_{place}"
            for player, histories in self.histories.items()
            for place in range(len(histories))
        )

    def begun(self):
        """The means of the weights so far begin with these."""
        for histories in self.histories.values():
            for history in histories:
                history.average.set_weights(history.network.get_weights())

    def with_weight_terms(self, gradients, share, player):
        """Historical averaging: the squared distance of the weights from their mean so far, times its weight."""
        if player not in self.histories:
            return gradients
        pulls = [pull for history in self.histories[player] for pull in history.gradients()]
        scale = self.config.historical_averaging * share
        return [
            scale * pull if gradient is None else gradient + scale * pull
            for gradient, pull in zip(gradients, pulls, strict=True)
        ]

    def turns_of(self, player: str) -> int:
        """Updates of a player in a step, by which its optimizer counts."""
        return self.config.discriminator_steps if "discriminator" in player else 1

    def player(self, role: str, turn: "Turn") -> str:
        """Who plays the "generator" or the "discriminator" in a turn: by default the networks of that name."""
        return role

    def learning_rate(self, player: str, steps_per_epoch: int):
        """Constant, halved every few epochs, falling linearly to 0, or by a factor at every step."""
        config, rate, turns = self.config, self.initial_rate(player), self.turns_of(player)
        if config.learning_rate_decay < 1.0:
            return ExponentialDecay(rate, config.learning_rate_decay ** (1 / turns), config.minimum_learning_rate)
        if config.decay_steps:
            return LinearDecay(rate, 0, config.decay_steps * turns)
        return super().learning_rate(player, steps_per_epoch * turns)

    def gradient_descent(self, player: str, rate, steps_per_epoch: int):
        """With rising momentum if the configuration sets `final_momentum`."""
        config = self.config
        if not config.final_momentum:
            return super().gradient_descent(player, rate, steps_per_epoch)
        epoch = steps_per_epoch * self.turns_of(player)
        return RisingMomentum(rate, config.beta_1, config.final_momentum, config.momentum_epochs, epoch)

    def sample_latent(self, count: int | tf.Tensor, turn: int = 0) -> tf.Tensor:
        """(count, input_dim) latent inputs of the generator, for this replica at this step and turn."""
        seed = self.noise_seed(LATENT, turn)
        return self.replica_rows(count, lambda total: latents(self.config)(total, seed))

    def turns(self, batch: dict) -> Iterator[Turn]:
        """The k turns of the discriminator, each with new images and latents, then that of the generator.

        The generator's has new latents too, and the images and classes of the discriminator's last turn.
        """
        count, last = tf.shape(batch["real"])[0], self.config.discriminator_steps - 1
        labels = ("label",) if self.is_conditional else ()
        for index in range(last + 2):
            drawn = min(index, last)
            conditions, known = ({name: batch[name][:, drawn] for name in of} for of in (labels, self.known_names))
            yield Turn(index, batch["real"][:, drawn], conditions, self.sample_latent(count, index), known)

    @property
    def is_conditional(self) -> bool:
        """Whether the generator is conditioned on a class."""
        return "label" in self.generator.input

    def generate(self, turn: Turn) -> tf.Tensor:
        """(B, ...) generated images, or points."""
        generator = getattr(self, self.player("generator", turn))
        return generator({"latent": turn.latent, **turn.conditions}, training=True)

    def discriminate(self, turn: Turn, image: tf.Tensor, role: int) -> dict[str, tf.Tensor]:
        """The discriminator's outputs for (B, ...) images: `logits` (B, 1), real (and of the class)?, and the heads.

        Real and generated images are passed separately, so that no batch statistics mix them; each role has its own
        augmentation, noise and dropout.
        """
        discriminator = getattr(self, self.player("discriminator", turn))
        names = discriminator.input
        conditions = {name: value for name, value in turn.conditions.items() if name in names}
        inputs = {"image": self.augment(image, role, turn.index), **conditions}
        if "seed" in names:
            seed = self.replica_seed(purpose_of(DROPOUT, role), turn.index)
            inputs["seed"] = tf.tile(seed[tf.newaxis], (tf.shape(image)[0], 1))
        outputs = discriminator(inputs, training=True)
        return outputs if isinstance(outputs, dict) else {"logits": outputs}

    def score(self, turn: Turn, image: tf.Tensor, role: int) -> tf.Tensor:
        """(B, 1) the logits of `discriminate`."""
        return self.discriminate(turn, image, role)["logits"]

    def penalty(self, turn: Turn, generated: tf.Tensor) -> tf.Tensor:
        """The weighted penalty on the gradient at this turn's real and generated images; 0 when off."""
        score = partial(self.score, turn, role=PENALIZED)
        return self.weighted_penalty(score, turn.real, generated, turn.index)

    def discriminator_loss(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """The discriminator's adversarial loss, times its factor."""
        return self.config.discriminator_loss_factor * self.adversarial.discriminator(real_logits, fake_logits)

    def generator_loss(self, turn: Turn, fake_logits: tf.Tensor) -> tf.Tensor:
        """The generator's adversarial loss; a paired one also takes the current logits of the turn's real images."""
        loss = self.adversarial
        return loss.generator(fake_logits, self.score(turn, turn.real, REAL) if loss.is_paired else None)

    def generator_turn_loss(self, turn: Turn) -> tf.Tensor:
        """The generator's loss in its own turn: of new images, as the discriminator sees them."""
        return self.generator_loss(turn, self.score(turn, self.generate(turn), GENERATED))

    def train_step(self, batch):
        """Algorithm 1."""
        played = self.play(self.turns(batch))
        self.after_step()
        return self.track(**played)

    def play(self, turns: Iterable[Turn]) -> dict[str, tf.Tensor]:
        """k turns of the discriminator, each on new real and generated images, then the generator's; returns what is
        logged of them.
        """
        *discriminator_turns, generator_turn = turns
        for turn in discriminator_turns:
            generated = self.generate(turn)
            with tf.GradientTape() as tape:
                real_logits, fake_logits = self.score(turn, turn.real, REAL), self.score(turn, generated, FAKE)
                discriminator_loss = self.discriminator_loss(real_logits, fake_logits) + self.penalty(turn, generated)
            self.minimize(discriminator_loss, tape, self.player("discriminator", turn))
        turn = generator_turn
        with tf.GradientTape() as tape:
            generator_loss = self.generator_turn_loss(turn)
        self.minimize(generator_loss, tape, self.player("generator", turn))
        return {
            "generator_loss": generator_loss,
            "discriminator_loss": discriminator_loss,
            "real_score": self.mean_score(real_logits),
            "fake_score": self.mean_score(fake_logits),
        }

    def constrain(self, player: str):
        """Weight clipping of the discriminator (Arjovsky et al. 2017, Algorithm 1, line 7), then as everywhere."""
        bound = self.config.weight_clip
        if bound and "discriminator" in player:

            def clip(strategy, variables):
                for variable in variables:
                    strategy.extended.update(variable, lambda own: own.assign(tf.clip_by_value(own, -bound, bound)))

            variables = [variable.value for variable in self.player_variables(player)]
            tf.distribute.get_replica_context().merge_call(clip, args=(variables,))
        super().constrain(player)
        for history in self.histories.get(player, ()):
            history.update(self.optimizer_of(player).iterations)


class ImageGAN(GAN):
    """A GAN of images."""

    config_class = ImageGenerationConfig

    def generator_turn_loss(self, turn: Turn) -> tf.Tensor:
        """The adversarial loss of new images or, in its place, that of feature matching with the turn's real ones."""
        if not self.config.feature_matching:
            return super().generator_turn_loss(turn)
        fake = self.discriminate(turn, self.generate(turn), GENERATED)
        return feature_matching_loss(self.discriminate(turn, turn.real, REAL)["features"], fake["features"])

    def build_networks(self):
        """The pair of networks with the configuration's name."""
        networks = NETWORKS[self.config.network]
        self.generator = networks.generator(self.config)
        self.discriminator = networks.discriminator(self.config)
        self.set_reference()

    def set_reference(self):
        """Of virtual batch normalization: noise that is drawn once, and each class in turn."""
        config = self.config
        if config.generator_normalization == VIRTUAL:
            rows = config.reference_batch
            references = {"reference": latents(config)(rows, tf.constant([config.seed, REFERENCE]))}
            if self.is_conditional:
                references["reference_classes"] = tf.one_hot(tf.range(rows) % config.classes, config.classes)
            set_reference(self.generator, **references)


class PointGAN(GAN):
    """A GAN of points of one or two dimensions."""

    config_class = PointGenerationConfig

    def build_networks(self):
        """Two hidden layers each."""
        self.generator = mlp.point_generator(self.config)
        self.discriminator = mlp.point_discriminator(self.config)
