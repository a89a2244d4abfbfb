"""Generator and discriminator of Reed et al. (ICML 2016), as in the authors' Torch code (main_cls_int.lua).

At 64 pixels the layers are the authors' own; other sizes keep the two ends of each network and add or leave out
stages in the middle. `width` is the authors' ngf or ndf.
"""

import keras
from keras import layers

from models.core.adversarial_config import smallest_side
from models.core.layers import (
    batch_normalization,
    convolution,
    convolution_initializer,
    linear,
    normalization,
    transposed_convolution,
)

LEAK = 0.2  # slope of the leaky ReLU, everywhere


def stage_widths(image_size: int, width: int) -> list[int]:
    """Channels after each stage from the smallest map outwards: 8, 4, 2, 1 times `width` at 64 pixels."""
    stages = (image_size // smallest_side(image_size)).bit_length() - 1
    return [width * max(8 >> stage, 1) for stage in range(stages)]


def residual_block(x, channels: int, normalize, activate):
    """Bottleneck residual block: 1x1, 3x3, 3x3, the input added, then the activation."""
    y = activate(normalize(convolution(x, channels // 4, 1)))
    y = activate(normalize(convolution(y, channels // 4, 3)))
    y = normalize(convolution(y, channels, 3))
    return activate(layers.add([x, y]))


def generator(image_size: int, latent_dim: int, text_dim: int, text_projection_dim: int, width: int) -> keras.Model:
    """Latent and text embedding to an image.

    Inputs: `latent` (B, latent_dim), `text` (B, text_dim). Output: (B, image_size, image_size, 3) float32 in [-1, 1].
    Reed et al. 2016, section 4.1; the residual blocks after the first two stages are in the authors' code.
    """
    side, widths = smallest_side(image_size), stage_widths(image_size, width)
    latent = keras.Input((latent_dim,), name="latent")
    text = keras.Input((text_dim,), name="text")
    projected = layers.LeakyReLU(LEAK)(linear(text, text_projection_dim))
    x = layers.concatenate([latent, projected])
    # A transposed convolution of a 1x1 map is a dense layer; its weights are initialized as a convolution's.
    x = layers.Reshape((side, side, widths[0]))(
        layers.Dense(side * side * widths[0], use_bias=False, kernel_initializer=convolution_initializer())(x)
    )
    x = batch_normalization(x)
    for stage, channels in enumerate(widths):
        if stage > 0:
            x = batch_normalization(transposed_convolution(x, channels))
        x = residual_block(x, channels, batch_normalization, layers.ReLU()) if stage < 2 else layers.ReLU()(x)
    x = transposed_convolution(x, 3, dtype="float32")
    image = layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model({"latent": latent, "text": text}, image, name="generator")


def discriminator(
    image_size: int,
    text_dim: int,
    text_projection_dim: int,
    width: int,
    normalize: str = "batch",
    inner_product_dim: int = 0,
) -> keras.Model:
    """Image and text embedding to the logit of "a real image, and it matches the text".

    Inputs: `image` (B, image_size, image_size, 3) in [-1, 1], `text` (B, text_dim). Output: (B, 1) float32 logits.
    `normalize` is "batch" (the paper's), "layer" (for a gradient penalty, which batch statistics would break)
    or "none". With an `inner_product_dim` the logit is a sum, as in Miyato & Koyama 2018 (ICLR), equation 3: the
    paper's own, and the inner product of the image and the text, both embedded in that size.
    """
    side, widths = smallest_side(image_size), stage_widths(image_size, width)
    normalize_features = normalization(normalize)
    image = keras.Input((image_size, image_size, 3), name="image")
    text = keras.Input((text_dim,), name="text")
    activate = layers.LeakyReLU(LEAK)

    x = activate(convolution(image, widths[-1], 4, strides=2))
    for channels in widths[-2::-1]:
        x = normalize_features(convolution(x, channels, 4, strides=2))
        if channels != widths[0]:
            x = activate(x)
    features = residual_block(x, widths[0], normalize_features, activate)

    projected = activate(normalize_features(linear(text, text_projection_dim)))
    tiled = layers.Reshape((side, side, text_projection_dim))(layers.RepeatVector(side * side)(projected))
    x = activate(normalize_features(convolution(layers.concatenate([features, tiled]), widths[0], 1)))
    logits = layers.Reshape((1,), dtype="float32")(convolution(x, 1, side, padding="valid", dtype="float32"))
    if inner_product_dim:
        # Of the whole map, not its mean: where in the image a color is matters.
        hidden = activate(linear(layers.Flatten()(features), 2 * inner_product_dim))
        embedded = linear(hidden, inner_product_dim), linear(projected, inner_product_dim)
        logits = layers.add([logits, layers.Dot(axes=1, dtype="float32")(embedded)], dtype="float32")
    return keras.Model({"image": image, "text": text}, logits, name="discriminator")
