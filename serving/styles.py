"""Images to styles, and the style of an image with another caption: style transfer (Reed et al. 2016, section 4.4)."""

import keras
import numpy as np
import tensorflow as tf

from pipelines.examples import PLAIN
from pipelines.images import in_batches, to_float
from serving.captions import CaptionSampler
from serving.depths import decoded
from serving.sampler import DEFAULT, Alone, Sampler, Signatures, pictures


class StyleSampler(Sampler):
    """A trained style encoder S with the generator G that it inverts: S(x), and G(S(x), phi(t)).

    Args:
        style_encoder: takes `image`.
        captions: the generator, with its text encoder if it has one.
        step: the training step of the weights.
    """

    def __init__(self, style_encoder: keras.Model, captions: CaptionSampler, step: int = 0):
        super().__init__([style_encoder, *captions.networks], step)
        self.style_encoder, self.captions = style_encoder, captions
        self.image_size = style_encoder.input["image"].shape[1]
        self.read = tf.function(self.styles, input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)])

    def styles(self, images: tf.Tensor) -> tf.Tensor:
        """(B, h, w, 3) uint8 images to (B, latent_dim) styles; the middle square of each, resized to the encoder's."""
        return self.style_encoder({"image": to_float(self.squared(images))}, training=False)

    def squared(self, images: tf.Tensor) -> tf.Tensor:
        """(B, h, w, 3) uint8 to (B, image_size, image_size, 3) uint8; unchanged where that is their size."""
        height, width = tf.shape(images)[1], tf.shape(images)[2]
        side = tf.minimum(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = images[:, top : top + side, left : left + side]
        resized = tf.image.resize(square, (self.image_size, self.image_size), antialias=True)
        return tf.cast(tf.round(tf.clip_by_value(resized, 0.0, 255.0)), tf.uint8)

    def styles_of(self, images: np.ndarray) -> np.ndarray:
        """(n, latent_dim) float32 styles of any number of images (n, h, w, 3) uint8."""
        return in_batches(self.read, images)

    def alone(self):
        """The style encoder, and the generator whose latents are its styles."""
        return {"style_encoder": Alone(self.style_encoder, "style"), **self.captions.alone()}

    def draw(self, inputs, seed: int) -> np.ndarray:
        """(n, side, side, 3) uint8: the captions, each in the style of an image; the seed has no part in it.

        Args:
            inputs: `images` (n, h, w, 3) uint8, or their `styles` (n, latent_dim); `captions`, a list of n strings, or
                `embeddings` (n, text_dim).
            seed: of no use.
        """
        styles = inputs["styles"] if "styles" in inputs else self.styles_of(inputs["images"])
        texts = {name: inputs[name] for name in ("captions", "embeddings") if name in inputs}
        return self.captions.draw({**texts, "latent": styles}, seed)

    def signatures(self) -> Signatures:
        """By name.

        serving_default: image_bytes (B,) strings, JPEG or PNG files of any sizes; returns `style` (B, latent_dim).
        images: images (B, h, w, 3) uint8; the same.
        embed: captions; returns their `embeddings`. Not of a generator of embeddings from a file.
        transfer: image_bytes and captions (B,) strings: each caption in the style of its image, as `png_bytes` (B,).
            Not of a generator of embeddings from a file.
        transfer_embeddings: image_bytes and embeddings (B, text_dim); the same.
        transfer_pixels, transfer_embeddings_pixels: the same as `images` (B, side, side, 3) uint8.
        """
        image_bytes = tf.TensorSpec([None], tf.string, name="image_bytes")
        images = tf.TensorSpec([None, None, None, 3], tf.uint8, name="images")
        captions = tf.TensorSpec([None], tf.string, name="captions")
        embeddings = tf.TensorSpec([None, *self.captions.text_shape], tf.float32, name="embeddings")

        def style_of_images(images):
            return {"style": self.styles(images)}

        def style_of_bytes(image_bytes):
            def one(file):
                return self.squared(decoded(file, PLAIN, 3)[tf.newaxis])[0]

            shape = tf.TensorSpec((self.image_size, self.image_size, 3), tf.uint8)
            return style_of_images(tf.map_fn(one, image_bytes, fn_output_signature=shape))

        def transfer_embeddings(image_bytes, embeddings):
            return self.captions.images(embeddings, style_of_bytes(image_bytes)["style"])

        def transfer(image_bytes, captions):
            return transfer_embeddings(image_bytes, self.captions.encoder.embed(captions))

        served = {
            DEFAULT: (style_of_bytes, [image_bytes]),
            "images": (style_of_images, [images]),
            **pictures(
                "transfer_embeddings", "transfer_embeddings_pixels", transfer_embeddings, [image_bytes, embeddings]
            ),
        }
        if self.captions.encoder is None:
            return served
        served["embed"] = self.captions.signatures()["embed"]
        return served | pictures("transfer", "transfer_pixels", transfer, [image_bytes, captions])
