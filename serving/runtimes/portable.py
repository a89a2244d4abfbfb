"""A network of a sampler alone, as other programs than TensorFlow are given it, and inputs to try it on."""

import dataclasses
from collections.abc import Mapping

import keras
import numpy as np

from models.core.layers import SeededDropout
from serving.sampler import Alone

# Of latents and embeddings that are tried, each of so many rows; a network of fixed sizes takes one.
ROWS = (1, 3)


@dataclasses.dataclass(frozen=True)
class Portable:
    """A network that needs no seed.

    Attributes:
        name: of its file.
        network: inputs by name to a dict of its one output, "generated" for images in [-1, 1].
        multiple: what the sides of an image must be a multiple of, where they are free.
        sides: some that they may have.
    """

    name: str
    network: keras.Model
    multiple: int = 1
    sides: tuple[int, ...] = ()

    @property
    def output(self) -> str:
        """The name of what it computes."""
        (name,) = self.network.output
        return name

    def examples(self, counts: Mapping[str, int]) -> list[dict[str, np.ndarray]]:
        """Inputs of every size that differs: by name, rows in the range of what the network is trained on.

        Args:
            counts: of inputs of whole numbers, how many there are.
        """
        rng, inputs = np.random.default_rng(0), self.network.input
        given = []
        for place, rows in enumerate(ROWS):
            example = {}
            for name, tensor in inputs.items():
                # Images of another size the second time.
                sides = [side + place * self.multiple for side in self.sides]
                free = dict(enumerate([rows, *sides]))
                shape = [size or free[axis] for axis, size in enumerate(tensor.shape)]
                example[name] = values(rng, name, tensor.dtype, shape, counts.get(name, 1))
            given.append(example)
        # Where all sizes are fixed, one of them is enough.
        return given if any(None in tensor.shape for tensor in inputs.values()) else given[:1]


def values(rng: np.random.Generator, name: str, dtype: str, shape: list[int], count: int) -> np.ndarray:
    """Numbers as a network is given them under this name."""
    if dtype.startswith("int"):
        return rng.integers(0, count, shape).astype(dtype)
    if name == "image":
        return rng.uniform(-1.0, 1.0, shape).astype(dtype)
    drawn = rng.normal(size=shape).astype(dtype)
    if len(shape) == 3:
        # Words have length 1; of every other caption the last ones are missing, which attention must not see.
        drawn /= np.linalg.norm(drawn, axis=2, keepdims=True)
        drawn[1::2, (shape[1] + 1) // 2 :] = 0.0
    return drawn


def portable(name: str, alone: Alone, fixed: bool) -> Portable:
    """A network as it can leave TensorFlow.

    Images come one at a time, as networks that normalize by their own statistics see all that they are given at once. A
    seed is no input: its dropout is off, which the name says.

    Args:
        name: of the network.
        alone: the network.
        fixed: whether all its sizes are fixed: one row, and images of the sides that it was trained on.
    """
    given, inputs, skipped = alone.network.input, {}, []
    for key, tensor in given.items():
        sizes = list(tensor.shape[1:])
        if key == "image" and fixed:
            sizes = [size or alone.sides[axis] for axis, size in enumerate(sizes)]
        batch = 1 if fixed or "image" in given else None
        inputs[key] = keras.Input(sizes, batch_size=batch, dtype=tensor.dtype, name=key)

    def rebuilt(network, inputs: Mapping[str, keras.KerasTensor]) -> keras.Model:
        # The layers are the sampler's own.
        return keras.models.clone_model(
            network, input_tensors=inputs, clone_function=lambda layer: layer, call_function=called
        )

    def called(layer, *arguments, **options):
        if isinstance(layer, keras.Model):
            # A part that is a network of named inputs, as a stage is: its layers are called so, too.
            (parts,) = arguments
            fresh = {
                key: keras.Input(batch_shape=part.shape, dtype=part.dtype, name=key) for key, part in parts.items()
            }
            return rebuilt(layer, fresh)(parts)
        # Of dropout that is always on, the input.
        if isinstance(layer, SeededDropout) and layer.always:
            skipped.append(layer)
            return arguments[0][0]
        if fixed and isinstance(layer, keras.layers.UpSampling2D) and layer.interpolation == "nearest":
            # Keras repeats rows and columns, behind which TensorFlow no longer knows how many there are.
            (maps,) = arguments
            larger = [length * factor for length, factor in zip(maps.shape[1:3], layer.size, strict=True)]
            return keras.ops.image.resize(maps, larger, interpolation="nearest")
        return layer(*arguments, **options)

    copy = rebuilt(alone.network, inputs)
    # Without dropout it has no effect.
    inputs.pop("seed", None)
    name = f"{name}_without_dropout" if skipped else name
    return Portable(name, keras.Model(inputs, {alone.output: copy.output}, name=name), alone.multiple, alone.sides)
