"""Captions to embeddings, as training, sampling and the served model all do it."""

import pathlib

import keras
import numpy as np
import tensorflow as tf

from pipelines.batches.text import encode_characters
from pipelines.characters import MAX_CHARACTERS
from pipelines.examples import DataError

# Of the embeddings' numbers. The generator reads them beside noise of standard deviation 1. Measured on the birds: at
# 0.014, where training leaves them, the text is hardly seen at first; at 1 the noise is never used, and all samples of
# a caption are alike.
STANDARD_DEVIATION = 0.2


class CaptionEncoder(tf.Module):
    """A trained text encoder on raw captions. Computes in float32.

    Args:
        network: made by `models.text_encoder.networks.text_encoder`.
    """

    def __init__(self, network: keras.Model):
        super().__init__()
        self.network = network
        self.embedding_dim = network.output_shape[-1]

    @property
    def read_characters(self) -> int:
        """How many bytes of a caption the network processes: those that its first layers do not crop."""
        cropped = [layer.cropping[1] for layer in self.network.layers if isinstance(layer, keras.layers.Cropping1D)]
        return MAX_CHARACTERS - sum(cropped)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def embed(self, captions: tf.Tensor) -> tf.Tensor:
        """(B,) raw caption strings to (B, D) float32 embeddings."""
        return tf.cast(self.network({"characters": encode_characters(captions)}, training=False), tf.float32)

    def embed_all(self, captions: list[str], batch_size: int = 256) -> np.ndarray:
        """(m, D) float32 embeddings of any number of captions."""
        parts = [
            self.embed(tf.constant(captions[start : start + batch_size])).numpy()
            for start in range(0, len(captions), batch_size)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.embedding_dim), np.float32)

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

    def standardize(self, captions: list[str]):
        """Move and scale the embeddings to mean 0 and `STANDARD_DEVIATION` over these captions (one factor for all).

        The joint embedding leaves their scale free. The last layer is linear, so this is a change of its weights.
        """
        embeddings = self.embed_all(captions)
        mean = embeddings.mean(axis=0)
        scale = max(float(np.sqrt(embeddings.var(axis=0).mean())), 1e-12) / STANDARD_DEVIATION
        last = self.network.get_layer("embedding")
        kernel, bias = last.get_weights()
        last.set_weights([kernel / scale, (bias - mean) / scale])
