"""Generator of pix2pix (Isola et al. 2017, appendix 6.1.1; biases as in the authors' code)."""

import keras
from keras import layers

from models.core.layers import (
    LEAK,
    UPSAMPLINGS,
    SeededDropout,
    batch_statistics,
    convolution,
    halvings,
    stage_widths,
)
from models.image_to_image.configs import Pix2PixConfig

# Layers of the decoder with dropout, from the innermost outwards.
DROPOUT_LAYERS = 3


def generator(config: Pix2PixConfig) -> keras.Model:
    """Image to image, of any size divisible by `side_multiple`.

    Inputs: `image` (B, h, w, c) in [-1, 1]; `seed` (B, 2) integers, the first row of which seeds the dropout, which is
    active at test time too. Output: (B, h, w, c') float32 in [-1, 1]. c and c' are the channels of the two sides.
    A U-Net or, without `skips`, an encoder-decoder; 4x4 convolutions, each halving the side.
    """
    given, made = config.channels_of(config.direction)
    image = keras.Input((None, None, given), name="image")
    seed = keras.Input((2,), dtype="int32", name="seed")
    widths = stage_widths(config.generator_width, halvings(config.side_multiple, smallest=1))
    x, encoded = convolution(image, widths[0], 4, strides=2), []
    for stage, channels in enumerate(widths[1:], start=1):
        # The skip connections carry features before the activation: the decoder has its own.
        encoded.append(x)
        x = convolution(layers.LeakyReLU(LEAK)(x), channels, 4, strides=2)
        # At one pixel and batch 1 there are no statistics.
        if stage < len(widths) - 1:
            x = batch_statistics(x)
    upsample = UPSAMPLINGS[config.upsampling]
    for stage, skipped in enumerate(reversed(encoded)):
        x = batch_statistics(upsample(layers.ReLU()(x), skipped.shape[-1]))
        if config.dropout and stage < DROPOUT_LAYERS:
            x = SeededDropout(config.dropout, salt=stage)([x, seed])
        if config.skips:
            x = layers.concatenate([x, skipped])
    x = upsample(layers.ReLU()(x), made, use_bias=True, dtype="float32")
    generated = layers.Activation("tanh", dtype="float32", name="generated")(x)
    return keras.Model({"image": image, "seed": seed}, generated, name="generator")
