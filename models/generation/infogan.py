"""InfoGAN: codes in the generator's input that can be read off its images (Chen et al. 2016, section 5)."""

from functools import partial

import tensorflow as tf

from losses import categorical_information, continuous_information
from models.generation.configs import InfoGANConfig
from models.generation.gan import ImageGAN


class InfoGAN(ImageGAN):
    """The recognition network Q shares all but its last layers with the discriminator, and learns in both steps."""

    config_class = InfoGANConfig
    log_names = (*ImageGAN.log_names, "information")

    @property
    def heads(self) -> dict[str, int]:
        """Q's category and continuous codes, those that there are."""
        sizes = {"category_logits": self.config.categories, "continuous_means": self.config.continuous_codes}
        return {name: size for name, size in sizes.items() if size}

    def information(self, said: dict, latent: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The lower bound L_I of the mutual information (equation 5), in nats, and the same weighted by lambda.

        Args:
            said: of generated images.
            latent: (B, input_dim) what they were made of.
        """
        config = self.config
        _, category, codes = tf.split(latent, [config.latent_dim, config.categories, config.continuous_codes], axis=1)
        bound = weighted = tf.constant(0.0)
        if config.categories:
            part = categorical_information(said["category_logits"], category)
            bound, weighted = bound + part, weighted + config.information_weight * part
        if config.continuous_codes:
            part = continuous_information(said["continuous_means"], codes)
            bound, weighted = bound + part, weighted + config.continuous_weight * part
        return bound, weighted

    def train_step(self, batch):
        """Equation 6: k turns of the discriminator and Q on V - lambda L_I, then one of the generator."""
        loss, count = self.adversarial, tf.shape(batch["real"])[0]
        for turn, (real, told) in enumerate(self.turns(batch)):
            latent = self.sample_latent(count, turn)
            generated = self.generate(latent, told)
            with tf.GradientTape() as tape:
                of_real, of_fake = self.judge(told, turn, real), self.judge(told, turn, generated)
                _, weighted_information = self.information(of_fake, latent)
                discriminator_loss = (
                    loss.real(of_real["logits"], self.real_target)
                    + loss.fake(of_fake["logits"])
                    - weighted_information
                    + self.weighted_penalty(partial(self.score, told, turn), real, generated, turn)
                )
            self.discriminator_turn(discriminator_loss, tape)
        turn += 1
        latent = self.sample_latent(count, turn)
        with tf.GradientTape() as tape:
            of_fake = self.judge(told, turn, self.generate(latent, told))
            information, weighted_information = self.information(of_fake, latent)
            generator_loss = loss.generator(of_fake["logits"]) - weighted_information
        self.minimize(generator_loss, tape, "generator")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(of_real["logits"]),
            fake_score=self.mean_score(of_fake["logits"]),
            information=information,
        )
