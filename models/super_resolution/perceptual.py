"""The network of a perceptual loss: the maps of some layers of a trained one, which does not learn any more."""

from collections.abc import Sequence

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
        network: takes images (B, h, w, 3) in [-1, 1].
        names: of layers; empty for `VGG54` where there is such a layer, else the last map of each size.
        side: of the images of which sizes are told, pixels.

    Raises:
        ConfigError: there is no such layer, or it gives no map.
    """

    def __init__(self, network: keras.Model, names: Sequence[str] = (), side: int = 96):
        has_vgg = any(layer.name == VGG54 for layer in network.layers)
        # 0: by the mean square of the features of the real images.
        self.scale = VGG_DIVISOR**2 if has_vgg and not names else 0.0
        chosen = names or ((VGG54,) if has_vgg else stages(network, side))
        self.network = keras.Model(network.inputs[0], [map_of(network, name) for name in chosen])
        self.network.trainable = False

    def loss(self, real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
        """How far generated images are from real ones, (B, h, w, 3) both: a float32 scalar.

        Squared differences are divided by 12.75² of VGG54, as published; of other layers by the mean square of the
        features of the real images.
        """
        return perceptual_loss(self(real), self(generated), self.scale)

    def __call__(self, images: tf.Tensor) -> list[tf.Tensor]:
        """The maps (B, h', w', c') of (B, h, w, 3) images in [-1, 1]."""
        maps = self.network(images, training=False)
        return list(maps) if isinstance(maps, list | tuple) else [maps]


def map_of(network: keras.Model, name: str):
    """The map that a layer gives; ConfigError where it gives none."""
    try:
        output = network.get_layer(name).output
    except ValueError:
        output = None
    if getattr(output, "shape", None) is None or len(output.shape) != 4:
        maps = [layer.name for layer in network.layers if len(getattr(layer.output, "shape", ())) == 4]
        raise ConfigError(
            f"perceptual_layers must be layers of the network that give maps, such as {', '.join(maps[-3:])}. "
            f"Received: {name}"
        )
    return output


def stages(network: keras.Model, side: int) -> list[str]:
    """The names of the last layers whose maps have half, a quarter, ... of the side of an image."""
    maps = [layer for layer in network.layers if len(getattr(layer.output, "shape", ())) == 4]
    together = keras.Model(network.inputs[0], [layer.output for layer in maps])
    computed = together(np.zeros((1, side, side, 3), np.float32))
    last = {}
    for layer, output in zip(maps, computed, strict=True):
        last[output.shape[1]] = layer.name
    halved = [-(-side // 2**times) for times in range(1, 6)]
    return [last[length] for length in dict.fromkeys(halved) if length in last]
