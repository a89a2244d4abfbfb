"""Weight normalization (Salimans & Kingma 2016): a direction and a length for each unit."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan")
class WeightNormalizedDense(keras.layers.Layer):
    """Dense layer with kernel length * v / ||v||, unit by unit.

    Args:
        units: of the output.
        length: of each unit's weights as it begins.
        learns_length: whether the lengths are trained.
        deviation: of the initial v, drawn from N(0, deviation).
        use_bias: whether there is a bias.
    """

    def __init__(
        self,
        units: int,
        length: float = 1.0,
        learns_length: bool = False,
        deviation: float = 0.1,
        use_bias=True,
        **options,
    ):
        super().__init__(**options)
        self.units, self.length, self.learns_length, self.deviation = units, length, learns_length, deviation
        self.use_bias = use_bias

    def build(self, input_shape):
        """Make directions and, where they learn, lengths and biases."""
        start = keras.initializers.RandomNormal(0.0, self.deviation)
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units), initializer=start)
        if self.learns_length:
            lengths = keras.initializers.Constant(self.length)
            self.lengths = self.add_weight(name="lengths", shape=(self.units,), initializer=lengths)
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        """(B, A) to (B, units)."""
        unit = tf.math.l2_normalize(tf.cast(self.kernel, tf.float32), axis=0)
        lengths = tf.cast(self.lengths, tf.float32) if self.learns_length else self.length
        outputs = tf.matmul(inputs, tf.cast(unit * lengths, inputs.dtype))
        return outputs + tf.cast(self.bias, inputs.dtype) if self.use_bias else outputs

    def compute_output_spec(self, inputs):
        """As many numbers as units."""
        return keras.KerasTensor((*inputs.shape[:-1], self.units), self.compute_dtype)

    def get_config(self):
        """The constructor's arguments."""
        names = ("units", "length", "learns_length", "deviation", "use_bias")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
