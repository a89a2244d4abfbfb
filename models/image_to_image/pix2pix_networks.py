"""Generator of pix2pix, and the PatchGAN (Isola et al. 2017, appendix 6.1; biases as in the authors' code)."""

import keras
from keras import layers

from models.core.layers import UPSAMPLING, SeededDropout, batch_statistics, convolution, doubled_widths
from models.image_to_image.configs import STRIDED_CONVOLUTIONS

LEAK = 0.2  # slope of the leaky ReLU, everywhere
# Layers of the decoder with dropout, from the innermost outwards.
DROPOUT_LAYERS = 3


def generator(
    image_size: int, width: int, skips: bool = True, dropout: float = 0.5, upsampling: str = "transposed"
) -> keras.Model:
    """Image to image, of any size that `image_size` divides.

    Inputs: `image` (B, h, w, 3) in [-1, 1]; `seed` (B, 2) integers, of which the first row decides the dropout, which
    never stops. Output: (B, h, w, 3) float32 in [-1, 1].
    Appendix 6.1.1: a U-Net or, without `skips`, an encoder-decoder; 4x4 convolutions, one halving a layer.
    `upsampling` is a key of `models.core.layers.UPSAMPLING`; the paper's is "transposed".
    """
    image = keras.Input((None, None, 3), name="image")
    seed = keras.Input((2,), dtype="int32", name="seed")
    # Down to one pixel.
    widths = doubled_widths(width, image_size.bit_length() - 1)
    x, encoded = convolution(image, widths[0], 4, strides=2), []
    for stage, channels in enumerate(widths[1:], start=1):
        # What a skip hands over is not activated yet: the decoder activates it in its own way.
        encoded.append(x)
        x = convolution(layers.LeakyReLU(LEAK)(x), channels, 4, strides=2)
        # At one pixel and batch 1 there is nothing to take statistics of.
        if stage < len(widths) - 1:
            x = batch_statistics(x)
    enlarge = UPSAMPLING[upsampling]
    for stage, skipped in enumerate(reversed(encoded)):
        x = batch_statistics(enlarge(layers.ReLU()(x), skipped.shape[-1]))
        if dropout and stage < DROPOUT_LAYERS:
            x = SeededDropout(dropout, salt=stage)([x, seed])
        if skips:
            x = layers.concatenate([x, skipped])
    x = enlarge(layers.ReLU()(x), 3, use_bias=True, dtype="float32")
    generated = layers.Activation("tanh", dtype="float32", name="generated")(x)
    return keras.Model({"image": image, "seed": seed}, generated, name="generator")


def discriminator(
    receptive_field: int,
    width: int,
    conditional: bool = True,
    normalize=batch_statistics,
    use_bias: bool = False,
    name: str = "discriminator",
) -> keras.Model:
    """PatchGAN: whether each patch of an image is real (and, `conditional`, goes with the input's patch).

    Inputs: `image` (B, h, w, 3) in [-1, 1] and, if `conditional`, `input` of the same shape. Output: (B, h', w', 1)
    float32 logits, each of which sees a square of `receptive_field` pixels. Appendix 6.1.2. `use_bias` is for what is
    normalized too.
    """
    image = keras.Input((None, None, 3), name="image")
    inputs = {"image": image}
    x = image
    if conditional:
        inputs["input"] = keras.Input((None, None, 3), name="input")
        x = layers.concatenate([inputs["input"], image])
    activate, strided = layers.LeakyReLU(LEAK), STRIDED_CONVOLUTIONS[receptive_field]
    if not strided:
        x = activate(convolution(x, width, 1, use_bias=True))
        x = activate(normalize(convolution(x, 2 * width, 1, use_bias=use_bias)))
        # With batch normalization the authors' code has no bias here either, unlike in the larger discriminators.
        logits = convolution(x, 1, 1, use_bias=use_bias, dtype="float32")
    else:
        x = activate(convolution(x, width, 4, strides=2, use_bias=True))
        *widths, last = doubled_widths(width, strided + 1)
        for channels in widths[1:]:
            x = activate(normalize(convolution(x, channels, 4, strides=2, use_bias=use_bias)))
        x = activate(normalize(padded_convolution(x, last, use_bias=use_bias)))
        logits = padded_convolution(x, 1, use_bias=True, dtype="float32")
    return keras.Model(inputs, logits, name=name)


def padded_convolution(x, channels: int, **options):
    """4x4 convolution of stride 1 with one pixel of padding: the map shrinks by one, as in the authors' code."""
    return convolution(layers.ZeroPadding2D(1)(x), channels, 4, padding="valid", **options)
