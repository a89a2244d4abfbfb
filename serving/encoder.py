"""Captions to embeddings, as training, sampling and the served model all do it."""

import pathlib

import keras
import numpy as np
import tensorflow as tf

from pipelines.examples import DataError
from serving.reading import reading_of

# Of the embeddings' numbers. The generator reads them beside noise of standard deviation 1. Measured on the birds: at
# 0.014, where training leaves them, the text is hardly seen at first; at 1 the noise is never used, and all samples of
# a caption are alike.
STANDARD_DEVIATION = 0.2


class CaptionEncoder(tf.Module):
    """A trained text encoder on raw captions. Computes in float32.

    Args:
        network: made by `models.text_encoder.networks.text_encoder` or `models.text_encoder.words.text_encoder`; or one
            of the same input whose output is the embedding of each word, (B, T, A) (`serving.alignment`).

    Attributes:
        reading: what it reads of a caption (`serving.reading.Reading`).
    """

    def __init__(self, network: keras.Model):
        super().__init__()
        self.network, self.reading = network, reading_of(network)
        self.embedding_dim = network.output_shape[-1]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def embed(self, captions: tf.Tensor) -> tf.Tensor:
        """(B,) raw caption strings to (B, D) float32 embeddings, or (B, T, A) of words."""
        inputs = {self.reading.input_name: self.reading.ids(captions)}
        return tf.cast(self.network(inputs, training=False), tf.float32)

    def word_features(self, captions: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(B,) raw captions to features of each word, (B, T, F) float32, and (B, T) bool, where there are words.

        Raises:
            DataError: it reads no words.
        """
        if self.reading.input_name != "words":
            raise DataError("features of words come from an encoder that reads words. Received: one of characters")
        outputs = [self.network.get_layer(name).output for name in ("word_features", "word_mask")]
        features, mask = keras.Model(self.network.input, outputs)({"words": self.reading.ids(captions)}, training=False)
        return features, mask[..., 0] > 0

    def embed_all(self, captions: list[str], batch_size: int = 256) -> np.ndarray:
        """(m, D) float32 embeddings of any number of captions, or (m, T, A) of words."""
        parts = [
            self.embed(tf.constant(captions[start : start + batch_size])).numpy()
            for start in range(0, len(captions), batch_size)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, *self.network.output_shape[1:]), np.float32)

    def save(self, path: pathlib.Path):
        """Write the network as a `.keras` file."""
        self.network.save(path)

    @classmethod
    def load(cls, path: pathlib.Path) -> "CaptionEncoder":
        """Read what `save` wrote; DataError if an earlier version of this project did, whose layers were others."""
        try:
            return cls(keras.saving.load_model(path, compile=False))
        except (ValueError, TypeError) as error:
            raise DataError(
                "a text encoder must be one that this version can load: train it again, with --restart in its run "
                f"folder. Received: {path} ({str(error).splitlines()[0][:120]})"
            ) from error

    def standardize(self, captions: list[str]) -> tuple[np.ndarray, float]:
        """Move and scale the embeddings to mean 0 and `STANDARD_DEVIATION` over these captions (one factor for all).

        The joint embedding leaves their scale free. The last layer is linear, so this is a change of its weights.

        Returns:
            The (D,) mean that was subtracted, and the number by which the rest was then divided.
        """
        embeddings = self.embed_all(captions)
        mean = embeddings.mean(axis=0)
        scale = max(float(np.sqrt(embeddings.var(axis=0).mean())), 1e-12) / STANDARD_DEVIATION
        last = self.network.get_layer("embedding")
        kernel, bias = last.get_weights()
        last.set_weights([kernel / scale, (bias - mean) / scale])
        return mean, scale
