"""Networks run in batches and compiled: a generator's images, hidden maps of a generator or a discriminator.

A generator's hidden maps are the outputs of its layers "maps_0", "maps_1", ... (the smallest first), a discriminator's
those of "features_0", "features_1", ... (the largest first).
"""

import re
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

BATCH_SIZE = 256


def numbered_layers(network: keras.Model, prefix: str) -> tuple[str, ...]:
    """The names "prefix_0", "prefix_1", ... among a network's layers, by their numbers; ValueError if none."""
    found = [match for layer in network.layers if (match := re.fullmatch(rf"{prefix}_(\d+)", layer.name))]
    if not found:
        names = [layer.name for layer in network.layers]
        raise ValueError(f"the network must have layers named {prefix}_0, {prefix}_1, ... Received: {names}")
    return tuple(match[0] for match in sorted(found, key=lambda match: int(match[1])))


def feature_layers(discriminator: keras.Model) -> tuple[str, ...]:
    """The names of a discriminator's layers of feature maps, from the image inwards."""
    return numbered_layers(discriminator, "features")


def map_layers(generator: keras.Model) -> tuple[str, ...]:
    """The names of a generator's layers of maps, from the smallest outwards."""
    return numbered_layers(generator, "maps")


def has_convolutions(network: keras.Model) -> bool:
    """Whether a network has layers of maps or features with a height and a width."""
    return any(
        re.fullmatch(r"(maps|features)_\d+", layer.name) and len(layer.output.shape) == 4 for layer in network.layers
    )


def compiled(network: keras.Model, then: Callable | None = None, batch_size: int = BATCH_SIZE) -> Callable:
    """A function that runs a functional network with dict inputs for inference, traced once for all batches.

    Args:
        network: its inputs are named tensors, examples first.
        then: applied to the outputs of each batch (tensors in, tensors out), where they are too large to keep.
        batch_size: examples at a time.

    Returns:
        Inputs (name to array of n rows) -> outputs in the network's own structure, float32 arrays of n rows.
    """
    specs = {name: tf.TensorSpec(tensor.shape, tensor.dtype) for name, tensor in network.input.items()}

    @tf.function(input_signature=[specs])
    def step(batch):
        outputs = network(batch, training=False)
        outputs = then(outputs) if then else outputs
        return tf.nest.map_structure(lambda output: tf.cast(output, tf.float32), outputs)

    def run(inputs: Mapping[str, np.ndarray]):
        if set(inputs) != set(specs) or not len(next(iter(inputs.values()))):
            received = {name: np.shape(values) for name, values in inputs.items()}
            raise ValueError(f"inputs must be {sorted(specs)}, one row or more of each. Received: {received}")
        arrays = {name: np.asarray(values, specs[name].dtype.as_numpy_dtype) for name, values in inputs.items()}
        count = len(next(iter(arrays.values())))
        batches = [
            step({name: tf.constant(rows[start : start + batch_size]) for name, rows in arrays.items()})
            for start in range(0, count, batch_size)
        ]
        return tf.nest.map_structure(lambda *parts: np.concatenate([part.numpy() for part in parts]), *batches)

    return run


def generator_inputs(latents: np.ndarray, labels: np.ndarray | None) -> dict[str, np.ndarray]:
    """A generator's inputs: (n, Z) latents and, for a class-conditional one, (n,) labels."""
    return {"latent": latents} if labels is None else {"latent": latents, "label": labels}


def images_of(generator: keras.Model, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """(n, s, s, c) images in [-1, 1] of (n, Z) latents and, for a class-conditional generator, (n,) labels."""
    return compiled(generator)(generator_inputs(latents, labels))


def features_of(
    discriminator: keras.Model,
    images: np.ndarray,
    names: Sequence[str] | None = None,
    then: Callable[[tf.Tensor], tf.Tensor] | None = None,
    labels: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """A discriminator's feature maps.

    Args:
        discriminator: with inputs "image" and possibly "label" and "seed" (0 is passed).
        images: (n, s, s, c) in [-1, 1].
        names: of `feature_layers`; all of them if None.
        then: reduces a layer's (B, h, w, maps) to (B, ...); None keeps all.
        labels: (n,); needed only where the maps depend on the label.

    Returns:
        Layer's name to (n, ...) float32.
    """
    network = feature_network(discriminator, feature_layers(discriminator) if names is None else names)
    given = {"image": images, "label": labels}
    if "label" in network.input and labels is None:
        raise ValueError("this discriminator's features depend on the label: labels must be given. Received: None")
    if "seed" in network.input:
        given["seed"] = np.zeros((len(images), *network.input["seed"].shape[1:]), np.int32)
    run = compiled(network, then and (lambda maps: {name: then(values) for name, values in maps.items()}))
    return run({name: given[name] for name in network.input})


def feature_network(discriminator: keras.Model, names: Sequence[str]) -> keras.Model:
    """The part of a discriminator from its image to the named layers; of its other inputs only those that these use."""
    outputs = {name: discriminator.get_layer(name).output for name in names}
    for needed in ({"image"}, {"image", "seed"}, {"image", "label"}):
        inputs = {name: tensor for name, tensor in discriminator.input.items() if name in needed}
        try:
            return keras.Model(inputs, outputs)
        except ValueError:
            # An output is not connected to these inputs alone.
            continue
    return keras.Model(discriminator.input, outputs)
