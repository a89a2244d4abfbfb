"""Spectral normalization (Miyato et al. 2018, section 2.1) with the paper's gradient.

Keras's own `SpectralNormalization` writes W / sigma(W) into the kernel at every call, also in the other player's step,
and no gradient passes through sigma. Here the kernel is unchanged, `call` divides by sigma, and the singular vectors
are updated only by `iterate`: `TrainedModel` calls it for the networks of a player whenever the player has moved, and
with `WARM_UP` iterations when it has built them.
"""

import math

import keras
import tensorflow as tf
from keras import layers

# Power iterations on the initial weights, whose singular values are close together: many, to converge.
WARM_UP = 200
# Norms and singular values below it count as 0.
SMALLEST = 1e-12


class SpectrallyNormalized:
    """Mixin of a layer with a kernel (..., outputs) that computes with kernel / sigma.

    `left` and `right` approximate the first singular vectors of the kernel, reshaped to a matrix (inputs, outputs).
    """

    def build(self, input_shape):
        """Make the kernel, and singular vectors with random initial values."""
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
        """Save all variables: Keras's convolutions and dense layers save only their kernel and bias."""
        layers.Layer.save_own_variables(self, store)

    def load_own_variables(self, store):
        """Load what `save_own_variables` saved."""
        layers.Layer.load_own_variables(self, store)

    def matrix(self) -> tf.Tensor:
        """The kernel as a matrix (inputs, outputs), float32."""
        return tf.reshape(tf.cast(self.kernel, tf.float32), (-1, self.kernel.shape[-1]))

    def iterate(self, count: int = 1):
        """Power iterations (Algorithm 1): update the singular vectors towards those of the current kernel."""
        matrix = tf.stop_gradient(self.matrix())
        left, right = tf.cast(self.left, tf.float32), tf.cast(self.right, tf.float32)
        for _ in range(count):
            left = normalized(tf.linalg.matvec(matrix, right), left)
            right = normalized(tf.linalg.matvec(matrix, left, transpose_a=True), right)
        self.left.assign(left)
        self.right.assign(right)

    def sigma(self) -> tf.Tensor:
        """The current estimate of the kernel's largest singular value, 1 if that is 0; gradients pass to the kernel."""
        left, right = tf.cast(self.left, tf.float32), tf.cast(self.right, tf.float32)
        sigma = tf.tensordot(left, tf.linalg.matvec(self.matrix(), right), 1)
        # A kernel of zeros stays one, and has a gradient.
        return tf.where(tf.abs(sigma) > SMALLEST, sigma, 1.0)


@keras.saving.register_keras_serializable("gan")
class SpectralConvolution(SpectrallyNormalized, layers.Conv2D):
    """A convolution with kernel / sigma."""

    def convolution_op(self, inputs, kernel):
        """The convolution itself; Keras's `call` adds bias and activation."""
        return super().convolution_op(inputs, kernel / tf.cast(self.sigma(), kernel.dtype))


@keras.saving.register_keras_serializable("gan")
class SpectralDense(SpectrallyNormalized, layers.Dense):
    """A dense layer (without activation) with kernel / sigma."""

    def call(self, inputs, training=None):
        """(B, inputs) to (B, outputs)."""
        outputs = tf.matmul(inputs, self.kernel / tf.cast(self.sigma(), self.kernel.dtype))
        return outputs if self.bias is None else outputs + self.bias


def normalized(vector: tf.Tensor, otherwise: tf.Tensor) -> tf.Tensor:
    """A vector divided by its norm; another one if the norm is 0, lest it stay 0 when the kernel no longer is."""
    norm = tf.norm(vector)
    return tf.where(norm > SMALLEST, vector / tf.maximum(norm, SMALLEST), otherwise)


def spectral_layers(network: keras.Model) -> list[SpectrallyNormalized]:
    """The spectrally normalized layers of a network, those of nested networks included."""
    found = []
    for layer in network.layers:
        if isinstance(layer, SpectrallyNormalized):
            found.append(layer)
        elif isinstance(layer, keras.Model):
            found += spectral_layers(layer)
    return found


def iterate(network: keras.Model, count: int = 1):
    """Power iterations in every spectrally normalized layer of a network."""
    for layer in spectral_layers(network):
        layer.iterate(count)
