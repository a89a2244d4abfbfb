"""A signature of a loaded SavedModel, from arrays to arrays."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from serving.server.errors import of_tensorflow


class Signature:
    """A function of a SavedModel.

    Args:
        name: of it.
        function: as TensorFlow loads it.

    Attributes:
        inputs: by name.
        outputs: by name.
    """

    def __init__(self, name: str, function):
        self.name, self.function = name, function
        # Their order in the file is any.
        self.inputs: Mapping[str, tf.TensorSpec] = dict(sorted(function.structured_input_signature[1].items()))
        self.outputs: Mapping[str, tf.TensorSpec] = {
            key: tf.TensorSpec(value.shape, value.dtype) for key, value in sorted(function.structured_outputs.items())
        }

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs of inputs, with as many rows.

        Raises:
            ServingError: the graph refuses them.
        """
        given = {name: tf.constant(inputs[name], spec.dtype) for name, spec in self.inputs.items()}
        try:
            return {name: value.numpy() for name, value in self.function(**given).items()}
        except tf.errors.OpError as error:
            raise of_tensorflow(error) from None
