"""What the classic networks share: how they are told a class, and what a discriminator ends in."""

from collections.abc import Callable, Mapping

import keras
from keras import layers, ops

from models.core.layers import FusedBatchNormalization, batch_normalization, convolution_initializer, normalization
from models.core.spectral import SpectralConvolution, SpectralDense
from models.generation.configs import ImageGenerationConfig

LEAK = 0.2  # slope of the leaky ReLU; DCGAN, section 4


class Condition:
    """The class as an input of a network, if it has one; `inputs` is what is added to the network's own.

    Args:
        config: how many classes there are, and the generator's normalization.
        way: how the network is told: "none", "concatenation" or "projection".
    """

    def __init__(self, config: ImageGenerationConfig, way: str):
        self.config, self.way, self.inputs, self.one_hot = config, way, {}, None
        if way != "none":
            label = keras.Input((), dtype="int32", name="label")
            self.inputs = {"label": label}
            self.one_hot = ops.one_hot(label, config.classes)

    @property
    def is_concatenated(self) -> bool:
        """Whether the class is one more input."""
        return self.way == "concatenation"

    def joined(self, vector):
        """(B, D) and the one-hot class beside it, if that is how the network is told."""
        return layers.concatenate([vector, self.one_hot]) if self.is_concatenated else vector

    def joined_map(self, image):
        """(B, h, w, c) and a map of each class (1 for the own, else 0), if that is how the network is told."""
        if not self.is_concatenated:
            return image
        height, width = image.shape[1:3]
        maps = layers.Reshape((height, width, self.config.classes))(layers.RepeatVector(height * width)(self.one_hot))
        return layers.concatenate([image, maps])

    def normalize(self, x):
        """The generator's normalization of (B, ..., C), each class with a scale and offset of its own by projection.

        Conditional batch normalization: de Vries et al. 2017, as in Miyato & Koyama 2018, section 5.
        """
        if self.config.generator_normalization == "none":
            return x
        if self.way != "projection":
            return batch_normalization(x)
        channels = x.shape[-1]
        x = FusedBatchNormalization(momentum=0.9, epsilon=1e-5, scale=False, center=False)(x)
        shape = (1,) * (len(x.shape) - 2) + (channels,)
        scale, offset = (
            layers.Reshape(shape)(layers.Dense(channels, use_bias=False, kernel_initializer=start)(self.one_hot))
            for start in ("ones", "zeros")
        )
        return layers.add([layers.multiply([x, scale]), offset])


def layer_types(config: ImageGenerationConfig) -> tuple[type, type]:
    """The discriminator's kinds of convolution and of dense layer."""
    if config.spectral_normalization:
        return SpectralConvolution, SpectralDense
    return layers.Conv2D, layers.Dense


def outputs(
    features,
    config: ImageGenerationConfig,
    condition: Condition,
    heads: Mapping[str, int],
    dense: Callable,
    pooled=None,
):
    """What a discriminator says of its last features: (B, 1) float32 logits, or a dict with them and of the heads.

    Args:
        features: (B, ...).
        config: the hidden layer's units.
        condition: the class; by projection the logit is joined by the inner product of the class's embedding and the
            features (Miyato & Koyama 2018, equation 3).
        heads: what else is read off the features, name to how many numbers; from a hidden layer of `code_units` where
            the configuration has it (Chen et al. 2016, appendix C.1).
        dense: its kind of dense layer.
        pooled: (B, C) what the class's embedding is compared with.
    """
    flat = layers.Flatten()(features)
    start = convolution_initializer()
    logits = dense(1, kernel_initializer=start, dtype="float32", name="logits")(flat)
    if condition.way == "projection":
        embedded = dense(pooled.shape[-1], use_bias=False, kernel_initializer=start, dtype="float32")(condition.one_hot)
        logits = layers.add([logits, layers.Dot(axes=1, dtype="float32")([embedded, pooled])], dtype="float32")
    if not heads:
        return logits
    hidden = flat
    if units := getattr(config, "code_units", 0):
        name = config.discriminator_normalization
        hidden = layers.Dense(units, use_bias=name == "none", kernel_initializer=start)(flat)
        hidden = layers.LeakyReLU(LEAK)(normalization(name)(hidden))
    said = {name: layers.Dense(units, dtype="float32", name=name)(hidden) for name, units in heads.items()}
    return {"logits": logits, **said}
