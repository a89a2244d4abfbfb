"""SRResNet: super-resolution by the squared error of pixels (Ledig et al. 2017, sections 2.1 and 3.2)."""

import tensorflow as tf

from losses import pixel_loss
from models.core.adversarial import Adversarial
from models.core.schedules import ExponentialDecay
from models.super_resolution import networks
from models.super_resolution.configs import SRResNetConfig


class SRResNet(Adversarial):
    """A generator of high resolution from low, without an adversary.

    Batches are dicts: `low` (B, image_size / factor, image_size / factor, 3) and `high` (B, image_size, image_size, 3)
    float32 in [-1, 1].
    """

    config_class = SRResNetConfig
    players: tuple[str, ...] = ("generator",)
    log_names: tuple[str, ...] = ("generator_loss",)
    # The generator is convolutional: it takes images of any size.
    side_multiple = 1

    def build_networks(self):
        """Figure 4, at the top."""
        self.generator = networks.generator(self.config)

    def learning_rate(self, player, steps_per_epoch):
        """Constant, and from a step on a tenth (section 3.2)."""
        rate, dropped = self.initial_rate(player), self.config.learning_rate_drop_step
        return ExponentialDecay(rate, 0.1, 0.1 * rate, dropped) if dropped else super().learning_rate(player, 1)

    def train_step(self, batch):
        """Section 2.2.1, equation 4: the mean squared error."""
        with tf.GradientTape() as tape:
            enlarged = self.generator({"image": batch["low"]}, training=True)
            generator_loss = pixel_loss(batch["high"], enlarged)
        self.minimize(generator_loss, tape, "generator")
        self.after_step()
        return self.track(generator_loss=generator_loss)
