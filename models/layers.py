"""The layers that the papers' networks share, with the papers' initial weights."""

import keras
import tensorflow as tf
from keras import layers


def convolution_initializer():
    """N(0, 0.02): DCGAN's and, after it, Reed et al.'s."""
    return keras.initializers.RandomNormal(0.0, 0.02)


def convolution(x, channels: int, kernel_size: int, strides: int = 1, padding: str = "same", **options):
    """Convolution without bias (the authors' code zeroes the biases at every step)."""
    return layers.Conv2D(
        channels,
        kernel_size,
        strides,
        padding=padding,
        use_bias=False,
        kernel_initializer=convolution_initializer(),
        **options,
    )(x)


def transposed_convolution(x, channels: int, **options):
    """4x4 transposed convolution that doubles the side, without bias."""
    return layers.Conv2DTranspose(
        channels,
        4,
        2,
        padding="same",
        use_bias=False,
        kernel_initializer=convolution_initializer(),
        **options,
    )(x)


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
        gamma, beta = tf.cast(self.gamma, tf.float32), tf.cast(self.beta, tf.float32)
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


def batch_normalization(x):
    """Batch normalization with Torch's momentum and epsilon, its scale drawn from N(1, 0.02)."""
    return FusedBatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=keras.initializers.RandomNormal(1.0, 0.02)
    )(x)


NORMALIZATIONS = {
    "batch": batch_normalization,
    "layer": lambda x: layers.LayerNormalization(epsilon=1e-5)(x),
    "none": lambda x: x,
}


def normalization(name: str):
    """The function that normalizes a tensor's features, by name."""
    return NORMALIZATIONS[name]
