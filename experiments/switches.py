"""Hidden maps of a generator that can be switched off."""

import keras


class Switches(keras.layers.Layer):
    """Multiplies (B, h, w, maps) by `on`, (maps,) of 1 or 0."""

    def build(self, input_shape):
        """Make `on`, all 1."""
        self.on = self.add_weight(name="on", shape=(input_shape[-1],), initializer="ones", trainable=False)

    def call(self, maps):
        """Switch."""
        return maps * keras.ops.cast(self.on, maps.dtype)


def with_switches(generator: keras.Model, layer: str) -> tuple[keras.Model, Switches]:
    """A copy of a generator whose maps of a layer can be switched off, and the switches."""
    switches = Switches(name="switches")

    def call(operation, *args, **kwargs):
        outputs = operation(*args, **kwargs)
        return switches(outputs) if operation.name == layer else outputs

    copy = keras.models.clone_model(generator, call_function=call)
    for own in generator.layers:
        copy.get_layer(own.name).set_weights(own.get_weights())
    return copy, switches
