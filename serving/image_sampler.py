"""Noise, and perhaps classes, to images or points, in one place for sampling, evaluation and the exported model."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from pipelines.images import to_uint8


class ImageSampler(tf.Module):
    """A trained generator of images or points.

    Args:
        generator: computes in float32; takes `latent` and, told the class, `label`.
        draw: (count, (2,) seed) -> (count, D) inputs of the generator.
        classes: how many classes it is told; 0 for none.
        step: the training step of the weights.
    """

    def __init__(self, generator: keras.Model, draw: Callable, classes: int, step: int = 0):
        super().__init__()
        self.generator, self.draw, self.step = generator, draw, step
        self.classes = classes if "label" in generator.input else 0
        self.latent_dim = generator.input["latent"].shape[-1]
        self.of_images = len(generator.output.shape) == 4
        self.generate = tf.function(
            self.generated,
            input_signature=[
                tf.TensorSpec([None, self.latent_dim], tf.float32),
                tf.TensorSpec([None], tf.int32),
            ],
        )

    def generated(self, latent: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        """(B, D) noise and (B,) classes to (B, side, side, channels) uint8 images, or (B, dimensions) float32 points.

        Classes count only where the generator is told them.
        """
        inputs = {"latent": latent, **({"label": label} if self.classes else {})}
        made = self.generator(inputs, training=False)
        return to_uint8(made) if self.of_images else made

    def latents(self, count: tf.Tensor | int, seed: tf.Tensor | int) -> tf.Tensor:
        """(count, D) noise; the same seed gives the same noise, here and in the exported model."""
        return self.draw(count, tf.stack([tf.cast(seed, tf.int32), 0]))

    def sample(self, latent: np.ndarray, label: np.ndarray | None = None, batch_size: int = 100) -> np.ndarray:
        """(n, ...) images or points of any number of noises and (n,) classes."""
        label = np.zeros(len(latent), np.int32) if label is None else label
        parts = [
            self.generate(
                tf.constant(latent[start : start + batch_size], tf.float32),
                tf.constant(label[start : start + batch_size], tf.int32),
            ).numpy()
            for start in range(0, len(latent), batch_size)
        ]
        return np.concatenate(parts)
