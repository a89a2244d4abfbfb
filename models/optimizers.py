"""Adam in one pass over the memory of large variables."""

import keras
import tensorflow as tf

# Numbers in a variable. Of smaller ones the kernel gains nothing over Keras's own operations.
LARGE = 2**20


@keras.saving.register_keras_serializable("gan")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam, which updates large variables by TensorFlow's fused kernel.

    Keras's own update reads and writes each variable, and both its moments, several times: at the published size of
    pix2pix (57 million parameters) that is a third of the step (`python -m benchmarks.published_steps`). The formula
    is the same; the last bit may differ. Without `amsgrad`.
    """

    def update_step(self, gradient, variable, learning_rate):
        """One variable's step; called by `apply`, on each replica's own copy."""
        if variable.shape.num_elements() < LARGE:
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations.value, tf.float32) + 1.0
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, tf.float32),
        )
