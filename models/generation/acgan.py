"""ACGAN: the discriminator also names the class of each image (Odena et al. 2017, section 3)."""

from functools import partial

import tensorflow as tf

from losses import class_loss
from models.generation.configs import ACGANConfig
from models.generation.gan import ImageGAN


class ACGAN(ImageGAN):
    """Both players want the class of real and of generated images to be seen; they differ on which are real."""

    config_class = ACGANConfig
    log_names = (*ImageGAN.log_names, "real_class_loss", "fake_class_loss")

    @property
    def heads(self) -> dict[str, int]:
        """The auxiliary classifier."""
        return {"class_logits": self.config.classes}

    def train_step(self, batch):
        """k turns of the discriminator on L_S + L_C, then one of the generator on L_C - L_S."""
        loss, weight, count = self.adversarial, self.config.class_weight, tf.shape(batch["real"])[0]
        for turn, (real, told) in enumerate(self.turns(batch)):
            generated = self.generate(self.sample_latent(count, turn), told)
            with tf.GradientTape() as tape:
                of_real, of_fake = self.judge(told, turn, real), self.judge(told, turn, generated)
                real_class_loss = class_loss(of_real["class_logits"], told["label"])
                fake_class_loss = class_loss(of_fake["class_logits"], told["label"])
                discriminator_loss = (
                    loss.real(of_real["logits"], self.real_target)
                    + loss.fake(of_fake["logits"])
                    + weight * (real_class_loss + fake_class_loss)
                    + self.weighted_penalty(partial(self.score, told, turn), real, generated, turn)
                )
            self.discriminator_turn(discriminator_loss, tape)
        turn += 1
        with tf.GradientTape() as tape:
            of_fake = self.judge(told, turn, self.generate(self.sample_latent(count, turn), told))
            generator_loss = loss.generator(of_fake["logits"]) + weight * class_loss(
                of_fake["class_logits"], told["label"]
            )
        self.minimize(generator_loss, tape, "generator")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(of_real["logits"]),
            fake_score=self.mean_score(of_fake["logits"]),
            real_class_loss=real_class_loss,
            fake_class_loss=fake_class_loss,
        )
