"""Spectral normalization (Miyato et al. 2018, section 2.1) with the paper's gradient.

Keras's own `SpectralNormalization` writes W / sigma(W) into the kernel at every call, also in the generator's step, and
no gradient passes through sigma. Here the kernel stays as it is, `call` divides by sigma, and the singular vectors move
only when they are told to, in the discriminator's step.
"""

import math

import keras
import tensorflow as tf
from keras import layers

# Power iterations that find the singular vectors of the initial weights, whose singular values are close together.
WARM_UP = 200


class SpectrallyNormalized:
    """What a layer with a kernel (..., outputs) needs to compute with kernel / sigma.

    `left` and `right` are approximations of the first singular vectors of the kernel as a matrix (inputs, outputs).
    """

    def build(self, input_shape):
        """The kernel, and random singular vectors."""
        super().build(input_shape)
        *inputs, outputs = self.kernel.shape
        for name, size in (("left", math.prod(inputs)), ("right", outputs)):
            vector = self.add_weight(
                name=name,
                shape=(size,),
                initializer=keras.initializers.RandomNormal(),
                trainable=False,
                aggregation="only_first_replica",
            )
            setattr(self, name, vector)

    def save_own_variables(self, store):
        """Keras's convolutions and dense layers save their kernel and bias only."""
        layers.Layer.save_own_variables(self, store)

    def load_own_variables(self, store):
        """What `save_own_variables` saved."""
        layers.Layer.load_own_variables(self, store)

    def matrix(self) -> tf.Tensor:
        """(inputs, outputs) float32."""
        return tf.reshape(tf.cast(self.kernel, tf.float32), (-1, self.kernel.shape[-1]))

    def iterate(self, count: int = 1):
        """Power iterations (Algorithm 1): move the singular vectors towards those of the present kernel."""
        matrix = tf.stop_gradient(self.matrix())
        left, right = tf.cast(self.left, tf.float32), tf.cast(self.right, tf.float32)
        for _ in range(count):
            left = tf.math.l2_normalize(tf.linalg.matvec(matrix, right), epsilon=1e-12)
            right = tf.math.l2_normalize(tf.linalg.matvec(matrix, left, transpose_a=True), epsilon=1e-12)
        self.left.assign(left)
        self.right.assign(right)

    def sigma(self) -> tf.Tensor:
        """The largest singular value of the kernel, as far as it is known; gradients pass to the kernel."""
        left, right = tf.cast(self.left, tf.float32), tf.cast(self.right, tf.float32)
        return tf.tensordot(left, tf.linalg.matvec(self.matrix(), right), 1)


@keras.saving.register_keras_serializable("gan")
class SpectralConvolution(SpectrallyNormalized, layers.Conv2D):
    """A convolution by kernel / sigma."""

    def convolution_op(self, inputs, kernel):
        """Called by Keras's `call`."""
        return super().convolution_op(inputs, kernel / tf.cast(self.sigma(), kernel.dtype))


@keras.saving.register_keras_serializable("gan")
class SpectralDense(SpectrallyNormalized, layers.Dense):
    """A dense layer (without an activation of its own) by kernel / sigma."""

    def call(self, inputs, training=None):
        """(B, inputs) to (B, outputs)."""
        outputs = tf.matmul(inputs, self.kernel / tf.cast(self.sigma(), self.kernel.dtype))
        return outputs if self.bias is None else outputs + self.bias


def spectral_layers(network: keras.Model) -> list[SpectrallyNormalized]:
    """The spectrally normalized layers of a network."""
    return [layer for layer in network.layers if isinstance(layer, SpectrallyNormalized)]


def iterate(network: keras.Model, count: int = 1):
    """Power iterations in every spectrally normalized layer of a network."""
    for layer in spectral_layers(network):
        layer.iterate(count)
