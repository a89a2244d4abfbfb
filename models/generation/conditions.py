"""What the networks of this family share: conditioning on a class, and the discriminator's outputs."""

from collections.abc import Callable

import keras
from keras import layers, ops

from models.core.adversarial_config import VIRTUAL
from models.core.layers import (
    LEAK,
    FusedBatchNormalization,
    batch_normalization,
    convolution_initializer,
    normalization,
)
from models.core.minibatch import beside_others
from models.core.spectral import SpectralConvolution, SpectralDense
from models.core.virtual import VirtualBatchNormalization, WithoutReference, WithReference
from models.generation.configs import ImageGenerationConfig


class Condition:
    """The class as an input of a network, if it is conditional; `inputs` is added to the network's other inputs.

    Args:
        config: the number of classes, and the generator's normalization.
        conditioning: one of `models.generation.configs.CONDITIONINGS`.
        generates: whether the network is the generator.
    """

    def __init__(self, config: ImageGenerationConfig, conditioning: str, generates: bool = False):
        self.config, self.conditioning, self.inputs, self.one_hot = config, conditioning, {}, None
        self.reference_batch = config.reference_batch if generates and config.generator_normalization == VIRTUAL else 0
        if conditioning != "none":
            label = keras.Input((), dtype="int32", name="label")
            self.inputs = {"label": label}
            self.one_hot = self.with_reference(ops.one_hot(label, config.classes), "reference_classes")

    def with_reference(self, batch, name: str = "reference"):
        """(B, D), the reference batch of virtual batch normalization in front, if there is one."""
        return WithReference(self.reference_batch, name=name)(batch) if self.reference_batch else batch

    def without_reference(self, images):
        """(B, ...) images, those of the reference batch cut off."""
        return WithoutReference(self.reference_batch, name="samples")(images) if self.reference_batch else images

    @property
    def is_concatenated(self) -> bool:
        """Whether the one-hot class is concatenated to the network's input."""
        return self.conditioning == "concatenation"

    def concatenate(self, vector):
        """(B, D), with the one-hot class appended if conditioning is by concatenation."""
        return layers.concatenate([vector, self.one_hot]) if self.is_concatenated else vector

    def concatenate_maps(self, image):
        """(B, h, w, c), with a constant one-hot map per class appended if conditioning is by concatenation."""
        if not self.is_concatenated:
            return image
        height, width = image.shape[1:3]
        maps = layers.Reshape((height, width, self.config.classes))(layers.RepeatVector(height * width)(self.one_hot))
        return layers.concatenate([image, maps])

    def normalize(self, x):
        """The generator's normalization of (B, ..., C); by projection, with a scale and an offset for each class.

        Conditional batch normalization: de Vries et al. 2017, as in Miyato & Koyama 2018, section 5.
        """
        if self.config.generator_normalization == "none":
            return x
        if self.reference_batch:
            return VirtualBatchNormalization(self.reference_batch)(x)
        if self.conditioning != "projection":
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
    """The discriminator's convolution and dense layer, spectrally normalized or not."""
    if config.spectral_normalization:
        return SpectralConvolution, SpectralDense
    return layers.Conv2D, layers.Dense


def classifier_outputs(class_logits, features) -> dict:
    """Outputs of a discriminator that is a classifier (Salimans et al. 2016, section 5).

    Args:
        class_logits: (B, K) float32 of the classes of real images; that of "generated" is 0.
        features: (B, D), what is matched.

    Returns:
        `logits` (B, 1) of "real": with Z = sum exp(class_logits), log Z, as D = Z / (Z + 1); and the arguments.
    """
    logits = ops.logsumexp(class_logits, axis=1, keepdims=True)
    return {"logits": logits, "class_logits": class_logits, "features": features}


def discriminator_outputs(
    features,
    config: ImageGenerationConfig,
    condition: Condition,
    dense: Callable,
    pooled,
    start: Callable[[], keras.initializers.Initializer] = convolution_initializer,
):
    """(B, 1) float32 logits from a discriminator's last features, or with `config.heads` a dict of them and the heads;
    with `config.feature_matching` one of them and the `features` (B, D); those of `classifier_outputs` where the
    discriminator classifies.

    Args:
        features: (B, ...).
        config: the heads: name to size. They have a hidden layer of `code_units` if that is not 0 (Chen et al. 2016,
            appendix C.1).
        condition: the class; by projection, the inner product of its embedding and the features is added to the logit
            (Miyato & Koyama 2018, equation 3).
        dense: the discriminator's type of dense layer.
        pooled: (B, C) the features of that inner product.
        start: makes an initializer for each layer: one that is used twice gives the same numbers twice.
    """
    flat = layers.Flatten()(features)
    if config.classifies:
        last = dense(config.classes, kernel_initializer=start(), dtype="float32", name="class_logits")
        return classifier_outputs(last(beside_others(flat, config)), flat)
    logits = dense(1, kernel_initializer=start(), dtype="float32", name="logits")(beside_others(flat, config))
    if condition.conditioning == "projection":
        embedded = dense(pooled.shape[-1], use_bias=False, kernel_initializer=start(), dtype="float32")(
            condition.one_hot
        )
        logits = layers.add([logits, layers.Dot(axes=1, dtype="float32")([embedded, pooled])], dtype="float32")
    if not config.heads:
        return {"logits": logits, "features": flat} if config.feature_matching else logits
    hidden = flat
    if config.code_units:
        name = config.discriminator_normalization
        hidden = layers.Dense(config.code_units, use_bias=name == "none", kernel_initializer=start())(flat)
        hidden = layers.LeakyReLU(LEAK)(normalization(name)(hidden))
    heads = {name: layers.Dense(size, dtype="float32", name=name)(hidden) for name, size in config.heads.items()}
    return {"logits": logits, **heads}
