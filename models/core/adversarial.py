"""What every model with a generator and a discriminator shares: losses by name, stabilizers, the moving average."""

from collections.abc import Callable

import tensorflow as tf

from losses import ADVERSARIAL, PENALTIES, AdversarialLoss, PairedLoss
from models.core.adversarial_config import AdversarialConfig
from models.core.augmentation import DRAWS, augment
from models.core.average import MovingAverage
from models.core.trained import TrainedModel

# Purposes of a step's random numbers; 0 is the latents', and subclasses number theirs from 10.
INTERPOLATION, AUGMENTATION, INSTANCE_NOISE, INPUT_NOISE = 1, 5, 6, 7
# What a discriminator is shown within a step: real images, mismatched ones, generated ones in its own turn and in the
# generator's, and those of a penalty. Each has its own random numbers, as in Zhao et al. 2020, section 3.2.
ROLES = REAL, WRONG, FAKE, GENERATED, PENALIZED = range(5)


class Adversarial(TrainedModel):
    """A generator against a discriminator.

    A subclass builds both in `build_networks`, and ends its `train_step` with `after_step` and `track`.
    """

    config_class = AdversarialConfig
    players = ("generator", "discriminator")
    # The networks with moving averages; the first is sampled by default.
    generator_names: tuple[str, ...] = ("generator",)

    def __init__(self, config):
        super().__init__(config)
        # Only now, so that the averages start with the singular vectors of the networks as they were warmed up.
        self.averages = [
            MovingAverage(getattr(self, name), config.average_decay)
            for name in self.generator_names
            if config.average_decay
        ]
        # Attributes of the model, so that checkpoints contain them.
        for name, average in zip(self.generator_names, self.averages, strict=False):
            setattr(self, f"averaged_{name}", average.average)

    @property
    def is_averaged(self) -> bool:
        """Whether moving averages of the generators are sampled, evaluated and exported."""
        return bool(self.averages)

    def sampled(self, name: str):
        """A generator as it is sampled, evaluated and exported: its moving average if there is one."""
        return getattr(self, f"averaged_{name}" if self.is_averaged else name)

    @property
    def sampled_generator(self):
        """The first generator as it is sampled, evaluated and exported."""
        return self.sampled(self.generator_names[0])

    @property
    def adversarial(self) -> AdversarialLoss | PairedLoss:
        """The adversarial loss of the configuration, with its parameters."""
        return ADVERSARIAL[self.config.adversarial](**self.config.loss_parameters)

    def mean_score(self, logits: tf.Tensor) -> tf.Tensor:
        """How real the discriminator considers images on average, a float32 scalar to watch."""
        return self.adversarial.score(logits)

    def initial_rate(self, player: str) -> float:
        """The learning rate; discriminators may have their own (Heusel et al. 2017)."""
        own = self.config.discriminator_learning_rate if "discriminator" in player else 0.0
        return own or self.config.learning_rate

    def augment(self, image: tf.Tensor, role: int, turn: int = 0, noise: int = INSTANCE_NOISE) -> tf.Tensor:
        """(B, ...) images, real or generated, as a discriminator's input: augmented and with instance noise.

        Args:
            image: (B, ...).
            role: one of `ROLES`. All images of a role and turn are augmented in the same way, row by row, so that the
                two of a pair still match.
            turn: the discriminator's turn within the step.
            noise: the purpose of the noise. The two images of a pair have different ones: with the same noise, their
                difference would be free of it.
        """
        config, count = self.config, tf.shape(image)[0]
        if config.augmentations:
            draws = self.sample_uniform(count, purpose_of(AUGMENTATION, role), turn, shape=(DRAWS,))
            image = augment(image, config.augmentations, draws)
        if config.instance_noise:
            share = 1.0
            if config.instance_noise_steps:
                share = tf.nn.relu(1.0 - tf.cast(self.steps_done, tf.float32) / config.instance_noise_steps)
            seed, shape = self.noise_seed(purpose_of(noise, role), turn), tuple(image.shape[1:])
            drawn = self.replica_rows(count, lambda total: tf.random.stateless_normal((total, *shape), seed))
            image += config.instance_noise * share * drawn
        return image

    def weighted_penalty(
        self, score: Callable[[tf.Tensor], tf.Tensor], image: tf.Tensor, generated: tf.Tensor, turn: int = 0
    ) -> tf.Tensor:
        """The penalty on the discriminator's gradient, times its weight; 0 when off.

        Args:
            score: images (B, ...) to logits (B, ...).
            image: (B, ...) real images.
            generated: (B, ...) generated images.
            turn: the discriminator's turn within the step.
        """
        config = self.config
        if config.penalty == "none":
            return tf.constant(0.0)
        weight = self.sample_uniform(tf.shape(image)[0], INTERPOLATION, turn)
        return config.penalty_weight * PENALTIES[config.penalty](score, image, tf.stop_gradient(generated), weight)

    def after_step(self):
        """Update the moving averages of the generators, if there are any."""
        for average in self.averages:
            average.update(self.steps_done)


def purpose_of(purpose: int, role: int) -> int:
    """The purpose of random numbers that each role has its own of."""
    return purpose + 100 * role
