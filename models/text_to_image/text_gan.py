"""The naive text-conditional GAN (Reed et al. 2016, section 4.2, first paragraph)."""

import tensorflow as tf

from models.core.adversarial import FAKE, REAL
from models.text_to_image.base import TextToImage


class TextGAN(TextToImage):
    """The discriminator is trained on real images with their texts and generated images with theirs, all matching."""

    def train_step(self, batch):
        """One step of the discriminator, then one of the generator against it."""
        image, loss = batch["image"], self.adversarial
        with tf.GradientTape() as generator_tape:
            with tf.GradientTape() as discriminator_tape:
                texts = self.read(batch)
                text = texts["embedding"]
                asked, own = self.asked(texts)
                generated = self.generate(asked["generator_text"])
                real_logits = self.score(image, text, REAL)
                fake_logits = self.score(tf.stop_gradient(generated[:own]), text[:own], FAKE)
                discriminator_loss = loss.discriminator(real_logits, fake_logits)
                discriminator_loss += self.penalty(image[:own], generated[:own], text[:own])
            self.minimize(discriminator_loss, discriminator_tape, "discriminator")
            generator_loss = self.generator_loss(generated, asked["embedding"], image)
            generator_loss += self.disagreement(generated, asked, batch)
            generator_loss += self.sameness(generated, asked["generator_text"])
        self.minimize(generator_loss, generator_tape, "generator")
        self.after_step()
        return self.track(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(real_logits),
            fake_score=self.mean_score(fake_logits),
        )
