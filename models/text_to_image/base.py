"""What the text-conditional GANs share: networks, text embeddings, generating and scoring."""

import keras
import tensorflow as tf

from losses import contrastive_loss
from models.core.adversarial import PENALIZED, Adversarial
from models.text_encoder.networks import text_encoder
from models.text_to_image import networks as reed
from models.text_to_image.configs import END_TO_END, TextToImageConfig

# The purpose of the random numbers that choose mismatched pairs, after those of `models.core.adversarial`.
MISMATCH = 11


class TextToImage(Adversarial):
    """A generator of images from latents and texts, and a discriminator of image-text pairs.

    Batches are dicts: `image` and `wrong_image` (B, image_size, image_size, 3) float32 in [-1, 1], and `text`
    (B, text_dim) float32, or, end to end, `characters` (B, captions_per_image, 201) integers. Where the configuration
    reads edits, also `edited_text` like `text`, of the captions with one word exchanged (where there is no such word,
    the text itself), and `label` (B,) integers, the classes of the images.
    """

    config_class = TextToImageConfig
    log_names = ("generator_loss", "discriminator_loss", "real_score", "fake_score")

    def build_networks(self):
        """Reed et al. 2016, section 4.1."""
        config = self.config
        self.text_encoder = text_encoder(config, config.text_dim) if config.text_encoder == END_TO_END else None
        self.generator = reed.generator(config)
        self.discriminator = reed.discriminator(config)
        self.image_encoder = reed.frozen_image_encoder(config) if config.contrastive_weight else None

    def player_networks(self, player: str) -> list[keras.Model]:
        """End to end, the text encoder learns in the discriminator's step."""
        networks = super().player_networks(player)
        if player == "discriminator" and self.text_encoder is not None:
            networks.append(self.text_encoder)
        return networks

    def embed(self, batch: dict) -> tf.Tensor:
        """(B, text_dim) text embeddings of a batch, each the mean over an image's captions."""
        if self.text_encoder is None:
            return batch["text"]
        characters = batch["characters"]
        count = characters.shape[1]
        flat = tf.reshape(characters, (-1, characters.shape[2]))
        embeddings = self.text_encoder({"characters": flat}, training=True)
        return tf.reduce_mean(tf.reshape(tf.cast(embeddings, tf.float32), (-1, count, self.config.text_dim)), axis=1)

    def generate(self, text: tf.Tensor, purpose: int = 0) -> tf.Tensor:
        """(B, image_size, image_size, 3) images from (B, text_dim) texts and this step's noise of a purpose."""
        latent = self.sample_latent(tf.shape(text)[0], purpose)
        return self.generator({"latent": latent, "text": tf.stop_gradient(text)}, training=True)

    def mismatched(self, batch: dict, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Real images (B, ...) and texts (B, text_dim) that do not describe them, of a matching-aware configuration.

        The texts of the batch with wrong images; of a share of the pairs, the right images with edited captions.
        """
        if not self.config.edited_share:
            return batch["wrong_image"], text
        draws = self.sample_uniform(tf.shape(text)[0], MISMATCH)
        is_edited = (draws < self.config.edited_share) & differ(batch["edited_text"], text)
        return (
            tf.where(is_edited[:, tf.newaxis, tf.newaxis, tf.newaxis], batch["image"], batch["wrong_image"]),
            tf.where(is_edited[:, tf.newaxis], batch["edited_text"], text),
        )

    def disagreement(self, generated: tf.Tensor, text: tf.Tensor, batch: dict) -> tf.Tensor:
        """The weighted contrastive loss of generated images and their texts, by the frozen encoders; 0 when off.

        Each image must find its text among those of the batch and its own with one word exchanged.
        """
        config = self.config
        if not config.contrastive_weight:
            return tf.constant(0.0)
        embedded, edited = self.image_encoder({"image": generated}, training=False), batch["edited_text"]
        loss = contrastive_loss(
            embedded,
            text,
            batch["label"],
            scale=config.contrastive_scale,
            edited_embedding=edited[:, tf.newaxis],
            is_edited=differ(edited, text)[:, tf.newaxis],
        )
        return config.contrastive_weight * loss

    def score(self, image: tf.Tensor, text: tf.Tensor, role: int) -> tf.Tensor:
        """(B, 1) logits: real, and matching the text?

        Real, mismatched and generated images are passed separately, so that no batch statistics mix them; each role
        has its own augmentation and noise.
        """
        return self.discriminator({"image": self.augment(image, role), "text": text}, training=True)

    def penalty(self, image: tf.Tensor, generated: tf.Tensor, text: tf.Tensor) -> tf.Tensor:
        """The weighted penalty on the gradient at real and generated images of the same texts; 0 when off."""
        fixed_text = tf.stop_gradient(text)
        return self.weighted_penalty(lambda images: self.score(images, fixed_text, PENALIZED), image, generated)


def differ(edited_text: tf.Tensor, text: tf.Tensor) -> tf.Tensor:
    """(B,) whether an edited text is another one than the text."""
    return tf.reduce_any(edited_text != text, axis=1)
