"""GAN-CLS: the matching-aware discriminator (Reed et al. 2016, section 4.2, Algorithm 1)."""

import tensorflow as tf

from models.core.adversarial import FAKE, REAL, WRONG
from models.text_to_image.base import TextToImage
from models.text_to_image.configs import MatchingAwareConfig


class GANCLS(TextToImage):
    """The discriminator is also trained on real images with mismatched texts, as false pairs."""

    config_class = MatchingAwareConfig
    log_names = ("generator_loss", "discriminator_loss", "real_score", "wrong_score", "fake_score")

    def train_step(self, batch):
        """Algorithm 1, lines 3 to 12; the images are generated once, for both players."""
        image = batch["image"]
        loss, mismatch_weight = self.adversarial, self.config.mismatch_weight
        with tf.GradientTape() as generator_tape:
            with tf.GradientTape() as discriminator_tape:
                texts = self.read(batch)
                text = texts["embedding"]
                asked, own = self.asked(texts)
                generated = self.generate(asked["generator_text"])
                real_logits = self.score(image, text, REAL)
                wrong_logits = self.score(*self.mismatched(batch, texts), WRONG)
                fake_logits = self.score(tf.stop_gradient(generated[:own]), text[:own], FAKE)
                # Real pairs are in both terms, so that they weigh 1: log s_r + (log(1 - s_w) + log(1 - s_f)) / 2.
                discriminator_loss = (
                    mismatch_weight * loss.discriminator(real_logits, wrong_logits)
                    + (1.0 - mismatch_weight) * loss.discriminator(real_logits, fake_logits)
                    + self.penalty(image[:own], generated[:own], text[:own])
                )
            self.minimize(discriminator_loss, discriminator_tape, "discriminator")
            generator_loss = self.generator_loss(generated, asked["embedding"], image)
            generator_loss += self.disagreement(generated, asked, batch)
            generator_loss += self.sameness(generated, asked["generator_text"])
            generator_loss += self.divergence(asked["generator_text"])
        self.minimize(generator_loss, generator_tape, "generator")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(real_logits),
            wrong_score=self.mean_score(wrong_logits),
            fake_score=self.mean_score(fake_logits),
        )
