"""The network of a perceptual loss: the maps of some layers of a trained one, which does not learn any more."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from losses import perceptual_loss
from models.core.config import ConfigError

# phi_5,4 of VGG19 as Keras names it, and by what its features are divided (Ledig et al. 2017, sections 2.2.1 and 3.2).
VGG54, VGG_DIVISOR = "block5_conv4", 12.75


class PerceptualNetwork:
    """Maps of features of images, to compare images by.

    Args:
        network: takes images (B, h, w, 3) in [-1, 1]; it may consist of networks.
        names: of layers; empty for `VGG54` where there is such a layer, else the last map of each size.
        side: of the images of which sizes are told, pixels.

    Raises:
        ConfigError: there is no such layer, or it gives no map.
    """

    def __init__(self, network: keras.Model, names: Sequence[str] = (), side: int = 96):
        network.trainable = False
        self.network, layers = network, {layer.name: layer for layer in leaves(network)}
        resizing = [layer for layer in layers.values() if isinstance(layer, keras.layers.Resizing)]
        with recorded(layers.values()) as found:
            network(np.zeros((1, side, side, 3), np.float32), training=False)
        maps = {name: output.shape for name, output in found.items() if len(getattr(output, "shape", ())) == 4}
        padding = [name for name in maps if isinstance(layers[name], keras.layers.ZeroPadding2D)]
        chosen = names or ((VGG54,) if VGG54 in maps else stages(maps, padding))
        if not chosen:
            raise ConfigError(
                "perceptual_network must have maps of more than 3 channels, by which images are compared. "
                "Received: a network without"
            )
        if unknown := [name for name in chosen if name not in maps]:
            raise ConfigError(
                "perceptual_layers must be layers of the network that give maps, such as "
                f"{', '.join(list(maps)[-3:])}. Received: {unknown[0]}"
            )
        self.layers = [layers[name] for name in chosen]
        self.resizing = resizing
        # 0: by the mean square of the features of the real images.
        self.scale = VGG_DIVISOR**2 if tuple(chosen) == (VGG54,) else 0.0

    def loss(self, real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
        """How far generated images are from real ones, (B, h, w, 3) both: a float32 scalar.

        Squared differences are divided by 12.75² of VGG54, as published; of other layers by the mean square of the
        features of the real images.
        """
        return perceptual_loss(self(real), self(generated), self.scale)

    def __call__(self, images: tf.Tensor) -> list[tf.Tensor]:
        """The maps (B, h', w', c') of (B, h, w, 3) images in [-1, 1]."""
        with recorded([*self.layers, *self.resizing]) as found:
            self.network(images, training=False)
        return [found[layer.name] for layer in self.layers]


def leaves(network: keras.Model) -> Iterator[keras.Layer]:
    """The layers of a network, and of the networks that it consists of."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        else:
            yield layer


@contextlib.contextmanager
def recorded(layers: Iterable[keras.Layer]) -> Iterator[dict[str, tf.Tensor]]:
    """What layers give, by their names, while the context is open.

    A map within a network in a network is no output that a new functional model could be made of.
    """
    layers, found = list(layers), {}

    def recording(layer):
        call = layer.call

        def record(*arguments, **options):
            # Images are compared at their own size, also by networks that would enlarge them first.
            is_resizing = isinstance(layer, keras.layers.Resizing)
            found[layer.name] = arguments[0] if is_resizing else call(*arguments, **options)
            return found[layer.name]

        return record

    for layer in layers:
        layer.call = recording(layer)
    try:
        yield found
    finally:
        for layer in layers:
            # The method of its class again.
            del layer.call


def stages(maps: Mapping[str, Sequence[int]], padding: Sequence[str]) -> list[str]:
    """The names of the last layers of each size, the images' own left out.

    Args:
        maps: by the name of each layer, in the order of the network, (1, h, w, c) the shape of its map.
        padding: the names of layers that pad, whose sizes are no others' size.
    """
    colors = 3
    last = {shape[1]: name for name, shape in maps.items() if shape[3] > colors and name not in padding}
    return list(last.values())
