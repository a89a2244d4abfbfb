"""Layers and widths that the papers' networks share, with the papers' initial weights."""

import keras
import tensorflow as tf
from keras import layers

# Slope of the leaky ReLU in all networks; Radford et al. 2016, section 4.
LEAK = 0.2


def convolution_initializer():
    """N(0, 0.02): DCGAN's and, following it, Reed et al.'s."""
    return keras.initializers.RandomNormal(0.0, 0.02)


def halvings(side: int, smallest: int) -> int:
    """How many times a side is halved down to the smallest map's."""
    return (side // smallest).bit_length() - 1


def stage_widths(width: int, stages: int, from_smallest: bool = False) -> list[int]:
    """Channels of each stage, from the largest map to the smallest, each half the side of the one before.

    Args:
        width: channels of the unit stage.
        stages: how many stages there are.
        from_smallest: False: 1, 2, 4, 8, 8, ... times `width`, so the largest map has `width` channels (DCGAN, pix2pix,
            PixelDT). True: ..., 1, 1, 2, 4, 8 times `width`, so the smallest map has 8 times as many (Reed et al.).
    """
    if from_smallest:
        return [width * max(8 >> stage, 1) for stage in reversed(range(stages))]
    return [width * min(2**stage, 8) for stage in range(stages)]


def convolution(
    x, channels: int, kernel_size: int, strides: int = 1, padding: str = "same", layer=layers.Conv2D, **options
):
    """Convolution, without bias unless `use_bias` (Reed et al.'s code sets the biases to zero at every step)."""
    return layer(
        channels,
        kernel_size,
        strides,
        padding=padding,
        kernel_initializer=convolution_initializer(),
        **({"use_bias": False} | options),
    )(x)


def transposed_convolution(x, channels: int, kernel_size: int = 4, strides: int = 2, padding: str = "same", **options):
    """Transposed convolution, by default doubling the side; without bias unless `use_bias`."""
    return layers.Conv2DTranspose(
        channels,
        kernel_size,
        strides,
        padding=padding,
        kernel_initializer=convolution_initializer(),
        **({"use_bias": False} | options),
    )(x)


def resize_convolution(x, channels: int, kernel_size: int = 3, **options):
    """Nearest-neighbor upsampling and a convolution: no checkerboard artifacts (Odena et al. 2016)."""
    return convolution(layers.UpSampling2D(2)(x), channels, kernel_size, **options)


# How a generator doubles the side of a map; the keys are `models.core.adversarial_config.UPSAMPLINGS`.
UPSAMPLINGS = {"transposed": transposed_convolution, "resize": resize_convolution}


def linear(x, units: int):
    """Dense layer with Torch's initial weights and biases: both uniform within 1 / sqrt(inputs)."""
    limit = x.shape[-1] ** -0.5
    start = keras.initializers.RandomUniform(-limit, limit), keras.initializers.RandomUniform(-limit, limit)
    return layers.Dense(units, kernel_initializer=start[0], bias_initializer=start[1])(x)


@keras.saving.register_keras_serializable("gan")
class FusedBatchNormalization(layers.BatchNormalization):
    """Keras's batch normalization of the last axis, with TensorFlow's fused kernel.

    Keras 3 computes it unfused and in float32, which takes more of a GAN-CLS step on a CPU than the convolutions
    (see benchmarks/). As in Torch, the moving variance averages the unbiased estimate.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalize (B, H, W, C) or (B, C) floats with the batch's statistics if `training`, else the moving ones."""
        x = inputs if inputs.shape.rank == 4 else inputs[:, tf.newaxis, tf.newaxis, :]
        channels = inputs.shape[-1:]
        gamma = tf.cast(self.gamma, tf.float32) if self.scale else tf.ones(channels)
        beta = tf.cast(self.beta, tf.float32) if self.center else tf.zeros(channels)
        if training and self.trainable:
            y, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=self.epsilon)
            for moving, current in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign(moving * self.momentum + current * (1.0 - self.momentum))
        else:
            y, _, _ = tf.compat.v1.nn.fused_batch_norm(
                x,
                gamma,
                beta,
                mean=tf.cast(self.moving_mean, tf.float32),
                variance=tf.cast(self.moving_variance, tf.float32),
                epsilon=self.epsilon,
                is_training=False,
            )
        return y if inputs.shape.rank == 4 else y[:, 0, 0, :]


@keras.saving.register_keras_serializable("gan")
class SeededDropout(layers.Layer):
    """Dropout as a function of a seed: the same seed drops the same units.

    Keras's own layer hides its state, so a resumed run would draw another mask, and all replicas would draw the same.

    Args:
        rate: the share that is dropped, in [0, 1).
        salt: makes layers that share a seed differ.
        always: whether it is active at test time too (Isola et al. 2017, 3.1).
    """

    def __init__(self, rate: float, salt: int = 0, always: bool = True, **options):
        super().__init__(**options)
        self.rate, self.salt, self.always = rate, salt, always

    def call(self, inputs, training=None):
        """[(B, ...) floats, (B, 2) integers with the seed in the first row] to floats of the same shape."""
        x, seed = inputs
        if not (self.always or training):
            return x
        seed = tf.random.experimental.stateless_fold_in(tf.cast(seed[0], tf.int32), self.salt)
        kept = tf.random.stateless_uniform(tf.shape(x), seed) >= self.rate
        return tf.where(kept, x / tf.cast(1.0 - self.rate, x.dtype), tf.zeros_like(x))

    def compute_output_spec(self, inputs):
        """The shape of the first input."""
        return keras.KerasTensor(inputs[0].shape, self.compute_dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "rate": self.rate, "salt": self.salt, "always": self.always}


@keras.saving.register_keras_serializable("gan")
class SeededNoise(layers.Layer):
    """Gaussian noise while a network is trained, as a function of a seed (see `SeededDropout`).

    Args:
        deviation: of the noise.
        salt: makes layers that share a seed differ.
    """

    def __init__(self, deviation: float, salt: int = 0, **options):
        super().__init__(**options)
        self.deviation, self.salt = deviation, salt

    def call(self, inputs, training=None):
        """[(B, ...) floats, (B, 2) integers with the seed in the first row] to floats of the same shape."""
        x, seed = inputs
        if not training:
            return x
        seed = tf.random.experimental.stateless_fold_in(tf.cast(seed[0], tf.int32), self.salt)
        return x + tf.cast(self.deviation * tf.random.stateless_normal(tf.shape(x), seed), x.dtype)

    def compute_output_spec(self, inputs):
        """The shape of the first input."""
        return keras.KerasTensor(inputs[0].shape, self.compute_dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "deviation": self.deviation, "salt": self.salt}


@keras.saving.register_keras_serializable("gan")
class LatentSeed(layers.Layer):
    """A seed of `SeededDropout` from the bits of a generator's latents: other latents, other masks."""

    def __init__(self, **options):
        # In bfloat16 many latents would be the same.
        super().__init__(autocast=False, **options)

    def call(self, latent):
        """(B, D) floats to (1, 2) int32: the first and the last number of the first row."""
        ends = tf.stack([latent[0, 0], latent[0, -1]])
        return tf.bitcast(tf.cast(ends, tf.float32), tf.int32)[tf.newaxis]

    def compute_output_spec(self, latent):
        """One seed, in a row."""
        return keras.KerasTensor((1, 2), "int32")


def batch_normalization(x):
    """Batch normalization with Torch's momentum and epsilon, the scale drawn from N(1, 0.02)."""
    return FusedBatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=keras.initializers.RandomNormal(1.0, 0.02)
    )(x)


@keras.saving.register_keras_serializable("gan")
class BatchStatistics(layers.Layer):
    """Batch normalization with the batch's own statistics at test time too (Isola et al. 2017, 3.2).

    At batch 1 it is instance normalization.
    """

    def build(self, input_shape):
        """Make a scale, drawn from N(1, 0.02), and an offset for each channel."""
        self.gamma = self.add_weight(
            name="gamma", shape=input_shape[-1:], initializer=keras.initializers.RandomNormal(1.0, 0.02)
        )
        self.beta = self.add_weight(name="beta", shape=input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        """Normalize (B, H, W, C) floats."""
        gamma, beta = tf.cast(self.gamma, tf.float32), tf.cast(self.beta, tf.float32)
        return tf.compat.v1.nn.fused_batch_norm(inputs, gamma, beta, epsilon=1e-5)[0]

    def compute_output_spec(self, inputs):
        """The shape of the input."""
        return keras.KerasTensor(inputs.shape, self.compute_dtype)


def batch_statistics(x):
    """Normalization with the batch's own statistics."""
    return BatchStatistics()(x)


@keras.saving.register_keras_serializable("gan")
class InstanceNormalization(layers.Layer):
    """Each channel of each image to mean 0 and variance 1, without scale and offset (Ulyanov et al. 2016).

    At batch 1 with TensorFlow's fused kernel, which takes half the time of Keras's `GroupNormalization(groups=-1)`.
    """

    def call(self, inputs):
        """Normalize (B, H, W, C) floats."""
        x = tf.cast(inputs, tf.float32)
        if inputs.shape[0] == 1:
            channels = inputs.shape[-1:]
            x = tf.compat.v1.nn.fused_batch_norm(x, tf.ones(channels), tf.zeros(channels), epsilon=1e-5)[0]
        else:
            mean, variance = tf.nn.moments(x, axes=(1, 2), keepdims=True)
            x = (x - mean) * tf.math.rsqrt(variance + 1e-5)
        return tf.cast(x, inputs.dtype)

    def compute_output_spec(self, inputs):
        """The shape of the input."""
        return keras.KerasTensor(inputs.shape, self.compute_dtype)


@keras.saving.register_keras_serializable("gan")
class ReflectionPadding(layers.Layer):
    """Reflection padding of `width` pixels on each side; the outermost pixels are not repeated."""

    def __init__(self, width: int, **options):
        super().__init__(**options)
        self.width = width

    def call(self, inputs):
        """(B, H, W, C) to (B, H + 2 width, W + 2 width, C)."""
        return tf.pad(inputs, [[0, 0], [self.width] * 2, [self.width] * 2, [0, 0]], "REFLECT")

    def compute_output_shape(self, input_shape):
        """The shape of the padded image."""
        batch, *sides, channels = input_shape
        return (batch, *(side and side + 2 * self.width for side in sides), channels)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "width": self.width}


# The keys are `models.core.adversarial_config.NORMALIZATIONS`.
NORMALIZATIONS = {
    "batch": batch_normalization,
    "instance": lambda x: InstanceNormalization()(x),
    "layer": lambda x: layers.LayerNormalization(epsilon=1e-5)(x),
    "none": lambda x: x,
}


def normalization(name: str):
    """The function that normalizes a tensor's features, by its name."""
    return NORMALIZATIONS[name]
