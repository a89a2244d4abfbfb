"""The layers that the papers' networks share, with the papers' initial weights."""

import keras
import tensorflow as tf
from keras import layers


def convolution_initializer():
    """N(0, 0.02): DCGAN's and, after it, Reed et al.'s."""
    return keras.initializers.RandomNormal(0.0, 0.02)


def doubled_widths(width: int, count: int) -> list[int]:
    """Channels of `count` layers, each of which halves the side: 1, 2, 4, 8, 8, ... times `width`."""
    return [width * min(2**layer, 8) for layer in range(count)]


def convolution(
    x, channels: int, kernel_size: int, strides: int = 1, padding: str = "same", layer=layers.Conv2D, **options
):
    """Convolution, without bias unless `use_bias` (Reed et al.'s code zeroes the biases at every step)."""
    return layer(
        channels,
        kernel_size,
        strides,
        padding=padding,
        kernel_initializer=convolution_initializer(),
        **({"use_bias": False} | options),
    )(x)


def transposed_convolution(x, channels: int, kernel_size: int = 4, strides: int = 2, padding: str = "same", **options):
    """Transposed convolution, which doubles the side unless told otherwise; without bias unless `use_bias`."""
    return layers.Conv2DTranspose(
        channels,
        kernel_size,
        strides,
        padding=padding,
        kernel_initializer=convolution_initializer(),
        **({"use_bias": False} | options),
    )(x)


def resize_convolution(x, channels: int, kernel_size: int = 3, **options):
    """Each pixel four times, and a convolution: no checkerboard (Odena et al. 2016)."""
    return convolution(layers.UpSampling2D(2)(x), channels, kernel_size, **options)


UPSAMPLING = {"transposed": transposed_convolution, "resize": resize_convolution}


def linear(x, units: int):
    """Dense layer with Torch's initial weights: uniform within 1 / sqrt(inputs)."""
    return layers.Dense(
        units, kernel_initializer=keras.initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform")
    )(x)


@keras.saving.register_keras_serializable("gan")
class FusedBatchNormalization(layers.BatchNormalization):
    """Keras's batch normalization of the last axis, computed by TensorFlow's fused kernel.

    Keras 3 computes it unfused and in float32, which takes more of a GAN-CLS step on a CPU than the convolutions
    (see benchmarks/). As in Torch, the moving variance collects the unbiased estimate.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalize (B, H, W, C) or (B, C) floats, by the batch's statistics if `training`, else the moving ones."""
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
    """Dropout as a function of a seed: the same seed drops the same numbers.

    Keras's own layer hides its state, so that a resumed run would draw others, and all replicas draw the same.

    Args:
        rate: the share that is dropped, in [0, 1).
        salt: makes layers with one seed differ.
        always: whether it drops at test time too (Isola et al. 2017, 3.1).
    """

    def __init__(self, rate: float, salt: int = 0, always: bool = True, **options):
        super().__init__(**options)
        self.rate, self.salt, self.always = rate, salt, always

    def call(self, inputs, training=None):
        """[(B, ...) floats, (B, 2) integers, of which the first row is the seed] to floats of the same shape."""
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
        """What `from_config` needs."""
        return {**super().get_config(), "rate": self.rate, "salt": self.salt, "always": self.always}


def batch_normalization(x):
    """Batch normalization with Torch's momentum and epsilon, its scale drawn from N(1, 0.02)."""
    return FusedBatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=keras.initializers.RandomNormal(1.0, 0.02)
    )(x)


@keras.saving.register_keras_serializable("gan")
class BatchStatistics(layers.Layer):
    """Batch normalization that knows the batch's own statistics only, at test time too (Isola et al. 2017, 3.2).

    At batch 1 it is instance normalization.
    """

    def build(self, input_shape):
        """Scale, drawn from N(1, 0.02), and offset of each channel."""
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
    """Normalization by the batch's own statistics."""
    return BatchStatistics()(x)


@keras.saving.register_keras_serializable("gan")
class InstanceNormalization(layers.Layer):
    """Each channel of each image to mean 0 and variance 1, without scale and offset (Ulyanov et al. 2016).

    At batch 1 by TensorFlow's fused kernel, which takes half of the time of Keras's `GroupNormalization(groups=-1)`.
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
    """Fills up with the mirror image, `width` pixels on each side; the outermost pixels are not repeated."""

    def __init__(self, width: int, **options):
        super().__init__(**options)
        self.width = width

    def call(self, inputs):
        """(B, H, W, C) to (B, H + 2 width, W + 2 width, C)."""
        return tf.pad(inputs, [[0, 0], [self.width] * 2, [self.width] * 2, [0, 0]], "REFLECT")

    def compute_output_shape(self, input_shape):
        """As `call` makes it."""
        batch, *sides, channels = input_shape
        return (batch, *(side and side + 2 * self.width for side in sides), channels)

    def get_config(self):
        """What `from_config` needs."""
        return {**super().get_config(), "width": self.width}


NORMALIZATIONS = {
    "batch": batch_normalization,
    "instance": lambda x: InstanceNormalization()(x),
    "layer": lambda x: layers.LayerNormalization(epsilon=1e-5)(x),
    "none": lambda x: x,
}


def normalization(name: str):
    """The function that normalizes a tensor's features, by name."""
    return NORMALIZATIONS[name]
