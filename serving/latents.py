"""Sampler of generators that take noise and optional labels."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from pipelines.images import in_batches, to_uint8
from serving.sampler import Sampler, Signatures, clock_seed, noise_seed, with_png


# Images that are drawn at once: at 64 pixels more are no faster, and the maps of 250 take 0.2 GB more.
DRAWN = 64


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
        return in_batches(self.generate, latent, label, batch_size=DRAWN)

    def signatures(self) -> Signatures:
        """By name, of an unconditional generator.

        serving_default: count (int32 scalar); the noise differs from call to call.
        count_and_seed: count and a seed (int32 scalar); the same seed gives the same images.
        latent: latent (B, D) float32.
        Of a conditional one: serving_default takes label (B,) int32, label_and_seed a seed too, latent_and_label both.
        Each returns `images` (uint8) and `png` (bytes) or what `output` names (float32).
        """
        count = tf.TensorSpec([], tf.int32, name="count")
        label = tf.TensorSpec([None], tf.int32, name="label")
        latent = tf.TensorSpec([None, self.latent_dim], tf.float32, name="latent")
        seed = tf.TensorSpec([], tf.int32, name="seed")

        def latent_and_label(latent, label):
            output = self.generated(latent, label)
            return with_png(output) if self.output == "images" else {self.output: output}

        def label_and_seed(label, seed):
            return latent_and_label(self.latents(tf.shape(label)[0], seed), label)

        def label_alone(label):
            return label_and_seed(label, clock_seed())

        def count_alone(count):
            return label_alone(tf.zeros([count], tf.int32))

        def count_and_seed(count, seed):
            return label_and_seed(tf.zeros([count], tf.int32), seed)

        def latent_alone(latent):
            return latent_and_label(latent, tf.zeros([tf.shape(latent)[0]], tf.int32))

        if self.classes:
            return {
                "serving_default": (label_alone, [label]),
                "label_and_seed": (label_and_seed, [label, seed]),
                "latent_and_label": (latent_and_label, [latent, label]),
            }
        return {
            "serving_default": (count_alone, [count]),
            "count_and_seed": (count_and_seed, [count, seed]),
            "latent": (latent_alone, [latent]),
        }
