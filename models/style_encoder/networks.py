"""The style encoder's network, and the generator that it inverts."""

import dataclasses
import json

import keras
from keras import layers

from models.core.config import from_plain
from models.core.layers import linear, normalization
from models.core.preset import import_name
from models.style_encoder.configs import StyleEncoderConfig
from models.text_to_image.networks import trunk, widths_of
from models.text_to_image.presets import PRESETS


def style_encoder(config: StyleEncoderConfig) -> keras.Model:
    """Image to style: the discriminator's trunk (`models.text_to_image.networks`) and a linear layer.

    Input: `image` (B, image_size, image_size, 3) in [-1, 1]. Output: (B, latent_dim) float32.
    """
    image = keras.Input((config.image_size, config.image_size, 3), name="image")
    features = trunk(
        image, widths_of(config, config.discriminator_width), normalization(config.discriminator_normalization)
    )
    style = layers.Activation("linear", dtype="float32", name="style")(
        linear(layers.Flatten()(features), config.latent_dim)
    )
    return keras.Model({"image": image}, style, name="style_encoder")


def frozen_generator(config: StyleEncoderConfig) -> keras.Model:
    """The generator that the setting `generator` describes, with random weights, in float32, not trainable.

    Inputs: `latent` (B, latent_dim), `text` (B, text_dim). Output: (B, image_size, image_size, 3) in [-1, 1].
    """
    described = json.loads(config.generator)
    preset = PRESETS[described["model"]]
    settings = dataclasses.replace(from_plain(type(preset.config), described["config"]), precision="float32")
    generator = import_name(preset.model)(settings).generator
    generator.trainable = False
    return generator
