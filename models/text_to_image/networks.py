"""Generator and discriminators of Reed et al. (ICML 2016), as in the authors' Torch code.

At 64 pixels the layers are the authors' own; other sizes keep both ends of each network, with more or fewer stages in
between. The widths are the authors' ngf and ndf.
"""

from collections.abc import Callable, Sequence

import keras
from keras import layers

from models.core.adversarial_config import smallest_side
from models.core.layers import (
    LEAK,
    batch_normalization,
    convolution,
    convolution_initializer,
    halvings,
    linear,
    normalization,
    stage_widths,
    transposed_convolution,
)
from models.text_to_image.attention import WordAttention
from models.text_to_image.configs import ATTENTION_DIM, MAIN_CLS, TextToImageConfig

# Side of the largest map whose places read words: what is smaller than one of them no caption names.
LARGEST_ATTENDED = 16


def widths_of(config: TextToImageConfig, width: int) -> list[int]:
    """Channels of each stage, from the largest map to the smallest: 1, 2, 4, 8 times `width` at 64 pixels."""
    stages = halvings(config.image_size, smallest_side(config.image_size))
    return stage_widths(width, stages, from_smallest=True)


def residual_block(x, channels: int, normalize, activate):
    """Bottleneck residual block: 1x1, 3x3, 3x3, add the input, activate."""
    y = activate(normalize(convolution(x, channels // 4, 1)))
    y = activate(normalize(convolution(y, channels // 4, 3)))
    y = normalize(convolution(y, channels, 3))
    return activate(layers.add([x, y]))


def attended(x, words, heads: int):
    """A map with what each of its places reads from the words of the caption, as a residual of a 1x1 convolution."""
    read = WordAttention(ATTENTION_DIM, heads)([x, words])
    y = convolution(layers.concatenate([x, read]), x.shape[-1], 1)
    return layers.add([x, layers.ReLU()(batch_normalization(y))])


def text_affine(x, text):
    """A map whose channels the (B, D) text scales and shifts; at the beginning of training, as it is."""
    parameters = []
    for _ in range(2):
        hidden = layers.ReLU()(linear(text, text.shape[-1]))
        channels = layers.Dense(x.shape[-1], kernel_initializer="zeros")(hidden)
        parameters.append(layers.Reshape((1, 1, x.shape[-1]))(channels))
    scale, shift = parameters
    return layers.add([x, layers.multiply([x, scale]), shift])


def stages_of(x, widths: list[int], normalize: Callable, upsample: Callable, read: Callable = lambda x: x):
    """A generator's smallest map, normalized, to its last hidden one: each stage has twice the side of the one before.

    Args:
        x: (B, side, side, widths[0]).
        widths: channels of each stage, from the smallest map to the largest.
        normalize: of all stages.
        upsample: a map and channels to a map of twice the side.
        read: of each stage but the first, what its places read of the text.
    """
    for stage, channels in enumerate(widths):
        if stage > 0:
            x = normalize(upsample(x, channels))
        x = residual_block(x, channels, normalize, layers.ReLU()) if stage < 2 else layers.ReLU()(x)
        x = read(x) if stage > 0 else x
    return x


def generator(config: TextToImageConfig) -> keras.Model:
    """Latent and text to an image.

    Inputs: `latent` (B, latent_dim), `text` (B, text_dim), the embedding of a caption; with attention, those of its
    words, (B, read_words, word_dim), of length 1, or 0 after its end. Output: (B, image_size, image_size, 3) float32 in
    [-1, 1]. Reed et al. 2016, section 4.1; the residual blocks after the first two stages are in the authors' code.
    """
    side, widths = smallest_side(config.image_size), widths_of(config, config.generator_width)[::-1]
    latent = keras.Input((config.latent_dim,), name="latent")
    if config.word_attention:
        text = keras.Input((config.read_words, config.word_dim), name="text")
    else:
        text = keras.Input((config.text_dim,), name="text")
    projected = layers.LeakyReLU(LEAK)(linear(text, config.text_projection_dim))
    if config.word_attention:
        # Of the whole caption, as of a convolution over words (Kim 2014): the largest over them. What stands behind the
        # caption's end gives a constant, below which nothing counts.
        projected = layers.GlobalMaxPooling1D()(projected)

    def normalize(x):
        x = batch_normalization(x)
        return text_affine(x, projected) if config.text_affine else x

    def read(x):
        is_read = config.word_attention and x.shape[1] <= LARGEST_ATTENDED
        return attended(x, text, config.word_attention) if is_read else x

    x = layers.concatenate([latent, projected])
    # A transposed convolution of a 1x1 map is a dense layer; its weights are initialized like a convolution's.
    x = layers.Reshape((side, side, widths[0]))(
        layers.Dense(side * side * widths[0], use_bias=False, kernel_initializer=convolution_initializer())(x)
    )
    x = stages_of(normalize(x), widths, normalize, transposed_convolution, read)
    if config.full_size_stage:
        x = layers.ReLU()(normalize(transposed_convolution(x, max(widths[-1] // 2, 1))))
        x = convolution(x, 3, 3, dtype="float32")
    else:
        x = transposed_convolution(x, 3, dtype="float32")
    image = layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model({"latent": latent, "text": text}, image, name="generator")


def trunk(image, widths: list[int], normalize: Callable, is_main_cls: bool = False, narrower: Sequence[int] = ()):
    """The discriminator's convolutions of the image alone: (B, s, s, 3) to its smallest map.

    Args:
        image: in [-1, 1].
        widths: channels of each stage, from the largest map to the smallest (`widths_of`).
        normalize: of all stages but the first.
        is_main_cls: whether the last convolution but one is activated, as in main_cls.lua.
        narrower: channels of 1x1 convolutions of the smallest map.
    """
    activate = layers.LeakyReLU(LEAK)
    kinds = [(channels, 4, 2) for channels in widths] + [(channels, 1, 1) for channels in narrower]
    x = activate(convolution(image, *kinds[0]))
    for left, kind in zip(reversed(range(len(kinds) - 1)), kinds[1:], strict=True):
        x = normalize(convolution(x, *kind))
        # None after the last one; in main_cls_int.lua none after the one before it either.
        if left > 1 or (left == 1 and is_main_cls):
            x = activate(x)
    return residual_block(x, kinds[-1][0], normalize, activate)


def discriminator(config: TextToImageConfig) -> keras.Model:
    """Image and text embedding to the logits of "a real image that matches the text".

    Inputs: `image` (B, image_size, image_size, 3) in [-1, 1], `text` (B, text_dim). Output: (B, 1) float32 logits.
    At 64 pixels it is that of the script that `discriminator_network` names: main_cls_int.lua or main_cls.lua, line by
    line; they differ in one activation and in the normalization of the text.
    The normalization is "batch" (the paper's), "layer" (for a gradient penalty, which does not allow batch statistics)
    or "none". With an `inner_product_dim` the inner product of the image and the text, both embedded in that size, is
    added to the paper's logit, as in Miyato & Koyama 2018 (ICLR), equation 3.
    """
    normalize = normalization(config.discriminator_normalization)
    image, text = image_and_text(config)
    is_main_cls = config.discriminator_network == MAIN_CLS
    features = trunk(image, widths_of(config, config.discriminator_width), normalize, is_main_cls)
    projected = linear(text, config.text_projection_dim)
    projected = layers.LeakyReLU(LEAK)(projected if is_main_cls else normalize(projected))
    return keras.Model({"image": image, "text": text}, matching(features, projected, config), name="discriminator")


def image_and_text(config: TextToImageConfig) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The inputs of a discriminator."""
    return (
        keras.Input((config.image_size, config.image_size, 3), name="image"),
        keras.Input((config.text_dim,), name="text"),
    )


def with_text(maps, text):
    """(B, s, s, C) maps and (B, D) text to (B, s, s, C + D) maps, the text at each place."""
    _, height, width, _ = maps.shape
    tiled = layers.Reshape((height, width, text.shape[-1]))(layers.RepeatVector(height * width)(text))
    return layers.concatenate([maps, tiled])


def matching(features, projected, config: TextToImageConfig):
    """A discriminator's smallest map (B, s, s, C) and the (B, D) projected text to (B, 1) float32 logits."""
    normalize, activate = normalization(config.discriminator_normalization), layers.LeakyReLU(LEAK)
    _, side, _, channels = features.shape
    x = activate(normalize(convolution(with_text(features, projected), channels, 1)))
    logits = layers.Reshape((1,), dtype="float32")(convolution(x, 1, side, padding="valid", dtype="float32"))
    if config.inner_product_dim:
        # The whole map, not its mean: it matters where in the image a color is.
        hidden = activate(linear(layers.Flatten()(features), 2 * config.inner_product_dim))
        embedded = linear(hidden, config.inner_product_dim), linear(projected, config.inner_product_dim)
        logits = layers.add([logits, layers.Dot(axes=1, dtype="float32")(embedded)], dtype="float32")
    return logits
