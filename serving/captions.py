"""Captions, or their embeddings, and noise to pixels."""

import keras
import numpy as np
import tensorflow as tf

from pipelines.images import in_batches, to_uint8
from serving.encoder import CaptionEncoder
from serving.sampler import DEFAULT, PIXELS, Alone, Sampler, Signatures, mixed, noise_by_row, noise_seed, pictures


class CaptionSampler(Sampler):
    """A trained text-conditional generator, with its text encoder if it has one.

    Args:
        generator: takes `latent` and `text`.
        encoder: turns captions into `text`; None for a model trained on embeddings from a file.
        step: the training step of the weights.
    """

    def __init__(self, generator: keras.Model, encoder: CaptionEncoder | None, step: int = 0):
        super().__init__([generator, *([encoder.network] if encoder else [])], step)
        self.generator, self.encoder = generator, encoder
        self.latent_dim = generator.input["latent"].shape[-1]
        self.text_shape = tuple(generator.input["text"].shape[1:])
        self.generate = tf.function(
            self.images,
            input_signature=[
                tf.TensorSpec([None, *self.text_shape], tf.float32),
                tf.TensorSpec([None, self.latent_dim], tf.float32),
            ],
        )

    def images(self, text: tf.Tensor, latent: tf.Tensor) -> tf.Tensor:
        """(B, *text_shape) embeddings and (B, latent_dim) noise to (B, side, side, 3) uint8 images."""
        return to_uint8(self.generator({"latent": latent, "text": text}, training=False))

    def latents(self, count: tf.Tensor | int, seed: tf.Tensor | int, batch: int = 0) -> tf.Tensor:
        """(count, latent_dim) noise from N(0, 1), a function of the seed and of the number of the batch."""
        return tf.random.stateless_normal((count, self.latent_dim), noise_seed(seed, batch))

    def embed(self, captions: list[str]) -> np.ndarray:
        """(n, *text_shape) float32 embeddings of captions, whole or, of a generator with attention, of their words."""
        return self.encoder.embed_all(captions)

    def alone(self):
        """The generator; its `text` are embeddings."""
        return {"generator": Alone(self.generator)}

    def draw(self, inputs, seed: int) -> np.ndarray:
        """(n, side, side, 3) uint8 images.

        Args:
            inputs: `captions`, a list of n strings, or `embeddings` (n, *text_shape); `latent` (n, latent_dim) in the
                place of the seed's noise, if it is given.
            seed: of the noise.
        """
        text = inputs["embeddings"] if "embeddings" in inputs else self.embed(list(inputs["captions"]))
        latent = inputs["latent"] if "latent" in inputs else self.latents(len(text), seed).numpy()
        return in_batches(self.generate, text, latent, batch_size=64)

    def signatures(self) -> Signatures:
        """By name.

        serving_default: captions (B,) strings and seeds (B,) int32; the same caption and seed give the same image,
            which is the first of `--mode=sample --seed=s` for that caption. Returns `png_bytes` (B,).
        embeddings_and_seed: embeddings (B, *text_shape) float32 and seeds.
        embeddings_and_noise: embeddings and noise (B, latent_dim) float32.
        embed: captions; returns their `embeddings` (B, *text_shape) float32, as the generator alone takes them, too.
        between: captions, other_captions (B,) strings, share (B,) float32, seeds: of embeddings between those of the
            two, the first at a share of 0.
        pixels, between_pixels, embeddings_and_seed_pixels, embeddings_and_noise_pixels: the same as `images` (B, side,
            side, 3) uint8.
        Of a model trained on embeddings from a file, serving_default and pixels take embeddings and seeds.
        """
        captions = tf.TensorSpec([None], tf.string, name="captions")
        embeddings = tf.TensorSpec([None, *self.text_shape], tf.float32, name="embeddings")
        noise = tf.TensorSpec([None, self.latent_dim], tf.float32, name="noise")
        seed = tf.TensorSpec([None], tf.int32, name="seed")
        other_captions = tf.TensorSpec([None], tf.string, name="other_captions")
        share = tf.TensorSpec([None], tf.float32, name="share")

        def embeddings_and_noise(embeddings, noise):
            return self.images(embeddings, noise)

        def embeddings_and_seed(embeddings, seed):
            return self.images(embeddings, noise_by_row(self.latents, seed, self.latent_dim))

        def captions_and_seed(captions, seed):
            return embeddings_and_seed(self.encoder.embed(captions), seed)

        def embed(captions):
            return {"embeddings": self.encoder.embed(captions)}

        def between(captions, other_captions, share, seed):
            return embeddings_and_seed(
                mixed(self.encoder.embed(captions), self.encoder.embed(other_captions), share), seed
            )

        drawn = pictures(
            "embeddings_and_noise", "embeddings_and_noise_pixels", embeddings_and_noise, [embeddings, noise]
        )
        if self.encoder is None:
            return drawn | pictures(DEFAULT, PIXELS, embeddings_and_seed, [embeddings, seed])
        return (
            drawn
            | {"embed": (embed, [captions])}
            | pictures("embeddings_and_seed", "embeddings_and_seed_pixels", embeddings_and_seed, [embeddings, seed])
            | pictures(DEFAULT, PIXELS, captions_and_seed, [captions, seed])
            | pictures("between", "between_pixels", between, [captions, other_captions, share, seed])
        )
