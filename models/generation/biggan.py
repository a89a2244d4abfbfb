"""BigGAN, small (Brock et al. 2019; authors' code: ajbrock/BigGAN-PyTorch, networks of 32 pixels): classes by a shared
embedding, noise in every block, spectral normalization in both players, orthogonal regularization.
"""

import keras
import tensorflow as tf
from keras import layers

from models.core.adversarial_config import smallest_side
from models.core.layers import FusedBatchNormalization, batch_normalization
from models.core.spectral import SpectralConvolution, SpectralDense
from models.generation import resnet
from models.generation.class_configs import BigGANConfig
from models.generation.conditions import Condition
from models.generation.gan import ImageGAN


def orthogonal(x, kind, size: int, *kernel, **options):
    """A convolution or dense layer with orthogonal initial weights (appendix B)."""
    return kind(size, *kernel, kernel_initializer=keras.initializers.Orthogonal(), **options)(x)


def conditional_normalization(x, condition, is_shared: bool):
    """(B, h, w, C) normalized over the batch, with a scale and an offset for each channel from a condition (B, D).

    Of what all blocks share, spectrally normalized linear functions, the scale 1 more; of a one-hot class alone, its
    own embedding.
    """
    channels = x.shape[-1]
    x = FusedBatchNormalization(momentum=0.9, epsilon=1e-5, scale=False, center=False)(x)

    def linear(start: str):
        if is_shared:
            return orthogonal(condition, SpectralDense, channels, use_bias=False)
        return layers.Dense(channels, use_bias=False, kernel_initializer=start)(condition)

    scale, offset = (layers.Reshape((1, 1, channels))(linear(start)) for start in ("ones", "zeros"))
    if is_shared:
        scale = layers.Rescaling(1.0, 1.0)(scale)
    return layers.add([layers.multiply([x, scale]), offset])


def generator(config: BigGANConfig) -> keras.Model:
    """Noise and a class to an image.

    Inputs: `latent` (B, input_dim), `label` (B,). Output: (B, side, side, channels) float32 in [-1, 1]. Each block
    doubles the side; all have `generator_width` channels. The noise is split: its first part begins the image, each
    other one goes into a block, beside the embedding of the class (appendix B, figure 15).
    """
    latent = keras.Input((config.input_dim,), name="latent")
    condition = Condition(config, config.conditioning)
    side, width = smallest_side(config.image_size), config.generator_width
    is_shared = config.shared_embedding > 0
    embedded = condition.one_hot
    if is_shared:
        embedded = orthogonal(embedded, layers.Dense, config.shared_embedding, use_bias=False, name="embedding")
    first, *others = (latent[:, start:end] for start, end in config.latent_slices)
    x = layers.Reshape((side, side, width))(orthogonal(first, SpectralDense, side * side * width))
    for stage in range(config.doublings):
        given = layers.concatenate([embedded, others[stage]]) if others else embedded
        y = layers.ReLU()(conditional_normalization(x, given, is_shared))
        y = orthogonal(layers.UpSampling2D(2)(y), SpectralConvolution, width, 3, padding="same")
        y = layers.ReLU()(conditional_normalization(y, given, is_shared))
        y = orthogonal(y, SpectralConvolution, width, 3, padding="same")
        shortcut = orthogonal(layers.UpSampling2D(2)(x), SpectralConvolution, width, 1)
        x = layers.Add(name=f"maps_{stage}")([y, shortcut])
    x = layers.ReLU()(batch_normalization(x))
    x = orthogonal(x, SpectralConvolution, config.channels, 3, padding="same", dtype="float32")
    image = layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model({"latent": latent, **condition.inputs}, image, name="generator")


def orthogonal_gradient(kernel: tf.Tensor) -> tf.Tensor:
    """Of ||W^T W o (1 - I)||_F^2 by W, the outputs of a kernel (..., outputs) as columns (equation 3)."""
    matrix = tf.reshape(kernel, (-1, kernel.shape[-1]))
    products = tf.matmul(matrix, matrix, transpose_a=True)
    between = products - tf.linalg.diag(tf.linalg.diag_part(products))
    return tf.reshape(4.0 * tf.matmul(matrix, between), kernel.shape)


class BigGAN(ImageGAN):
    """A projection discriminator and a generator whose classes and noise are in every block.

    With `orthogonal_weight`, the filters of the generator's layers (but not the embedding) are kept from being alike,
    so that truncated noise, which it never saw, gives images, too (section 3.1).
    """

    config_class = BigGANConfig

    def build_networks(self):
        """The generator, and the residual projection discriminator."""
        self.generator = generator(self.config)
        self.discriminator = resnet.discriminator(self.config)

    def with_weight_terms(self, gradients, share, player):
        """And the orthogonal regularization of the generator."""
        gradients = super().with_weight_terms(gradients, share, player)
        if player != "generator" or not self.config.orthogonal_weight:
            return gradients
        scale = self.config.orthogonal_weight * share
        return [
            gradient + scale * orthogonal_gradient(tf.convert_to_tensor(variable)) if is_filter(variable) else gradient
            for gradient, variable in zip(gradients, self.player_variables(player), strict=True)
        ]


def is_filter(variable: keras.Variable) -> bool:
    """Whether a variable of the generator is a kernel that is regularized."""
    return variable.path.endswith("kernel") and "embedding" not in variable.path
