"""The PatchGAN of pix2pix and CycleGAN (Isola et al. 2017, appendix 6.1.2; biases as in the authors' code)."""

import keras
from keras import layers

from models.core.layers import LEAK, NORMALIZATIONS, batch_statistics, convolution, stage_widths
from models.image_to_image.configs import STRIDED_CONVOLUTIONS, TranslationConfig

# As in pix2pix's generator, batch normalization uses the batch's own statistics at test time too (section 3.2).
PATCH_NORMALIZATIONS = NORMALIZATIONS | {"batch": batch_statistics}


def discriminator(
    config: TranslationConfig,
    channels: tuple[int, int] = (3, 3),
    conditional: bool = False,
    use_bias: bool = False,
    name: str = "discriminator",
) -> keras.Model:
    """Image to the logits of "real" of each of its patches (and, `conditional`, of "matches the input's patch").

    Inputs: `image` (B, h, w, c) in [-1, 1] and, if `conditional`, `input` of the same size. Output: (B, h', w', 1)
    float32 logits, the receptive field of each a square of `receptive_field` pixels.

    Args:
        config: receptive field, width and normalization.
        channels: of `image`, and of `input`.
        conditional: whether it is conditioned on the input.
        use_bias: whether normalized convolutions have a bias too.
        name: the network's.
    """
    normalize = PATCH_NORMALIZATIONS[config.discriminator_normalization]
    width, strided = config.discriminator_width, STRIDED_CONVOLUTIONS[config.receptive_field]
    image = keras.Input((None, None, channels[0]), name="image")
    inputs = {"image": image}
    x = image
    if conditional:
        inputs["input"] = keras.Input((None, None, channels[1]), name="input")
        x = layers.concatenate([inputs["input"], image])
    activate = layers.LeakyReLU(LEAK)
    if not strided:
        x = activate(convolution(x, width, 1, use_bias=True))
        x = activate(normalize(convolution(x, 2 * width, 1, use_bias=use_bias)))
        # With batch normalization the authors' code has no bias here either, unlike in the larger discriminators.
        logits = convolution(x, 1, 1, use_bias=use_bias, dtype="float32")
    else:
        x = activate(convolution(x, width, 4, strides=2, use_bias=True))
        *widths, last = stage_widths(width, strided + 1)
        for channels in widths[1:]:
            x = activate(normalize(convolution(x, channels, 4, strides=2, use_bias=use_bias)))
        x = activate(normalize(padded_convolution(x, last, use_bias=use_bias)))
        logits = padded_convolution(x, 1, use_bias=True, dtype="float32")
    return keras.Model(inputs, logits, name=name)


def padded_convolution(x, channels: int, **options):
    """4x4 convolution of stride 1 with one pixel of padding: the map shrinks by one, as in the authors' code."""
    return convolution(layers.ZeroPadding2D(1)(x), channels, 4, padding="valid", **options)
