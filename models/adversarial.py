"""What every model with a generator and a discriminator shares: the loss by name, the penalty, the average."""

from collections.abc import Callable

import tensorflow as tf

from losses import ADVERSARIAL, gradient_penalty
from models.base import MovingAverage, TrainedModel
from models.presets.adversarial import AdversarialConfig


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

    def weighted_gradient_penalty(
        self, score: Callable[[tf.Tensor], tf.Tensor], image: tf.Tensor, generated: tf.Tensor
    ) -> tf.Tensor:
        """The gradient penalty between real and generated images, times its weight; 0 when off.

        Args:
            score: images (B, h, w, c) to logits (B, 1).
            image: (B, h, w, c) real images.
            generated: (B, h, w, c) generated ones.
        """
        if not self.config.gradient_penalty_weight:
            return tf.constant(0.0)
        weight = self.sample_uniform(tf.shape(image)[0], purpose=1)
        return self.config.gradient_penalty_weight * gradient_penalty(score, image, tf.stop_gradient(generated), weight)

    def after_step(self):
        """Move the averaged generators, if there are any."""
        for average in self.averages:
            average.update(self.steps_done)
