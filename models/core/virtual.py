"""Virtual batch normalization (Salimans et al. 2016, section 3.4; authors' code: imagenet/model.py): each example is
normalized by the statistics of a fixed reference batch and its own, so that it does not depend on its batch.

The reference batch goes through the network in front of every batch, and is cut off at its end.
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan")
class WithReference(keras.layers.Layer):
    """(B, D) to (rows + B, D): a reference batch, which is not trained, in front of a batch.

    Args:
        rows: of the reference batch.
    """

    def __init__(self, rows: int, **options):
        super().__init__(**options)
        self.rows = rows

    def build(self, input_shape):
        """Make the reference batch, which is set once the network is made (`set_reference`)."""
        self.reference = self.add_weight(
            name="reference", shape=(self.rows, input_shape[-1]), initializer="zeros", trainable=False
        )

    def call(self, batch):
        """The reference first."""
        return tf.concat([tf.cast(self.reference, batch.dtype), batch], axis=0)

    def compute_output_spec(self, batch):
        """The number of rows is not known."""
        return keras.KerasTensor(batch.shape, batch.dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "rows": self.rows}


@keras.saving.register_keras_serializable("gan")
class WithoutReference(keras.layers.Layer):
    """(rows + B, ...) to (B, ...): what became of the batch alone."""

    def __init__(self, rows: int, **options):
        super().__init__(**options)
        self.rows = rows

    def call(self, rows):
        """Without the first ones."""
        return rows[self.rows :]

    def compute_output_spec(self, rows):
        """The number of rows is not known."""
        return keras.KerasTensor(rows.shape, rows.dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "rows": self.rows}


@keras.saving.register_keras_serializable("gan")
class VirtualBatchNormalization(keras.layers.Layer):
    """(rows + B, ..., C) with a reference batch in front, each channel normalized.

    With the means m and q of a channel and of its square over the reference batch, and those over an example's own
    pixels, the example's are (own + rows * reference) / (rows + 1), and its variance q - m^2. The reference batch is
    normalized by its own.
    """

    def __init__(self, rows: int, epsilon: float = 1e-5, **options):
        super().__init__(**options)
        self.rows, self.epsilon = rows, epsilon

    def build(self, input_shape):
        """Make a scale, drawn from N(1, 0.02), and an offset for each channel."""
        start = keras.initializers.RandomNormal(1.0, 0.02)
        self.gamma = self.add_weight(name="gamma", shape=input_shape[-1:], initializer=start)
        self.beta = self.add_weight(name="beta", shape=input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        """Normalize."""
        x = tf.cast(inputs, tf.float32)
        pixels = tuple(range(1, x.shape.rank - 1))
        share = 1.0 / (self.rows + 1.0)
        own_share = tf.concat([tf.zeros([self.rows]), tf.fill([tf.shape(x)[0] - self.rows], share)], axis=0)
        own_share = tf.reshape(own_share, [-1, *[1] * (x.shape.rank - 1)])

        def moment(values):
            own = tf.reduce_mean(values, axis=pixels, keepdims=True) if pixels else values
            reference = tf.reduce_mean(own[: self.rows], axis=0, keepdims=True)
            return own_share * own + (1.0 - own_share) * reference

        mean, square = moment(x), moment(tf.square(x))
        gamma, beta = tf.cast(self.gamma, tf.float32), tf.cast(self.beta, tf.float32)
        normalized = (x - mean) * tf.math.rsqrt(tf.maximum(square - tf.square(mean), 0.0) + self.epsilon)
        return tf.cast(gamma * normalized + beta, inputs.dtype)

    def compute_output_spec(self, inputs):
        """The shape of the input."""
        return keras.KerasTensor(inputs.shape, self.compute_dtype)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "rows": self.rows, "epsilon": self.epsilon}


def set_reference(network: keras.Model, **references: tf.Tensor):
    """Set the reference batches of a network.

    Args:
        network: with `WithReference` layers.
        references: by the name of a layer, (rows, D).
    """
    for name, reference in references.items():
        network.get_layer(name).reference.assign(reference)
