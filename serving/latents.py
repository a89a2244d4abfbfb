"""Sampler of generators that take noise and optional labels."""

import functools
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from pipelines.images import in_batches, to_uint8
from serving.sampler import DEFAULT, PIXELS, Sampler, Signatures, noise_by_row, noise_seed, pictures


class LatentSampler(Sampler):
    """A trained generator of noise.

    Args:
        generator: takes `latent` and, if it is conditional, `label`.
        latents: (count, (2,) seed) -> (count, D) inputs of the generator.
        classes: how many classes it is conditional on; 0 for none.
        step: the training step of the weights.
        output: the name under which a server returns what is not images: "points", say.
        class_names: of the data that it was trained on.
    """

    def __init__(
        self,
        generator: keras.Model,
        latents: Callable,
        classes: int = 0,
        step: int = 0,
        output: str = "images",
        class_names: Sequence[str] = (),
    ):
        super().__init__([generator], step)
        self.generator, self.draw_latents, self.output = generator, latents, output
        self.classes = classes if "label" in generator.input else 0
        self.class_names = tuple(class_names) if self.classes else ()
        self.latent_dim = generator.input["latent"].shape[-1]
        self.generate = tf.function(
            self.generated,
            input_signature=[tf.TensorSpec([None, self.latent_dim], tf.float32), tf.TensorSpec([None], tf.int32)],
        )

    def generated(self, latent: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        """(B, D) noise and (B,) labels to (B, side, side, channels) uint8 images, or to the generator's own output.

        Labels count only where the generator is conditional.
        """
        inputs = {"latent": latent, **({"label": label} if self.classes else {})}
        output = self.generator(inputs, training=False)
        return to_uint8(output) if self.output == "images" else output

    def latents(self, count: tf.Tensor | int, seed: tf.Tensor | int, batch: int = 0) -> tf.Tensor:
        """(count, D) noise, a function of the seed and of the number of the batch."""
        return self.draw_latents(count, noise_seed(seed, batch))

    def draw(self, inputs, seed: int) -> np.ndarray:
        """(n, ...) images as uint8, anything else as float32.

        Args:
            inputs: `count`, how many; or `latent` (n, D) in the place of the seed's noise; `label` (n,) integers, of a
                conditional generator.
            seed: of the noise.
        """
        if "latent" in inputs:
            latent = np.asarray(inputs["latent"], np.float32)
        else:
            latent = self.latents(inputs["count"] if "count" in inputs else len(inputs["label"]), seed).numpy()
        label = inputs.get("label")
        label = np.zeros(len(latent), np.int32) if label is None else np.asarray(label, np.int32)
        return in_batches(self.generate, latent, label)

    def signatures(self) -> Signatures:
        """By name, of an unconditional generator.

        serving_default: seeds (B,) int32; the same seed gives the same image, the first of `--mode=sample --seed=s`.
        latent: latent (B, D) float32.
        Of a conditional one: serving_default takes labels (B,) int32, too; latent_and_label takes latents and labels.
        Each returns `png_bytes` (B,), and its twin, pixels, latent_pixels or latent_and_label_pixels, `images` (uint8);
        or there are no twins, and each returns what `output` names (float32).
        """
        label = tf.TensorSpec([None], tf.int32, name="label")
        latent = tf.TensorSpec([None, self.latent_dim], tf.float32, name="latent")
        seed = tf.TensorSpec([None], tf.int32, name="seed")

        def latent_and_label(latent, label):
            return self.generated(latent, label)

        def label_and_seed(label, seed):
            return latent_and_label(noise_by_row(self.latents, seed, self.latent_dim), label)

        def latent_alone(latent):
            return latent_and_label(latent, tf.zeros([tf.shape(latent)[0]], tf.int32))

        def seed_alone(seed):
            return label_and_seed(tf.zeros(tf.shape(seed), tf.int32), seed)

        if self.classes:
            functions = {
                (DEFAULT, PIXELS): (label_and_seed, [label, seed]),
                ("latent_and_label", "latent_and_label_pixels"): (latent_and_label, [latent, label]),
            }
        else:
            functions = {
                (DEFAULT, PIXELS): (seed_alone, [seed]),
                ("latent", "latent_pixels"): (latent_alone, [latent]),
            }
        served = {}
        for names, (function, specs) in functions.items():
            if self.output == "images":
                served |= pictures(*names, function, specs)
            else:
                served[names[0]] = (named(self.output, function), specs)
        return served


def named(output: str, function: Callable[..., tf.Tensor]) -> Callable[..., dict[str, tf.Tensor]]:
    """A function whose result has a name."""

    @functools.wraps(function)
    def of(*inputs):
        return {output: function(*inputs)}

    return of
