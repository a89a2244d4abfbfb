"""Adam with a fused kernel for large variables, and gradient descent with rising momentum."""

import keras
import tensorflow as tf

# Elements of a variable. For smaller ones the kernel is no faster than Keras's own operations.
LARGE = 2**20


@keras.saving.register_keras_serializable("gan")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam, with TensorFlow's fused kernel for large variables.

    Keras's own update reads and writes each variable, and both its moments, several times: at the published size of
    pix2pix (57 million parameters) that is a third of the step (`python -m benchmarks.published_steps`). The formula
    is the same; the last bit may differ. `amsgrad` is not supported.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable; called by `apply`, on each replica's own copy."""
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


@keras.saving.register_keras_serializable("gan")
class RisingMomentum(keras.optimizers.SGD):
    """Keras's gradient descent, with a momentum that rises epoch by epoch from `momentum` to `final_momentum`.

    It is `momentum` in the first epoch, `final_momentum` from epoch `momentum_epochs` on, counted from 1, and
    interpolated linearly in between, as in the code of Goodfellow et al. 2014 (mnist.yaml; pylearn2's MomentumAdjustor
    is also called before the first epoch). `nesterov` is not supported.
    """

    def __init__(self, learning_rate, momentum, final_momentum, momentum_epochs, steps_per_epoch, **kwargs):
        super().__init__(learning_rate, momentum=momentum, **kwargs)
        self.final_momentum, self.momentum_epochs = final_momentum, momentum_epochs
        self.steps_per_epoch = steps_per_epoch

    def build(self, variables):
        """Make a velocity for each variable, also for an initial momentum of 0, where Keras makes none."""
        super().build(variables)
        if not self.momentums:
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def momentum_at(self, step: tf.Tensor) -> tf.Tensor:
        """The momentum at a step of the optimizer, a float32 scalar."""
        epoch = tf.cast(tf.cast(step, tf.int64) // self.steps_per_epoch, tf.float32)
        share = tf.clip_by_value(epoch / (self.momentum_epochs - 1.0), 0.0, 1.0)
        return self.momentum + (self.final_momentum - self.momentum) * share

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable; called by `apply`, on each replica's own copy."""
        velocity = self.momentums[self._get_variable_index(variable)]
        momentum = self.momentum_at(self.iterations.value)
        self.assign(velocity, momentum * velocity.value - learning_rate * tf.cast(gradient, tf.float32))
        self.assign_add(variable, velocity.value)

    def get_config(self):
        """The constructor's arguments."""
        return super().get_config() | {
            "final_momentum": self.final_momentum,
            "momentum_epochs": self.momentum_epochs,
            "steps_per_epoch": self.steps_per_epoch,
        }
