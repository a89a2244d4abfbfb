"""Generators and discriminators of StackGAN (Zhang et al. 2017), as in the authors' code.

At 64 and 256 pixels the layers are the authors' own; other sizes keep both ends of each network, with more or fewer
stages in between. The widths are the authors' gf_dim and df_dim.
"""

import keras
from keras import layers, ops

from models.core.adversarial_config import smallest_side
from models.core.layers import (
    LEAK,
    batch_normalization,
    convolution,
    convolution_initializer,
    halvings,
    normalization,
    resize_convolution,
)
from models.text_to_image.networks import (
    image_and_text,
    matching,
    stages_of,
    trunk,
    widths_of,
    with_text,
)
from models.text_to_image.stackgan_configs import FirstStageConfig, SecondStageConfig

# Names of layers: of the whole generator its two stages, and of a stage what its conditions are drawn from.
FIRST_STAGE, SECOND_STAGE, CONDITIONING = "first_stage", "second_stage", "conditioning"
# Halvings of the first stage's image in the second stage: 64 pixels to 16.
DOWN = 2
# Channels of a discriminator's smallest map, in units of its width, and the stages after which it has as many.
NARROWEST, SHALLOW = 8, 4


def dense(x, units: int, **options):
    """Dense layer with weights from N(0, 0.02) and a bias of 0."""
    return layers.Dense(units, kernel_initializer=convolution_initializer(), **options)(x)


def conditioning(config: FirstStageConfig) -> keras.Model:
    """A caption to the distribution of its conditions (section 3.2).

    Input: `text` (B, text_dim). Output: (B, 2 * conditioning_dim) float32, means and logarithms of deviations, both
    behind a leaky ReLU; without augmentation the means alone, (B, conditioning_dim).
    """
    text = keras.Input((config.text_dim,), name="text")
    units = config.conditioning_dim + config.conditioning_noise
    numbers = layers.LeakyReLU(LEAK, dtype="float32")(dense(text, units, dtype="float32"))
    return keras.Model({"text": text}, numbers, name=CONDITIONING)


def conditions(config: FirstStageConfig, text, noise):
    """(B, conditioning_dim) conditions c = mean + deviation * noise of (B, text_dim) captions; without augmentation
    their means (equation 1 ff.).
    """
    numbers = conditioning(config)({"text": text})
    if not config.conditioning_augmentation:
        return numbers
    mean, log_deviation = numbers[:, : config.conditioning_dim], numbers[:, config.conditioning_dim :]
    return mean + ops.exp(log_deviation) * noise


def first_generator(config: FirstStageConfig, name: str = "generator") -> keras.Model:
    """Stage I: noise and a caption to a small image.

    Inputs: `latent` (B, input_dim), the noise and then that of the conditions; `text` (B, text_dim). Output: (B,
    image_size, image_size, 3) float32 in [-1, 1].
    """
    side, widths = smallest_side(config.image_size), widths_of(config, config.generator_width)[::-1]
    latent, text = keras.Input((config.input_dim,), name="latent"), keras.Input((config.text_dim,), name="text")
    c = conditions(config, text, latent[:, config.latent_dim :])
    x = layers.concatenate([c, latent[:, : config.latent_dim]])
    # Over the batch alone: every place of the smallest map has statistics of its own.
    x = batch_normalization(dense(x, side * side * widths[0]))
    x = layers.Reshape((side, side, widths[0]))(x)
    x = stages_of(x, widths, batch_normalization, resize_convolution)
    x = resize_convolution(x, 3, dtype="float32")
    image = layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model({"latent": latent, "text": text}, image, name=name)


def second_generator(config: SecondStageConfig) -> keras.Model:
    """Stage II: the first stage's image and its caption, read again, to a larger image.

    Inputs: `image` (B, s, s, 3) in [-1, 1], `text` (B, text_dim) and, with conditioning augmentation, `latent`
    (B, conditioning_dim), the noise of the conditions. Output: (B, image_size, image_size, 3) float32 in [-1, 1].
    """
    width, side = config.generator_width, config.first.image_size
    image, text = keras.Input((side, side, 3), name="image"), keras.Input((config.text_dim,), name="text")
    inputs = {"image": image, "text": text}
    if config.conditioning_noise:
        inputs["latent"] = keras.Input((config.conditioning_noise,), name="latent")
    c = conditions(config, text, inputs.get("latent"))
    x = layers.ReLU()(convolution(image, width, 3))
    for stage in range(DOWN):
        x = activated(convolution(x, width << (stage + 1), 4, strides=2))
    channels = width << DOWN
    x = activated(convolution(with_text(x, c), channels, 3))
    for _ in range(config.residual_blocks):
        y = activated(convolution(x, channels, 3))
        x = layers.ReLU()(layers.add([x, batch_normalization(convolution(y, channels, 3))]))
    for stage in range(halvings(config.image_size, side) + DOWN):
        x = activated(resize_convolution(x, max(channels >> (stage + 1), 1)))
    image = layers.Activation("tanh", dtype="float32", name="larger_image")(convolution(x, 3, 3, dtype="float32"))
    return keras.Model(inputs, image, name=SECOND_STAGE)


def activated(x):
    """Batch normalization and ReLU."""
    return layers.ReLU()(batch_normalization(x))


def stacked_generator(config: SecondStageConfig) -> keras.Model:
    """Both stages; the first does not learn, and is normalized by its moving statistics, as when it is sampled.

    Inputs: `latent` (B, input_dim), the first stage's latent input and then the noise of the second's conditions;
    `text` (B, text_dim). Output: (B, image_size, image_size, 3) float32 in [-1, 1].
    """
    latent, text = keras.Input((config.input_dim,), name="latent"), keras.Input((config.text_dim,), name="text")
    first, second = first_generator(config.first, FIRST_STAGE), second_generator(config)
    first.trainable = False
    inputs = {"image": first({"latent": latent[:, : config.first.input_dim], "text": text}), "text": text}
    if config.conditioning_noise:
        inputs["latent"] = latent[:, config.first.input_dim :]
    return keras.Model({"latent": latent, "text": text}, second(inputs), name="generator")


def upsampled_first_stage(generator: keras.Model) -> keras.Model:
    """What a stacked generator refines, by bilinear interpolation at its size: the same inputs, no second stage."""
    latent, text = (generator.input[name] for name in ("latent", "text"))
    first = generator.get_layer(FIRST_STAGE)
    image = first({"latent": latent[:, : first.input["latent"].shape[-1]], "text": text})
    scale = generator.output.shape[1] // image.shape[1]
    large = layers.UpSampling2D(scale, interpolation="bilinear", dtype="float32")(image)
    return keras.Model({"latent": latent, "text": text}, large, name="upsampled_first_stage")


def discriminator(config: FirstStageConfig, is_deep: bool = False) -> keras.Model:
    """Image and text embedding to the logits of "a real image that matches the text".

    Inputs: `image` (B, image_size, image_size, 3) in [-1, 1], `text` (B, text_dim). Output: (B, 1) float32 logits. The
    first stage's is main_cls_int.lua's (`models.text_to_image.networks`), without normalization of the text. The second
    stage's, which is deep, has twice the channels from stage to stage; where these are more than 8 times the width, 1x1
    convolutions lead back to them.
    """
    image, text = image_and_text(config)
    normalize, width = normalization(config.discriminator_normalization), config.discriminator_width
    widths = widths_of(config, width)
    if is_deep:
        widths = [widths[0] << stage for stage in range(len(widths))]
    narrower = [width * NARROWEST << power for power in reversed(range(len(widths) - SHALLOW))]
    projected = layers.LeakyReLU(LEAK)(dense(text, config.text_projection_dim))
    features = trunk(image, widths, normalize, is_deep, narrower if is_deep else ())
    return keras.Model({"image": image, "text": text}, matching(features, projected, config), name="discriminator")
