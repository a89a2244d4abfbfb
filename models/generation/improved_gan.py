"""Improved GAN (Salimans et al. 2016, section 5): a discriminator that is a classifier, from few labels."""

import tensorflow as tf

from losses import class_loss
from models.core.adversarial import FAKE, REAL, WRONG
from models.generation.class_configs import ImprovedGANConfig
from models.generation.gan import ImageGAN

# The role of the images with labels, which is otherwise that of mismatched ones: this step has none.
LABELED = WRONG


class ImprovedGAN(ImageGAN):
    """Semi-supervised classification into K classes, and one more for generated images, whose logit is 0.

    The logit of "real" is then log sum exp of the K logits, and the loss on images without labels that of any GAN.
    Batches are dicts: `real` (B, k, ...) images without labels; `labeled` (B, ...) and their `known_label` (B,).
    """

    config_class = ImprovedGANConfig
    # Features are matched by their means over a batch.
    couples_examples = True
    log_names = (*ImageGAN.log_names, "class_loss", "accuracy")

    @property
    def is_conditional(self) -> bool:
        """The generator knows of no classes."""
        return False

    def train_step(self, batch):
        """The discriminator's turns on labels, real and generated images; then the generator's."""
        *discriminator_turns, generator_turn = self.turns(batch)
        labels, weight = batch["known_label"], self.config.unlabeled_weight
        for turn in discriminator_turns:
            generated = self.generate(turn)
            with tf.GradientTape() as tape:
                class_logits = self.discriminate(turn, batch["labeled"], LABELED)["class_logits"]
                labeled_loss = class_loss(class_logits, labels)
                real_logits, fake_logits = self.score(turn, turn.real, REAL), self.score(turn, generated, FAKE)
                discriminator_loss = labeled_loss + weight * self.discriminator_loss(real_logits, fake_logits)
                discriminator_loss += self.penalty(turn, generated)
            self.minimize(discriminator_loss, tape, "discriminator")
        with tf.GradientTape() as tape:
            generator_loss = self.generator_turn_loss(generator_turn)
        self.minimize(generator_loss, tape, "generator")
        self.after_step()
        seen = tf.argmax(class_logits, axis=1, output_type=labels.dtype)
        return self.track(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            real_score=self.mean_score(real_logits),
            fake_score=self.mean_score(fake_logits),
            class_loss=labeled_loss,
            accuracy=tf.reduce_mean(tf.cast(seen == labels, tf.float32)),
        )
