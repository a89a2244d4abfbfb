"""Networks recomputed in NumPy, in float64, from their own weights: what the papers describe, not what our layers do.

A test describes a network as a function of a `Reference` and the inputs. `assert_computes` sets every weight of the
network to random values (zeros and ones would hide a wire that is missing), and compares the outputs.
"""

import keras
import numpy as np

from models.core import spectral
from models.core.layers import SeededDropout
from tests.models.operations import convolve, convolve_transposed, instance_normalization, standardized, upsample


def kind_of(variable) -> str:
    """What a new network's variable is, by its shape and initial values, not by its name."""
    value = variable.numpy()
    if value.ndim >= 2:
        return {0.0: "table of zeros", 1.0: "table of ones"}.get(value.mean() if np.ptp(value) == 0 else None, "kernel")
    if not variable.trainable:
        return "moving mean" if not value.any() else "moving variance" if (value == 1).all() else "singular vector"
    return "scale" if np.abs(value - 1.0).max() < 0.3 else "offset"


def randomize(network: keras.Model, seed: int) -> list[tuple[str, keras.Variable, np.ndarray]]:
    """Set all weights to random values; returns kind, variable and value of each, in the order of the layers."""
    rng, weights, is_spectral = np.random.default_rng(seed), [], bool(spectral.spectral_layers(network))
    for variable in network.weights:
        kind, shape = kind_of(variable), variable.shape
        if kind == "singular vector":
            continue
        value = rng.normal(size=shape)
        if kind == "kernel":
            value *= 1.4 / np.sqrt(np.prod(shape[:-1]))
            if is_spectral:
                # The largest singular value is apart from the others, so that few power iterations find it.
                left, values, right = np.linalg.svd(value.reshape(-1, shape[-1]), full_matrices=False)
                values[0] *= 1.5
                value = (left * values @ right).reshape(shape)
        elif kind == "moving variance":
            value = rng.uniform(0.5, 2.0, shape)
        else:
            value = 0.4 * value + (kind in ("scale", "table of ones"))
        variable.assign(value)
        weights.append((kind, variable, variable.numpy().astype(np.float64)))
    spectral.iterate(network, 20)
    return weights


class Reference:
    """Layers in NumPy which take their weights, in the order of the network's layers, by kind and shape.

    Args:
        weights: what `randomize` returned.
        training: whether batch normalization is by the batch's statistics, and dropout active.
        masks: of the network's dropout layers: which units they kept.
        swapped: whether concatenations are in the other order, and the pieces of maxout before its units: neither can
            be observed in a network with random weights, so neither is prescribed.
    """

    def __init__(self, weights, training: bool, masks=(), swapped: bool = False):
        self.unused, self.training, self.masks, self.swapped = list(weights), training, list(masks), swapped
        self.has_order, self.moved = False, []

    def take(self, kind: str, shape: tuple[int, ...], what: str = ""):
        """The next weight of that kind and shape; `what` names the layer that has it, if it is not found."""
        for index, (its_kind, variable, value) in enumerate(self.unused):
            if (its_kind, value.shape) == (kind, tuple(shape)):
                del self.unused[index]
                self.taken = variable
                return value
        left = [(kind, value.shape) for kind, _, value in self.unused]
        raise AssertionError(
            f"the network lacks {what or 'a layer'} that is described: no {kind} of shape {shape} is left; left: {left}"
        )

    def kernel(self, shape: tuple[int, ...], spectral_norm: bool, what: str = ""):
        value = self.take("kernel", shape, what)
        return value / np.linalg.norm(value.reshape(-1, shape[-1]), 2) if spectral_norm else value

    def convolution(self, x, channels, size, strides=1, padding="same", bias=False, spectral_norm=False):
        what = f"a {size}x{size} convolution of {x.shape[-1]} channels to {channels}"
        y = convolve(x, self.kernel((size, size, x.shape[-1], channels), spectral_norm, what), strides, padding)
        return y + self.take("offset", (channels,)) if bias else y

    def transposed_convolution(self, x, channels, size=4, strides=2, padding="same", bias=False):
        what = f"a {size}x{size} transposed convolution of {x.shape[-1]} channels to {channels}"
        y = convolve_transposed(x, self.take("kernel", (size, size, channels, x.shape[-1]), what), strides, padding)
        return y + self.take("offset", (channels,)) if bias else y

    def upsampled(self, how: str, x, channels, size=None, bias=False):
        """To twice the side: "transposed", kernels of 4 pixels, or "resize", nearest neighbor and kernels of 3."""
        if how == "transposed":
            return self.transposed_convolution(x, channels, size or 4, bias=bias)
        return self.convolution(upsample(x), channels, size or 3, bias=bias)

    def convolution_1d(self, x, channels, size):
        y = convolve(x[:, :, None], self.take("kernel", (size, x.shape[-1], channels))[:, None], padding="valid")
        return y[:, :, 0] + self.take("offset", (channels,))

    def dense(self, x, units, bias=True, spectral_norm=False):
        y = x @ self.kernel((x.shape[-1], units), spectral_norm, f"a dense layer of {x.shape[-1]} numbers to {units}")
        return y + self.take("offset", (units,)) if bias else y

    def affine(self, x):
        what = f"the scale and offset of a normalization of {x.shape[-1]} channels"
        return x * self.take("scale", x.shape[-1:], what) + self.take("offset", x.shape[-1:], what)

    def batch_normalization(self, x, epsilon=1e-5, unbiased=True, affine=True):
        """By the batch's statistics in training, else by the moving ones, which move by a tenth (Torch's momentum)."""
        mean = self.take("moving mean", x.shape[-1:], f"a batch normalization of {x.shape[-1]} channels")
        moving_mean = self.taken
        variance = self.take("moving variance", x.shape[-1:])
        if self.training:
            count = x.size // x.shape[-1]
            axes = tuple(range(x.ndim - 1))
            estimate = x.var(axes) * (count / (count - 1) if unbiased else 1.0)
            self.moved += [
                (moving_mean, 0.9 * mean + 0.1 * x.mean(axes)),
                (self.taken, 0.9 * variance + 0.1 * estimate),
            ]
            y = standardized(x, axes, epsilon)
        else:
            y = (x - mean) / np.sqrt(variance + epsilon)
        return self.affine(y) if affine else y

    def normalization(self, name: str, x):
        """By one of the names of `discriminator_normalization`."""
        if name == "batch":
            return self.batch_normalization(x)
        if name == "instance":
            return instance_normalization(x)
        return self.affine(standardized(x, (-1,))) if name == "layer" else x

    def concatenate(self, *parts):
        self.has_order = True
        return np.concatenate(parts[::-1] if self.swapped else parts, axis=-1)

    def maxout(self, x, units: int):
        self.has_order = True
        pieces = x.shape[-1] // units
        return x.reshape(-1, pieces, units).max(1) if self.swapped else x.reshape(-1, units, pieces).max(2)

    def dropout(self, x, rate: float):
        """With the units that the network's own layer keeps."""
        assert self.masks, "the network lacks a dropout layer that is described"
        kept = self.masks.pop(0)
        assert kept.shape == x.shape, f"dropout is of {kept.shape} where {x.shape} is described"
        return np.where(kept, x / (1.0 - rate), 0.0)


def dropout_masks(network: keras.Model, inputs: dict, training: bool) -> list[np.ndarray]:
    """What each dropout layer of the network keeps: its outputs that are not 0."""
    found = [layer.output for layer in network.layers if isinstance(layer, SeededDropout)]
    if not found:
        return []
    return [output.numpy() != 0 for output in keras.Model(network.input, found)(inputs, training=training)]


def assert_computes(network: keras.Model, description, inputs: dict[str, np.ndarray], training: bool = False, seed=0):
    """Assert that a network with random weights computes what its description does.

    Args:
        network: new, with its initial weights, by which their kinds are known.
        description: a function of a `Reference` and, by keyword, the inputs; returns the output or a dict of outputs.
        inputs: name to values.
        training: as what the network is called.
        seed: of the weights.

    Raises:
        AssertionError: outputs or, in training, moving statistics differ, or there are other weights.
    """
    weights = randomize(network, seed)
    masks = dropout_masks(network, inputs, training)
    for _, variable, value in weights:  # The statistics moved with the masks.
        variable.assign(value)
    outputs = network(inputs, training=training)
    exact = {name: value.astype(np.float64) if value.dtype.kind == "f" else value for name, value in inputs.items()}
    errors = []
    for swapped in (False, True):
        reference = Reference(weights, training, masks, swapped)
        expected = description(reference, **exact)
        try:
            compare(network.name, outputs, expected, reference)
            return
        except AssertionError as error:
            errors.append(error)
        if not reference.has_order:
            break
    raise errors[0]


def compare(name: str, outputs, expected, reference: Reference):
    if not isinstance(expected, dict):
        outputs, expected = {"output": outputs}, {"output": expected}
    assert outputs.keys() == expected.keys()
    for key, value in expected.items():
        # Neither constant nor saturated: else nothing would be seen.
        assert np.std(value) > 0.02, f"a weak test of {name}: {key} hardly varies"
        assert np.abs(value).max() > 0.1, f"a weak test of {name}: {key} is small"
        message = f"the {name}'s {key} is not what the described layers compute from the same weights"
        np.testing.assert_allclose(outputs[key], value, rtol=1e-4, atol=2e-5 * np.abs(value).max(), err_msg=message)
    left = [(kind, value.shape) for kind, _, value in reference.unused]
    assert not left, f"the {name} has weights that the description has not: {left}"
    for variable, value in reference.moved:
        np.testing.assert_allclose(
            variable.numpy(), value, rtol=1e-4, atol=1e-5, err_msg=f"the {name}'s moving statistics after one batch"
        )


def images(count: int, height: int, width: int = 0, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Noise in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1, 1, (count, height, width or height, channels)).astype(np.float32)


def vectors(count: int, size: int, seed: int = 1) -> np.ndarray:
    """From N(0, 1)."""
    return np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
