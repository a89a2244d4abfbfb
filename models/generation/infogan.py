"""InfoGAN: latent codes that can be predicted from the generated images (Chen et al. 2016, section 5)."""

import tensorflow as tf

from losses import categorical_information, continuous_information
from models.core.adversarial import FAKE, GENERATED, REAL
from models.generation.class_configs import InfoGANConfig
from models.generation.gan import ImageGAN


class InfoGAN(ImageGAN):
    """The recognition network Q shares all but its last layers with the discriminator, and learns in both steps."""

    config_class = InfoGANConfig
    log_names = (*ImageGAN.log_names, "information")

    def information(self, outputs: dict, latent: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The lower bound L_I of the mutual information (equation 5) in nats, and its parts weighted by lambda.

        Args:
            outputs: the discriminator's for generated images.
            latent: (B, input_dim) what the images were generated from.
        """
        config = self.config
        _, category, codes = tf.split(latent, list(config.latent_parts.values()), axis=1)
        bound = weighted = tf.constant(0.0)
        if config.categories:
            part = categorical_information(outputs["category_logits"], category)
            bound, weighted = bound + part, weighted + config.information_weight * part
        if config.continuous_codes:
            part = continuous_information(outputs["continuous_means"], codes)
            bound, weighted = bound + part, weighted + config.continuous_weight * part
        return bound, weighted

    def train_step(self, batch):
        """Equation 6: k turns of the discriminator and Q on V - lambda L_I, then one of the generator."""
        *discriminator_turns, generator_turn = self.turns(batch)
        for turn in discriminator_turns:
            generated = self.generate(turn)
            with tf.GradientTape() as tape:
                real, fake = self.discriminate(turn, turn.real, REAL), self.discriminate(turn, generated, FAKE)
                _, weighted_information = self.information(fake, turn.latent)
                discriminator_loss = self.discriminator_loss(real["logits"], fake["logits"])
                discriminator_loss -= weighted_information
                discriminator_loss += self.penalty(turn, generated)
            self.minimize(discriminator_loss, tape, "discriminator")
        turn = generator_turn
        with tf.GradientTape() as tape:
            outputs = self.discriminate(turn, self.generate(turn), GENERATED)
            information, weighted_information = self.information(outputs, turn.latent)
            generator_loss = self.generator_loss(turn, outputs["logits"]) - weighted_information
        self.minimize(generator_loss, tape, "generator")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(real["logits"]),
            fake_score=self.mean_score(fake["logits"]),
            information=information,
        )
