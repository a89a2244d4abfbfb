"""ACGAN: the discriminator also predicts the class of each image (Odena et al. 2017, section 3)."""

import tensorflow as tf

from losses import class_loss
from models.core.adversarial import FAKE, GENERATED, REAL
from models.generation.class_configs import ACGANConfig
from models.generation.gan import ImageGAN, Turn


class ACGAN(ImageGAN):
    """Both players maximize the likelihood of the classes; they oppose each other on which images are real."""

    config_class = ACGANConfig
    log_names = (*ImageGAN.log_names, "real_class_loss", "fake_class_loss")

    def auxiliary_losses(self, outputs: dict, known: dict) -> dict[str, tf.Tensor]:
        """By name, the losses of what the discriminator predicts of images, as far as it is known of them.

        Args:
            outputs: the discriminator's.
            known: `label` (B,) of these images.
        """
        return {"class_loss": class_loss(outputs["class_logits"], known["label"])}

    def weighted(self, losses: dict) -> tf.Tensor:
        """The sum of losses by name, each times its weight."""
        return sum(getattr(self.config, name.replace("_loss", "_weight")) * loss for name, loss in losses.items())

    def asked(self, turn: Turn) -> dict[str, tf.Tensor]:
        """What the generated images of a turn were asked to be."""
        return turn.conditions

    def train_step(self, batch):
        """k turns of the discriminator on L_S + L_C, then one of the generator on L_C - L_S."""
        *discriminator_turns, generator_turn = self.turns(batch)
        for turn in discriminator_turns:
            generated = self.generate(turn)
            with tf.GradientTape() as tape:
                real, fake = self.discriminate(turn, turn.real, REAL), self.discriminate(turn, generated, FAKE)
                real_losses = self.auxiliary_losses(real, turn.conditions | turn.known)
                fake_losses = self.auxiliary_losses(fake, turn.conditions)
                discriminator_loss = self.discriminator_loss(real["logits"], fake["logits"])
                discriminator_loss += self.weighted(real_losses) + self.weighted(fake_losses)
                discriminator_loss += self.penalty(turn, generated)
            self.minimize(discriminator_loss, tape, "discriminator")
        turn = generator_turn
        with tf.GradientTape() as tape:
            outputs = self.discriminate(turn, self.generate(turn), GENERATED)
            asked_losses = self.auxiliary_losses(outputs, self.asked(turn))
            generator_loss = self.generator_loss(turn, outputs["logits"]) + self.weighted(asked_losses)
        self.minimize(generator_loss, tape, "generator")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(real["logits"]),
            fake_score=self.mean_score(fake["logits"]),
            **{f"real_{name}": loss for name, loss in real_losses.items()},
            # What the discriminator does not learn of generated images, of those of the generator's turn.
            **{f"fake_{name}": loss for name, loss in (asked_losses | fake_losses).items()},
        )
