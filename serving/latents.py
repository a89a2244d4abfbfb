"""Sampler of generators that take noise and optional labels."""

import copy
import functools
import math
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from pipelines.images import in_batches, to_uint8
from serving.sampler import (
    DEFAULT,
    GENERATED,
    PIXELS,
    Alone,
    Sampler,
    Signatures,
    mixed,
    noise_by_row,
    noise_seed,
    on_arc,
    pictures,
)

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
        is_normal: whether its noise is normal: between two such rows the way is an arc, of codes and attributes a line.
        parts: how many numbers of the latent are "noise", a one-hot "category" and continuous "codes", or "attributes",
            in this order; None where all are noise.
    """

    # The threshold of truncated noise; 0: it is not.
    truncation = 0.0

    def __init__(
        self,
        generator: keras.Model,
        latents: Callable,
        classes: int = 0,
        step: int = 0,
        output: str = "images",
        class_names: Sequence[str] = (),
        is_normal: bool = False,
        parts: Mapping[str, int] | None = None,
    ):
        super().__init__([generator], step)
        self.generator, self.draw_latents, self.output = generator, latents, output
        self.classes = classes if "label" in generator.input else 0
        self.class_names = tuple(class_names) if self.classes else ()
        self.latent_dim = generator.input["latent"].shape[-1]
        self.is_normal, self.parts = is_normal, dict(parts or {})
        self.generate = tf.function(
            self.generated,
            input_signature=[tf.TensorSpec([None, self.latent_dim], tf.float32), tf.TensorSpec([None], tf.int32)],
        )

    def truncated(self, threshold: float) -> "LatentSampler":
        """This sampler with normal noise within +-threshold (Brock et al. 2019, section 3.1); 0: itself.

        The same seed gives related noise at all thresholds: that of the same quantiles.
        """
        if not threshold:
            return self
        sampler = copy.copy(self)
        sampler.truncation = threshold
        sampler.draw_latents = lambda count, seed: truncated_normal(self.draw_latents(count, seed), threshold)
        return sampler

    def fixed(self, part: str, values: Mapping[int, float]) -> "LatentSampler":
        """This sampler with some numbers of a part of the latent, by their places in it, always the same."""
        if not values:
            return self
        start, _ = self.place(part)
        columns = tf.constant([[start + place] for place in values], tf.int32, (len(values), 1))
        numbers = tf.constant(list(values.values()), tf.float32)

        def draw(count, seed):
            rows = tf.transpose(self.draw_latents(count, seed))
            drawn = tf.repeat(numbers[:, tf.newaxis], tf.shape(rows)[1], axis=1)
            return tf.transpose(tf.tensor_scatter_nd_update(rows, columns, drawn))

        sampler = copy.copy(self)
        sampler.draw_latents = draw
        return sampler

    @property
    def is_noise(self) -> np.ndarray:
        """(D,) bool: which numbers of the latent are noise."""
        if not self.parts:
            return np.ones(self.latent_dim, bool)
        return np.repeat([name.startswith("noise") for name in self.parts], list(self.parts.values()))

    @property
    def counts(self):
        """Of labels, and of InfoGAN's categories."""
        return {"label": self.classes, "category": self.parts.get("category", 0)}

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

    def place(self, part: str) -> tuple[int, int]:
        """Where a part of the latent begins and ends."""
        ends = np.cumsum(list(self.parts.values())).tolist()
        end = ends[list(self.parts).index(part)]
        return end - self.parts[part], end

    def alone(self):
        """The generator."""
        return {"generator": Alone(self.generator, GENERATED if self.output == "images" else self.output)}

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

        serving_default: seeds (B,) int32; the same seed gives the same image, the first of `--mode=sample --seed=s`.
        between: seeds, other_seed (B,) int32, share (B,) float32: on the way from the noise of one to that of the
            other, the first at a share of 0.
        latent: latent (B, D) float32.
        codes: of InfoGAN, seeds with the category (B,) int32 and the continuous codes (B, C) float32 in the places of
            those that the seed draws; without one of the two where the model has none.
        attributes: of fonts, seeds with the attributes (B, A) float32, of about [-1, 1], likewise.
        Of a conditional one, all take labels (B,) int32, too, and latent is called latent_and_label.
        Each returns `png_bytes` (B,), and its twin, pixels, between_pixels and so on, `images` (uint8); or there are
        no twins, and each returns what `output` names (float32).
        """
        seed, label, category, other_seed = (
            tf.TensorSpec([None], tf.int32, name=name) for name in ("seed", "label", "category", "other_seed")
        )
        share = tf.TensorSpec([None], tf.float32, name="share")
        latent = tf.TensorSpec([None, self.latent_dim], tf.float32, name="latent")
        codes, attributes = (
            tf.TensorSpec([None, self.parts.get(name, 0)], tf.float32, name=name) for name in ("codes", "attributes")
        )

        def noise(seed):
            return noise_by_row(self.latents, seed, self.latent_dim)

        def between(seed, other_seed, share):
            first, second = noise(seed), noise(other_seed)
            straight = mixed(first, second, share)
            if not self.is_normal:
                return straight
            is_noise = self.is_noise.astype(np.float32)
            return tf.where(self.is_noise, on_arc(is_noise * first, is_noise * second, share), straight)

        def coded(seed, **given):
            drawn = dict(zip(self.parts, tf.split(noise(seed), list(self.parts.values()), axis=1), strict=True))
            if "category" in given:
                given["category"] = tf.one_hot(given["category"], self.parts["category"])
            return tf.concat(list((drawn | given).values()), axis=1)

        functions = {
            (DEFAULT, PIXELS): (noise, [seed]),
            ("between", "between_pixels"): (between, [seed, other_seed, share]),
        }
        name = "latent_and_label" if self.classes else "latent"
        functions[name, f"{name}_pixels"] = (lambda latent: latent, [latent])
        for name, specs in (("codes", (category, codes)), ("attributes", (attributes,))):
            if given := [spec for spec in specs if self.parts.get(spec.name)]:
                functions[name, f"{name}_pixels"] = (coded, [seed, *given])
        served = {}
        for (name, pixels), (latents, specs) in functions.items():
            specs = [*specs, label] if self.classes else specs
            draw = self.drawing(latents, specs)
            if self.output == "images":
                served |= pictures(name, pixels, draw, specs)
            else:
                served[name] = (named(self.output, draw), specs)
        return served

    def drawing(self, latents: Callable[..., tf.Tensor], specs: Sequence[tf.TensorSpec]) -> Callable[..., tf.Tensor]:
        """What draws the latents that a function gives of inputs by name; a label is none of these."""

        def draw(*inputs):
            given = {spec.name: tensor for spec, tensor in zip(specs, inputs, strict=True)}
            label = given.pop("label", tf.zeros([tf.shape(inputs[0])[0]], tf.int32))
            return self.generated(latents(**given), label)

        return draw


def truncated_normal(noise: tf.Tensor, threshold: float) -> tf.Tensor:
    """Numbers from N(0, 1) as those of the same quantiles of the normal distribution within +-threshold."""
    share = math.erf(threshold / math.sqrt(2.0))
    return math.sqrt(2.0) * tf.math.erfinv(share * tf.math.erf(noise / math.sqrt(2.0)))


def named(output: str, function: Callable[..., tf.Tensor]) -> Callable[..., dict[str, tf.Tensor]]:
    """A function whose result has a name."""

    @functools.wraps(function)
    def of(*inputs):
        return {output: function(*inputs)}

    return of
