"""GAN-INT and GAN-INT-CLS: learning with manifold interpolation (Reed et al. 2016, section 4.3)."""

import tensorflow as tf

from models.core.adversarial import FAKE, GENERATED, REAL, WRONG
from models.text_to_image.base import TextToImage
from models.text_to_image.configs import InterpolationConfig

# The purpose of the noise of the generator's own images, after those of `models.core.adversarial`.
GENERATOR_LATENT = 10


class GANINT(TextToImage):
    """The generator is also trained on interpolations of two texts of the batch.

    No real image belongs to such a text, so the discriminator is not trained on them. With `mismatch_weight` it is
    matching-aware as well (GAN-INT-CLS).
    """

    config_class = InterpolationConfig
    couples_examples = True
    batch_multiple = 2

    @property
    def log_names(self) -> tuple[str, ...]:
        """The score of mismatched images only where they are used."""
        wrong_score = ("wrong_score",) if self.config.mismatch_weight else ()
        return ("generator_loss", "interpolated_loss", "discriminator_loss", "real_score", *wrong_score, "fake_score")

    def with_interpolations(self, text: tf.Tensor) -> tf.Tensor:
        """(B, ...) texts to (1.5 B, ...): they, and interpolations of the first half and the second."""
        first, second = tf.split(text, 2)
        beta = self.config.interpolation_beta
        return tf.concat([text, beta * first + (1.0 - beta) * second], axis=0)

    def train_step(self, batch):
        """Algorithm 1 with equation 5 added to the generator's loss: the mean over 1.5 B generated images.

        As in the authors' code, the generator's are others than the discriminator's B, with noise of their own.
        """
        image, loss = batch["image"], self.adversarial
        mismatch_weight, interpolation_weight = self.config.mismatch_weight, self.config.interpolation_weight
        with tf.GradientTape() as tape:
            texts = self.read(batch)
            text = texts["embedding"]
            generated = tf.stop_gradient(self.generate(texts["generator_text"]))
            real_logits, fake_logits = self.score(image, text, REAL), self.score(generated, text, FAKE)
            discriminator_loss = (
                loss.real(real_logits)
                + (1.0 - mismatch_weight) * loss.fake(fake_logits)
                + self.penalty(image, generated, text)
            )
            if mismatch_weight:
                wrong_logits = self.score(*self.mismatched(batch, texts), WRONG)
                discriminator_loss += mismatch_weight * loss.fake(wrong_logits)
        self.minimize(discriminator_loss, tape, "discriminator")
        asked, _ = self.asked(texts)
        count = tf.shape(text)[0]
        all_text, generator_text = (self.with_interpolations(asked[name]) for name in ("embedding", "generator_text"))
        with tf.GradientTape() as tape:
            generated = self.generate(generator_text, GENERATOR_LATENT)
            logits = self.score(generated, tf.stop_gradient(all_text), GENERATED)
            interpolated_loss = loss.generator(logits[count:])
            generator_loss = (2.0 * loss.generator(logits[:count]) + interpolation_weight * interpolated_loss) / 3.0
            generator_loss += self.disagreement(generated[:count], asked, batch)
            generator_loss += self.sameness(generated, generator_text, GENERATOR_LATENT)
        self.minimize(generator_loss, tape, "generator")
        self.after_step()
        wrong_score = {"wrong_score": self.mean_score(wrong_logits)} if mismatch_weight else {}
        return self.track(
            generator_loss=generator_loss,
            interpolated_loss=interpolated_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(real_logits),
            fake_score=self.mean_score(fake_logits),
            **wrong_score,
        )
