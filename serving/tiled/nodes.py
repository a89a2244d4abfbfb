"""The map of each layer of a generator, of which a part can be computed from parts of its inputs' maps."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from models.core.layers import BatchStatistics
from pipelines.images import to_float
from serving.tiled.maps import Region, tiles


class Node:
    """One layer's map of one picture. `part` gives a part of it, computed unless it is kept."""

    def __init__(self, layer: keras.Layer, inputs: Sequence["Node"]):
        self.layer, self.inputs, self.stored, self.moments = layer, inputs, None, None
        self.height, self.width = (self.length(inputs[0].height), self.length(inputs[0].width)) if inputs else (0, 0)
        self.channels = layer.output.shape[-1]

    @staticmethod
    def supports(layer) -> bool:
        """Whether this class computes the layer as it is configured."""
        return True

    def length(self, length: int) -> int:
        """How long a side is, of an input whose side is `length`."""
        return length

    def part(self, region: Region) -> tf.Tensor:
        """(1, h, w, c) float32 of a region."""
        return self.compute(region) if self.stored is None else tf.constant(self.stored.read(region))[tf.newaxis]

    def compute(self, region: Region) -> tf.Tensor:
        """A part of the map from parts of the inputs."""
        return self.layer(self.input_parts(region))

    def input_parts(self, region: Region):
        """The same part of every input, as the layer takes them."""
        parts = [node.part(region) for node in self.inputs]
        return parts if len(parts) > 1 else parts[0]

    def bytes_per_pixel(self) -> float:
        """Of the parts that are in memory while a pixel of the map is computed."""
        pixels = self.height * self.width
        needed = (
            node.height * node.width / pixels * (4 * node.channels if node.stored else node.bytes_per_pixel())
            for node in self.inputs
        )
        return 4 * self.channels + sum(needed)

    def tiles(self, tile_bytes: int) -> list[Region]:
        """The parts in which it is computed."""
        return tiles(self.height, self.width, int(tile_bytes / self.bytes_per_pixel()))

    @property
    def bytes(self) -> int:
        """Of the whole map."""
        return 4 * self.height * self.width * self.channels


class Pixels(Node):
    """The picture, padded."""

    def __init__(self, layer, image: np.ndarray, rows: np.ndarray, columns: np.ndarray):
        super().__init__(layer, ())
        self.image, self.rows, self.columns = image, rows, columns
        self.height, self.width = len(rows), len(columns)

    def compute(self, region):
        """In [-1, 1]."""
        rows, columns = self.rows[region.top : region.bottom], self.columns[region.left : region.right]
        return to_float(tf.constant(self.image[rows[:, np.newaxis], columns]))[tf.newaxis]


class Seed(Node):
    """The seed, which is no map."""

    def __init__(self, layer, seed: tf.Tensor):
        super().__init__(layer, ())
        self.seed = seed


class Normalized(Node):
    """Normalized with the moments of its whole input."""

    def compute(self, region):
        """With TensorFlow's fused kernel, as the layers themselves."""
        moments = self.inputs[0].moments
        ones = tf.ones(self.channels)
        gamma, beta = (
            (self.layer.gamma, self.layer.beta) if isinstance(self.layer, BatchStatistics) else (ones, 0 * ones)
        )
        return tf.compat.v1.nn.fused_batch_norm(
            self.inputs[0].part(region),
            tf.cast(gamma, tf.float32),
            tf.cast(beta, tf.float32),
            mean=tf.constant(moments.mean, tf.float32),
            variance=tf.constant(moments.variance, tf.float32),
            epsilon=1e-5,
            is_training=False,
        )[0]


class Dropped(Node):
    """Dropout with the mask that the layer has for the whole map."""

    def __init__(self, layer, inputs):
        super().__init__(layer, inputs[:1])
        self.seed = tf.random.experimental.stateless_fold_in(inputs[1].seed, layer.salt)

    def compute(self, region):
        """The uniform numbers of the region's rows are drawn as if all before them had been."""
        x, rate, line = self.inputs[0].part(region), self.layer.rate, self.width * self.channels
        drawn = uniform(self.seed, region.top * line, region.height * line)
        drawn = tf.reshape(drawn, (1, region.height, self.width, self.channels))[:, :, region.left : region.right]
        return tf.where(drawn >= rate, x / (1.0 - rate), tf.zeros_like(x))


def sides(region: Region, source: Node) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Of both sides of a region the start and stop, and the length of that side of the map that it is computed from."""
    return (region.top, region.bottom, source.height), (region.left, region.right, source.width)


class Reflected(Node):
    """Reflection padding."""

    def length(self, length):
        """Longer by the padding on both sides."""
        return length + 2 * self.layer.width

    def compute(self, region):
        """What lies in the padding is gathered from inside."""
        source, side = self.inputs[0], self.layer.width
        places = []
        for start, stop, length in sides(region, source):
            inside = np.abs(np.arange(start, stop) - side)
            places.append(np.minimum(inside, 2 * (length - 1) - inside))
        rows, columns = places
        part = source.part(Region(rows.min(), rows.max() + 1, columns.min(), columns.max() + 1))
        return tf.gather(tf.gather(part, rows - rows.min(), axis=1), columns - columns.min(), axis=2)


class Repeated(Node):
    """Nearest-neighbor upsampling by 2."""

    @staticmethod
    def supports(layer):
        """As `resize_convolution` has it."""
        return tuple(layer.size) == (2, 2) and layer.interpolation == "nearest"

    def length(self, length):
        """Twice as long."""
        return 2 * length

    def compute(self, region):
        """Each pixel four times."""
        top, left = region.top // 2, region.left // 2
        part = self.inputs[0].part(Region(top, -(-region.bottom // 2), left, -(-region.right // 2)))
        whole = tf.repeat(tf.repeat(part, 2, axis=1), 2, axis=2)
        top, left = region.top - 2 * top, region.left - 2 * left
        return whole[:, top : top + region.height, left : left + region.width]


class Shuffled(Node):
    """Channels that become squares of pixels."""

    def length(self, length):
        """Longer by the block."""
        return self.layer.block * length

    def compute(self, region):
        """Cut out of the squares that lie in the region."""
        return enlarged_part(self, region, self.layer.block, 0)


class Enlarged(Node):
    """Bicubic enlargement."""

    def length(self, length):
        """Longer by the factor."""
        return self.layer.factor * length

    def compute(self, region):
        """From what the kernel reaches, two pixels around each, and one more."""
        return enlarged_part(self, region, self.layer.factor, 3)


def enlarged_part(node: Node, region: Region, factor: int, reach: int) -> tf.Tensor:
    """A part of what a layer enlarges, which reaches some pixels around each."""
    source, spans = node.inputs[0], []
    for start, stop, length in sides(region, source):
        spans += [max(start // factor - reach, 0), min(-(-stop // factor) + reach, length)]
    whole = node.layer(source.part(Region(*spans)))
    top, left = region.top - factor * spans[0], region.left - factor * spans[2]
    return whole[:, top : top + region.height, left : left + region.width]


def uniform(seed: tf.Tensor, start: int, count: int) -> tf.Tensor:
    """Numbers start, ..., start + count - 1 of `tf.random.stateless_uniform`, without those before (Philox counts)."""
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
    # A step of the counter makes four numbers.
    low, high = (int(word) for word in counter.numpy())
    low += start // 4
    counter = tf.constant([low % 2**64, (high + low // 2**64) % 2**64], tf.uint64)
    drawn = tf.raw_ops.StatelessRandomUniformV2(
        shape=[start % 4 + count], key=key, counter=counter, dtype=tf.float32, alg=1
    )
    return drawn[start % 4 :]
