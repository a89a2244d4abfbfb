"""Minibatch discrimination (Salimans et al. 2016, section 3.2): how near are the other examples of the batch?"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan")
class MinibatchDiscrimination(keras.layers.Layer):
    """Features, and beside them how near those of the others in the batch are, by several learned measures.

    With f_i the features of an example and W a tensor of A x kernels x dims, whose columns have a learned length,
    M_i = f_i W, and o_i,b = sum over j != i of exp(-sum_c |M_i,b,c - M_j,b,c|) + bias_b. As in the authors' code, but
    for its initialization by the first batch: here the lengths begin with 1, the biases with -1.

    Args:
        kernels: how many numbers are added to the features.
        dims: of the space in which the distance of a kernel is taken.
        averaged: whether the sum is divided by the other examples of the batch, so that it is of the order of features
            whatever the batch (the authors' code for ImageNet averages, too).
    """

    def __init__(self, kernels: int, dims: int, averaged: bool = False, **options):
        super().__init__(**options)
        self.kernels, self.dims, self.averaged = kernels, dims, averaged

    def build(self, input_shape):
        """Make the tensor, the logarithms of its columns' lengths, and the biases."""
        start = keras.initializers.RandomNormal(0.0, 0.05)
        self.kernel = self.add_weight(
            name="kernel", shape=(input_shape[-1], self.kernels, self.dims), initializer=start, dtype="float32"
        )
        self.log_length = self.add_weight(
            name="log_length", shape=(self.kernels, self.dims), initializer="zeros", dtype="float32"
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.kernels,), initializer=keras.initializers.Constant(-1.0), dtype="float32"
        )

    def call(self, features):
        """(B, A) to (B, A + kernels)."""
        directions = tf.math.l2_normalize(tf.convert_to_tensor(self.kernel), axis=0)
        weights = directions * tf.exp(tf.convert_to_tensor(self.log_length))
        # (B, kernels, dims)
        measured = tf.einsum("na,abc->nbc", tf.cast(features, tf.float32), tf.cast(weights, tf.float32))
        distance = tf.reduce_sum(tf.abs(measured[:, tf.newaxis] - measured[tf.newaxis]), axis=3)
        # An example is at distance 0 from itself, and exp(0) = 1.
        near = tf.reduce_sum(tf.exp(-distance), axis=1) - 1.0
        if self.averaged:
            near /= tf.maximum(tf.cast(tf.shape(near)[0], tf.float32) - 1.0, 1.0)
        near += tf.cast(self.bias, tf.float32)
        return tf.concat([features, tf.cast(near, features.dtype)], axis=1)

    def compute_output_spec(self, features):
        """The features and a number for each kernel."""
        return keras.KerasTensor((features.shape[0], features.shape[1] + self.kernels), features.dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "kernels": self.kernels, "dims": self.dims, "averaged": self.averaged}


def beside_others(features, config):
    """The last features of a discriminator, with minibatch discrimination if the configuration has it."""
    if not config.minibatch_kernels:
        return features
    layer = MinibatchDiscrimination(config.minibatch_kernels, config.minibatch_dims, config.minibatch_average)
    return layer(features)
