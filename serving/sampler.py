"""Texts and noise to pixels, in one place for `--mode=sample`, the evaluation and the exported model."""

import keras
import numpy as np
import tensorflow as tf

from pipelines.images import to_uint8
from serving.text import CaptionEncoder


class Sampler(tf.Module):
    """A trained generator, with its text encoder if it has one.

    Args:
        generator: computes in float32; takes `latent` and `text`.
        encoder: turns captions into `text`; None for a model trained on embeddings from a file.
        step: the training step of the weights.
    """

    def __init__(self, generator: keras.Model, encoder: CaptionEncoder | None, step: int = 0):
        super().__init__()
        self.generator, self.encoder, self.step = generator, encoder, step
        self.latent_dim = generator.input["latent"].shape[-1]
        self.text_dim = generator.input["text"].shape[-1]
        self.generate = tf.function(
            self.images,
            input_signature=[
                tf.TensorSpec([None, self.text_dim], tf.float32),
                tf.TensorSpec([None, self.latent_dim], tf.float32),
            ],
        )

    def images(self, text: tf.Tensor, latent: tf.Tensor) -> tf.Tensor:
        """(B, text_dim) embeddings and (B, latent_dim) noise to (B, side, side, 3) uint8 images."""
        return to_uint8(self.generator({"latent": latent, "text": text}, training=False))

    def latents(self, count: tf.Tensor | int, seed: tf.Tensor | int) -> tf.Tensor:
        """(count, latent_dim) noise; the same seed gives the same noise, here and in the exported model."""
        return tf.random.stateless_normal((count, self.latent_dim), tf.stack([tf.cast(seed, tf.int32), 0]))

    def sample(self, text: np.ndarray, latent: np.ndarray, batch_size: int = 64) -> np.ndarray:
        """(n, side, side, 3) uint8 images of any number of texts."""
        parts = [
            self.generate(
                tf.constant(text[start : start + batch_size]), tf.constant(latent[start : start + batch_size])
            ).numpy()
            for start in range(0, len(text), batch_size)
        ]
        return np.concatenate(parts)
