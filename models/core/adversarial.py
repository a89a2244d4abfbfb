"""What every model with a generator and a discriminator shares: losses by name, stabilizers, the average."""

from collections.abc import Callable

import tensorflow as tf

from losses import ADVERSARIAL, PENALTIES
from models.core.adversarial_config import AdversarialConfig
from models.core.augmentation import DRAWS, augmented
from models.core.average import MovingAverage
from models.core.trained import TrainedModel

# Purposes of the draws of a step; 0 is the latents', and subclasses go on from 10.
BETWEEN, AUGMENTATION, INSTANCE_NOISE, INPUT_NOISE = 1, 5, 6, 7


class Adversarial(TrainedModel):
    """A generator against a discriminator.

    A subclass builds both in `build_networks`, which it ends with `keep_average`, and ends its `train_step` with
    `after_step` and `track`.
    """

    config_class = AdversarialConfig
    players = ("generator", "discriminator")
    # The networks whose averages are kept, the one that is sampled first.
    generator_names: tuple[str, ...] = ("generator",)

    def keep_average(self):
        """Begin the moving averages of the generators, if the configuration asks for them."""
        decay = self.config.average_decay
        self.averages = [MovingAverage(getattr(self, name), decay) for name in self.generator_names if decay]
        # Kept as attributes of the model, so that checkpoints hold them.
        for name, average in zip(self.generator_names, self.averages, strict=False):
            setattr(self, f"averaged_{name}", average.average)

    def sampled(self, name: str):
        """A generator as it is sampled, scored and exported: its average if there is one, else as it is."""
        return getattr(self, f"averaged_{name}" if self.averages else name)

    @property
    def is_averaged(self) -> bool:
        """Whether there are averages."""
        return bool(self.averages)

    @property
    def sampled_generator(self):
        """The generator that is sampled, scored and exported."""
        return self.sampled(self.generator_names[0])

    @property
    def adversarial(self):
        """The adversarial loss by name."""
        return ADVERSARIAL[self.config.adversarial]

    def mean_score(self, logits: tf.Tensor) -> tf.Tensor:
        """How real (and, with a text or an input, how matching) the discriminator takes its images for, on average."""
        return self.adversarial.score(logits)

    @property
    def real_target(self) -> float:
        """1 without label smoothing."""
        return 1.0 - self.config.label_smoothing

    def initial_rate(self, player: str) -> float:
        """The discriminators may have a learning rate of their own (Heusel et al. 2017)."""
        own = self.config.discriminator_learning_rate if "discriminator" in player else 0.0
        return own or self.config.learning_rate

    def seen(self, image: tf.Tensor, turn: int = 0, noise: int = INSTANCE_NOISE) -> tf.Tensor:
        """What a discriminator sees of (B, ...) images, real or generated: with augmentation and instance noise.

        All images of a turn are augmented alike, row by row, so that those which are seen together still fit. Two that
        are seen together have noises of their own: of one noise their difference would be free.
        """
        config, count = self.config, tf.shape(image)[0]
        if config.augmentations:
            image = augmented(
                image, config.augmentations, self.sample_uniform(count, AUGMENTATION, turn, shape=(DRAWS,))
            )
        if config.instance_noise:
            left = 1.0
            if config.instance_noise_steps:
                left = tf.nn.relu(1.0 - tf.cast(self.steps_done, tf.float32) / config.instance_noise_steps)
            seed, shape = self.noise_seed(noise, turn), tuple(image.shape[1:])
            drawn = self.own_rows(count, lambda total: tf.random.stateless_normal((total, *shape), seed))
            image += config.instance_noise * left * drawn
        return image

    def weighted_penalty(
        self, score: Callable[[tf.Tensor], tf.Tensor], image: tf.Tensor, generated: tf.Tensor, turn: int = 0
    ) -> tf.Tensor:
        """The penalty on the discriminator's gradient, times its weight; 0 when off.

        Args:
            score: images (B, ...) to logits (B, ...).
            image: (B, ...) real images.
            generated: (B, ...) generated ones.
            turn: of the discriminator, within a step.
        """
        config = self.config
        if config.penalty == "none":
            return tf.constant(0.0)
        weight = self.sample_uniform(tf.shape(image)[0], BETWEEN, turn)
        return config.penalty_weight * PENALTIES[config.penalty](score, image, tf.stop_gradient(generated), weight)

    def after_step(self):
        """Move the averaged generators, if there are any."""
        for average in self.averages:
            average.update(self.steps_done)
