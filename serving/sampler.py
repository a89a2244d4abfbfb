"""The one protocol of what is sampled, evaluated and exported: `draw` here, `signatures` in a server."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

# The names of the signatures by which most draw: of files, and of pixels.
DEFAULT, PIXELS = "serving_default", "pixels"
# By name, each function that is served and the flat, named signature that it takes.
Signatures = dict[str, tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]]
# What networks compute that make images: floats in [-1, 1].
GENERATED = "generated"


@dataclasses.dataclass(frozen=True)
class Alone:
    """A network without what is around it: from numbers to numbers.

    Attributes:
        network: with named inputs.
        output: the name of what it computes.
        multiple: what the sides of an image that it takes must be a multiple of.
        sides: height and width of the images that it was trained to take; () if it takes none, or of one size.
    """

    network: keras.Model
    output: str = GENERATED
    multiple: int = 1
    sides: tuple[int, ...] = ()


class Sampler(tf.Module):
    """A trained model as it is used: the same arithmetic for `--mode=sample`, evaluators and the SavedModel.

    Args:
        networks: what the model's signatures call; they compute in float32.
        step: the training step of the weights.

    Attributes:
        class_names: the name of each label that it takes; empty where it takes none.
    """

    class_names: tuple[str, ...] = ()

    @property
    def twins(self) -> Mapping[str, str]:
        """Of signatures of image files those of pixels that give the same, where files have no more to say than 8-bit
        pixels.
        """
        return {}

    @property
    def counts(self) -> Mapping[str, int]:
        """By the name of an input of whole numbers, how many it may be: 0 and up."""
        return {}

    def __init__(self, networks: list[keras.Model], step: int):
        super().__init__()
        self.networks, self.step = networks, step

    def about_files(self) -> list[str]:
        """Lines of Markdown on the files that its signatures read and write, where there is more to know."""
        return []

    def alone(self) -> dict[str, Alone]:
        """By name, its networks as other programs can compute them: of text to image, say, the generator of embeddings
        and noise. None by default.
        """
        return {}

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
        """What a SavedModel serves; "serving_default" is among them.

        The first dimension of each input is that of the batch, so that a server can take requests apart and put them
        together; a seed is one a row. What a function is given has been looked at (`serving.checks`).
        """
        raise NotImplementedError


def noise_seed(seed: tf.Tensor | int, batch: int = 0) -> tf.Tensor:
    """(2,) int32: a scalar seed as stateless draws take it, of one of many batches."""
    return tf.stack([tf.cast(seed, tf.int32), batch])


def noise_by_row(latents: Callable[[int, tf.Tensor], tf.Tensor], seeds: tf.Tensor, dim: int) -> tf.Tensor:
    """(B,) seeds to (B, dim) noise: a row is the first that `latents` gives of its seed, whatever the others are."""
    return tf.map_fn(lambda seed: latents(1, seed)[0], seeds, fn_output_signature=tf.TensorSpec((dim,), tf.float32))


def mixed(first: tf.Tensor, second: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """(B, ...) points on the lines between (B, ...) and (B, ...): the first at a share (B,) of 0, the second at 1."""
    share = tf.reshape(share, [-1, *[1] * (first.shape.rank - 1)])
    return (1.0 - share) * first + share * second


def on_arc(first: tf.Tensor, second: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """(B, D) points on the arcs between rows of normal noise, as `panels.interpolation.slerp` has them."""
    lengths = tf.norm(first, axis=1) * tf.norm(second, axis=1)
    angle = tf.acos(tf.clip_by_value(tf.reduce_sum(first * second, axis=1) / tf.maximum(lengths, 1e-12), -1.0, 1.0))
    sine = tf.sin(angle)
    weights = [tf.math.divide_no_nan(tf.sin(part * angle), sine)[:, tf.newaxis] for part in (1.0 - share, share)]
    arc = weights[0] * first + weights[1] * second
    return tf.where(sine[:, tf.newaxis] < 1e-6, mixed(first, second, share), arc)


def pictures(name: str, pixels: str, function: Callable[..., tf.Tensor], specs: Sequence[tf.TensorSpec]) -> Signatures:
    """Two signatures of one function that makes images.

    Args:
        name: of the signature that gives PNG files, `png_bytes`. (TensorFlow Serving writes a string into its JSON as
            it is, and so breaks it, unless its name ends in _bytes.)
        pixels: of the one that gives `images`, of several times the size in JSON.
        function: to (B, h, w, c) uint8.
        specs: its inputs.
    """

    @functools.wraps(function)
    def as_files(*inputs):
        return {"png_bytes": tf.map_fn(tf.io.encode_png, function(*inputs), fn_output_signature=tf.string)}

    @functools.wraps(function)
    def as_pixels(*inputs):
        return {"images": function(*inputs)}

    return {name: (as_files, list(specs)), pixels: (as_pixels, list(specs))}
