"""ACGAN: the discriminator also predicts the class of each image (Odena et al. 2017, section 3)."""

import tensorflow as tf

from losses import class_loss
from models.core.adversarial import FAKE, GENERATED, REAL
from models.generation.configs import ACGANConfig
from models.generation.gan import ImageGAN


class ACGAN(ImageGAN):
    """Both players maximize the likelihood of the classes; they oppose each other on which images are real."""

    config_class = ACGANConfig
    log_names = (*ImageGAN.log_names, "real_class_loss", "fake_class_loss")

    def train_step(self, batch):
        """k turns of the discriminator on L_S + L_C, then one of the generator on L_C - L_S."""
        weight = self.config.class_weight
        *discriminator_turns, generator_turn = self.turns(batch)
        for turn in discriminator_turns:
            generated, label = self.generate(turn), turn.conditions["label"]
            with tf.GradientTape() as tape:
                real, fake = self.discriminate(turn, turn.real, REAL), self.discriminate(turn, generated, FAKE)
                real_class_loss = class_loss(real["class_logits"], label)
                fake_class_loss = class_loss(fake["class_logits"], label)
                discriminator_loss = self.discriminator_loss(real["logits"], fake["logits"])
                discriminator_loss += weight * (real_class_loss + fake_class_loss)
                discriminator_loss += self.penalty(turn, generated)
            self.minimize(discriminator_loss, tape, "discriminator")
        turn = generator_turn
        with tf.GradientTape() as tape:
            outputs = self.discriminate(turn, self.generate(turn), GENERATED)
            generator_loss = self.generator_loss(turn, outputs["logits"])
            generator_loss += weight * class_loss(outputs["class_logits"], turn.conditions["label"])
        self.minimize(generator_loss, tape, "generator")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(real["logits"]),
            fake_score=self.mean_score(fake["logits"]),
            real_class_loss=real_class_loss,
            fake_class_loss=fake_class_loss,
        )
