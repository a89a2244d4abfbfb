"""What the text-conditional GANs share: networks, text embeddings, generating and scoring."""

from typing import Protocol

import keras
import tensorflow as tf

from losses import (
    alignment_loss,
    contrastive_loss,
    edited_words_loss,
    matching_aware_penalty,
    mode_seeking_loss,
)
from models.core.adversarial import GENERATED, PENALIZED, REAL, Adversarial
from models.text_encoder.networks import text_encoder
from models.text_to_image import networks as reed
from models.text_to_image.configs import END_TO_END, MATCHING_AWARE, TextToImageConfig

# The purpose of the random numbers that choose mismatched pairs, after those of `models.core.adversarial`.
MISMATCH = 11
# That of the noise with which images are drawn again.
AGAIN = 12


class Frozen(Protocol):
    """Encoders of words and regions that do not learn (`serving.alignment.Alignment`)."""

    def read(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """Words (..., T) to `embedding` (..., D), `words` (..., T, A) and `weights` (..., T)."""

    def see(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Images (B, ...) in [-1, 1] to `embedding` (B, D) and `regions` (B, R, A)."""


class TextToImage(Adversarial):
    """A generator of images from latents and texts, and a discriminator of image-text pairs.

    Batches are dicts: `image` and `wrong_image` (B, image_size, image_size, 3) float32 in [-1, 1], and `text`
    (B, text_dim) float32, or, end to end, `characters` (B, captions_per_image, 201) integers. Where the configuration
    reads words, the texts are `words` (B, T) integers, beside `edited` (B, K, T), captions with one word exchanged
    (where there is no such word, the caption itself), and `label` (B,) integers, the classes of the images; frozen
    encoders, which are attached to the model, embed them.
    """

    config_class = TextToImageConfig
    log_names = ("generator_loss", "discriminator_loss", "real_score", "fake_score")

    def build_networks(self):
        """The generator, the discriminator and, end to end, the text encoder."""
        config = self.config
        self.text_encoder = text_encoder(config, config.text_dim) if config.text_encoder == END_TO_END else None
        self.generator, self.discriminator = self.build_players()
        self.alignment: Frozen | None = None

    def build_players(self) -> tuple[keras.Model, keras.Model]:
        """The generator and the discriminator; Reed et al. 2016, section 4.1."""
        return reed.generator(self.config), reed.discriminator(self.config)

    def attach(self, alignment: Frozen):
        """Give the frozen encoders of words and regions, where the configuration reads words. They are not saved."""
        self.alignment = alignment

    def player_networks(self, player: str) -> list[keras.Model]:
        """End to end, the text encoder learns in the discriminator's step."""
        networks = super().player_networks(player)
        if player == "discriminator" and self.text_encoder is not None:
            networks.append(self.text_encoder)
        return networks

    def read(self, batch: dict) -> dict:
        """What a step reads of a batch's captions.

        Returns:
            `embedding` (B, text_dim), each the mean over an image's captions, and `generator_text`, what the generator
            reads: that, or with attention the words, (B, T, A). Where the configuration reads words, also `words` and
            their `weights` (B, T), the same of the edited captions, (B, K, ...), under `edited`, and `is_edited` (B, K)
            bool, which of these there are.
        """
        if self.config.reads_words:
            edited, words = batch["edited"], batch["words"]
            is_edited = tf.reduce_any(edited != words[:, tf.newaxis], axis=2)
            return self.read_words(words) | {"edited": self.read_words(edited), "is_edited": is_edited}
        embedding = self.read_whole(batch)
        return {"embedding": embedding, "generator_text": embedding}

    def read_words(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """(..., T) numbers of words to what the frozen encoder gives, and `generator_text`."""
        given = self.alignment.read(ids)
        return given | {"ids": ids, "generator_text": given["words" if self.config.word_attention else "embedding"]}

    def read_whole(self, batch: dict) -> tf.Tensor:
        """(B, text_dim) embeddings of whole captions."""
        if self.text_encoder is None:
            return batch["text"]
        characters = batch["characters"]
        count = characters.shape[1]
        flat = tf.reshape(characters, (-1, characters.shape[2]))
        embeddings = tf.cast(self.text_encoder({"characters": flat}, training=True), tf.float32)
        return tf.reduce_mean(tf.reshape(embeddings, (-1, count, self.config.text_dim)), axis=1)

    def generate(self, text: tf.Tensor, purpose: int = 0) -> tf.Tensor:
        """(B, image_size, image_size, 3) images from this step's noise of a purpose and B texts as the generator reads
        them.
        """
        latent = self.sample_latent(tf.shape(text)[0], purpose)
        return self.generator({"latent": latent, "text": tf.stop_gradient(text)}, training=True)

    def divergence(self, text: tf.Tensor) -> tf.Tensor:
        """The weighted divergence of what the generator draws for B texts, as it reads them, from N(0, I); 0 of a
        generator that draws nothing (see `models.text_to_image.stackgan`).
        """
        return tf.constant(0.0)

    def sameness(self, generated: tf.Tensor, text: tf.Tensor, purpose: int = 0) -> tf.Tensor:
        """The weighted mode-seeking loss of the first half of the images, drawn again with other noise; 0 when off.

        Args:
            generated: (B, ...) of B texts and the noise of this purpose.
            text: the texts, as the generator reads them.
            purpose: of the noise.
        """
        if not self.config.mode_seeking_weight:
            return tf.constant(0.0)
        count = tf.shape(text)[0]
        half = (count + 1) // 2
        latent, other = (self.sample_latent(count, number)[:half] for number in (purpose, AGAIN))
        again = self.generator({"latent": other, "text": tf.stop_gradient(text[:half])}, training=True)
        return self.config.mode_seeking_weight * mode_seeking_loss(generated[:half], again, latent, other)

    def asked(self, texts: dict) -> tuple[dict, tf.Tensor]:
        """The texts that images are generated for, and how many of them, at the beginning, are the batch's own.

        The others are edited, so that the edit and the caption change places. As in section 4.3, the discriminator
        does not learn from the images of texts that no real image belongs to.
        """
        count = tf.shape(texts["embedding"])[0]
        if not self.config.generated_edits:
            return texts, count
        own = count - tf.cast(self.config.generated_edits * tf.cast(count, tf.float32), count.dtype)
        asked, edited = {}, {}
        for name, rows in texts["edited"].items():
            asked[name] = tf.concat([texts[name][:own], rows[own:, 0]], axis=0)
            first = tf.concat([rows[:own, 0], texts[name][own:]], axis=0)
            edited[name] = tf.concat([first[:, tf.newaxis], rows[:, 1:]], axis=1)
        return asked | {"edited": edited, "is_edited": texts["is_edited"]}, own

    def mismatched(self, batch: dict, texts: dict) -> tuple[tf.Tensor, tf.Tensor]:
        """Real images (B, ...) and texts (B, text_dim) that do not describe them, of a matching-aware configuration.

        The texts of the batch with wrong images; of a share of the pairs, the right images with edited captions.
        """
        text = texts["embedding"]
        if not self.config.edited_share:
            return batch["wrong_image"], text
        draws = self.sample_uniform(tf.shape(text)[0], MISMATCH)
        is_edited = (draws < self.config.edited_share) & texts["is_edited"][:, 0]
        return (
            tf.where(is_edited[:, tf.newaxis, tf.newaxis, tf.newaxis], batch["image"], batch["wrong_image"]),
            tf.where(is_edited[:, tf.newaxis], texts["edited"]["embedding"][:, 0], text),
        )

    def disagreement(self, generated: tf.Tensor, texts: dict, batch: dict) -> tf.Tensor:
        """The weighted contrastive losses of generated images and their texts, by the frozen encoders; 0 when off.

        Each image must find its text among those of the batch and its own with one word exchanged; as a whole, and
        word by word.
        """
        config, label, loss = self.config, batch.get("label"), tf.constant(0.0)
        if config.contrastive_weight or config.alignment_weight:
            caption = first_of_equals(texts["ids"])
            seen, edited, is_edited = self.alignment.see(generated), texts["edited"], texts["is_edited"]
        if config.contrastive_weight:
            pair = seen["embedding"], texts["embedding"]
            loss += config.contrastive_weight * contrastive_loss(
                *pair, label, caption, config.contrastive_scale, edited["embedding"], is_edited
            )
        if config.alignment_weight:
            regions, words = seen["regions"], texts["words"]
            by_words = alignment_loss(regions, words, texts["weights"], label, caption, config.alignment_scale)
            by_words += edited_words_loss(regions, words, edited["words"], is_edited, config.edited_scale)
            loss += config.alignment_weight * by_words
        return loss

    def score(self, image: tf.Tensor, text: tf.Tensor, role: int) -> tf.Tensor:
        """(B, 1) logits: real, and matching the text?

        Real, mismatched and generated images are passed separately, so that no batch statistics mix them; each role
        has its own augmentation and noise.
        """
        return self.discriminator({"image": self.augment(image, role), "text": text}, training=True)

    def generator_loss(self, generated: tf.Tensor, text: tf.Tensor, image: tf.Tensor) -> tf.Tensor:
        """The generator's adversarial loss; a paired one compares with the real images of the same texts."""
        loss, text = self.adversarial, tf.stop_gradient(text)
        real_logits = self.score(image, text, REAL) if loss.is_paired else None
        return loss.generator(self.score(generated, text, GENERATED), real_logits)

    def penalty(self, image: tf.Tensor, generated: tf.Tensor, text: tf.Tensor) -> tf.Tensor:
        """The weighted penalty on the gradient at real and generated images of the same texts; 0 when off."""
        fixed_text = tf.stop_gradient(text)
        if self.config.penalty == MATCHING_AWARE:
            matching = matching_aware_penalty(lambda *pair: self.score(*pair, PENALIZED), image, fixed_text)
            return self.config.penalty_weight * matching
        return self.weighted_penalty(lambda images: self.score(images, fixed_text, PENALIZED), image, generated)


def first_of_equals(rows: tf.Tensor) -> tf.Tensor:
    """(B, T) integers to (B,) of each row the number of the first that is equal to it: tells different rows apart."""
    return tf.argmax(tf.reduce_all(rows[:, tf.newaxis] == rows[tf.newaxis], axis=2), axis=1)
