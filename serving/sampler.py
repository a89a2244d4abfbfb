"""The one protocol of what is sampled, evaluated and exported: `draw` here, `signatures` in a server."""

from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

# By name, each function that is served and the flat, named signature that it takes.
Signatures = dict[str, tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]]


class Sampler(tf.Module):
    """A trained model as it is used: the same arithmetic for `--mode=sample`, evaluators and the SavedModel.

    Args:
        networks: what the model's signatures call; they compute in float32.
        step: the training step of the weights.

    Attributes:
        class_names: the name of each label that it takes; empty where it takes none.
    """

    class_names: tuple[str, ...] = ()

    def __init__(self, networks: list[keras.Model], step: int):
        super().__init__()
        self.networks, self.step = networks, step

    def about_files(self) -> list[str]:
        """Lines of Markdown on the files that its signatures read and write, where there is more to know."""
        return []

    def draw(self, inputs: Mapping[str, object], seed: int) -> np.ndarray:
        """What the model makes of its inputs; the same inputs and seed give the same result, here and when served.

        Args:
            inputs: by name, as the subclass documents.
            seed: of the noise.

        Returns:
            (n, ...): images as uint8, points and signals as float32.
        """
        raise NotImplementedError

    def signatures(self) -> Signatures:
        """What a SavedModel serves; "serving_default" is among them."""
        raise NotImplementedError


def noise_seed(seed: tf.Tensor | int, batch: int = 0) -> tf.Tensor:
    """(2,) int32: a scalar seed as stateless draws take it, of one of many batches."""
    return tf.stack([tf.cast(seed, tf.int32), batch])


def with_png(images: tf.Tensor) -> dict[str, tf.Tensor]:
    """The pixels (B, h, w, c) uint8 as "images", and each image as a PNG file (B,) as "png"."""
    return {"images": images, "png": tf.map_fn(tf.io.encode_png, images, fn_output_signature=tf.string)}


def clock_seed() -> tf.Tensor:
    """A seed from the clock: one fixed in the graph would repeat the same pictures after each start of a server."""
    return tf.cast(tf.math.floormod(tf.timestamp() * 1e6, 2.0**31), tf.int32)
