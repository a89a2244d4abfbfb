"""A fully convolutional generator on a picture of any size, within bounded memory and without seams.

Of a large picture, the maps of all layers do not fit into memory, and a generator that normalizes over the whole
picture (CycleGAN's instance normalization, pix2pix's batch statistics) must not be given tiles of it: each would get
the contrast of its own content. So it is computed layer by layer, each in tiles that overlap by what its kernel
reaches, the maps between them kept in files, and each normalization gets the moments of all tiles. What comes out is
what the network gives for the whole picture, up to the rounding of sums: nothing is blended, or estimated from a
smaller copy. (With the moments of a copy of a quarter of the side, untrained networks gave pictures that differed by 30
of 255 on average, of pix2pix by 89.)
"""

import shutil
import tempfile
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from tqdm import tqdm

from models.core.layers import (
    BatchStatistics,
    FusedBatchNormalization,
    InstanceNormalization,
    ReflectionPadding,
    SeededDropout,
)
from models.super_resolution.networks import BicubicEnlargement, PixelShuffle
from pipelines.examples import DataError
from pipelines.images import to_pixels
from pipelines.memory import available_memory
from pipelines.report import printable
from serving.tiled.convolutions import Convolved, Transposed
from serving.tiled.maps import Moments, StoredMap
from serving.tiled.nodes import Dropped, Enlarged, Node, Normalized, Pixels, Reflected, Repeated, Seed, Shuffled

# Of all parts of maps that a tile needs at once, at most and at least; the memory in use is some times that, with what
# the kernels take for themselves (benchmarks/large_pictures.py).
TILE_BYTES, LEAST_TILE_BYTES = 2**26, 2**22
IN_USE = 12
# The same of the largest map of a picture that is computed as a whole.
WHOLE_IN_USE = 8
# How each layer is computed; any other is not.
NODES = {
    layers.ReLU: Node,
    layers.LeakyReLU: Node,
    layers.PReLU: Node,
    layers.Activation: Node,
    layers.Add: Node,
    layers.Concatenate: Node,
    # With its moving moments.
    FusedBatchNormalization: Node,
    InstanceNormalization: Normalized,
    BatchStatistics: Normalized,
    SeededDropout: Dropped,
    ReflectionPadding: Reflected,
    layers.UpSampling2D: Repeated,
    PixelShuffle: Shuffled,
    BicubicEnlargement: Enlarged,
    layers.Conv2D: Convolved,
    layers.Conv2DTranspose: Transposed,
}


def outputs_of(layer: keras.Layer) -> list:
    """What a layer gives, in a list; empty if it is used several times, so that there is not the one output."""
    try:
        return [layer.output] if len(layer._inbound_nodes) == 1 else []
    except AttributeError:
        return []


class TiledGenerator:
    """A generator of image to image, layer by layer in tiles.

    Args:
        generator: functional, takes `image` of any size, and `seed` if it draws dropout.

    Raises:
        ValueError: it has a layer that cannot be computed in parts; the message names it.
    """

    def __init__(self, generator: keras.Model):
        self.layers = list(generator.layers)
        by_output = {id(tensor): layer for layer in self.layers for tensor in outputs_of(layer)}
        self.inputs, self.output = {}, by_output.get(id(generator.outputs[0]))
        for layer in self.layers:
            if isinstance(layer, layers.InputLayer):
                continue
            node = NODES.get(type(layer))
            if node is None or not node.supports(layer) or layer.compute_dtype != "float32" or not outputs_of(layer):
                raise ValueError(f"every layer must be one that can be computed in parts. Received: {layer}")
            self.inputs[layer] = [by_output[id(tensor)] for tensor in keras.tree.flatten(layer.input)]

    def fits(self, height: int, width: int) -> bool:
        """Whether there is memory for the network on a whole picture."""
        length = np.arange(height), np.arange(width)
        nodes = self.nodes(lambda layer: Pixels(layer, np.empty(0), *length), tf.zeros(2, tf.int32))
        return WHOLE_IN_USE * max(node.bytes for node in nodes) < available_memory()

    def nodes(self, pixels: Callable, seed: tf.Tensor) -> list[Node]:
        """A node of each layer, each after its inputs."""
        nodes = {}
        for layer in self.layers:
            if layer in self.inputs:
                nodes[layer] = NODES[type(layer)](layer, [nodes[source] for source in self.inputs[layer]])
            else:
                nodes[layer] = Seed(layer, seed) if layer.name == "seed" else pixels(layer)
        return [nodes[layer] for layer in self.layers]

    def translate(
        self,
        image: np.ndarray,
        rows: np.ndarray,
        columns: np.ndarray,
        seed: tf.Tensor,
        folder: str | None = None,
        factor: int = 1,
    ) -> np.ndarray:
        """The translation of a picture.

        Args:
            image: (h, w, c) uint8, or float32 in [0, 255].
            rows: h or more indices, 0, ..., h - 1 and those of the rows that it is padded with.
            columns: the same of its columns.
            seed: (1, 2) int32, of the dropout.
            folder: where the maps are kept; None: the system's folder for temporary files.
            factor: by which the sides are enlarged.

        Returns:
            (factor h, factor w, c') of the same kind.

        Raises:
            DataError: there is no memory for a tile, or no room for the maps on the disk.
        """
        nodes = self.nodes(lambda layer: Pixels(layer, image, rows, columns), tf.cast(seed[0], tf.int32))
        output = next(node for node in nodes if node.layer is self.output)
        tasks, last = schedule(nodes, output)
        tile_bytes = affordable_tile(image, factor)
        check_disk(tasks, last, folder)
        result = np.empty((*(factor * side for side in image.shape[:2]), output.channels), image.dtype)
        try:
            for task in tqdm(tasks, f"{image.shape[1]} x {image.shape[0]} in tiles", leave=False, disable=None):
                if task is output:
                    for region in task.tiles(tile_bytes):
                        inside = result[region.rows, region.columns]
                        inside[:] = to_pixels(task.compute(region)[0], image.dtype)[
                            : inside.shape[0], : inside.shape[1]
                        ]
                else:
                    run(task, task in last, tile_bytes, folder)
                for node in [node for node, user in last.items() if user is task]:
                    node.stored.close()
                    node.stored = None
        finally:
            for node in last:
                if node.stored is not None:
                    node.stored.close()
        return result


def schedule(nodes: list[Node], output: Node) -> tuple[list[Node], dict[Node, Node]]:
    """What is computed as a whole, one after the other, and of each map that is kept by which of these it is last used.

    Kept are the maps of convolutions and the sums of residual blocks. Those of the picture's own size would take the
    most space and the least time: they are computed again where they are used. A network that enlarges has most of its
    layers there, and few after them.
    """
    picture = max(node.height * node.width for node in nodes if isinstance(node, Pixels))
    largest = picture + 1 if output.height * output.width > picture else picture
    kept = {
        node
        for node in nodes
        if (isinstance(node, Convolved | Transposed) or isinstance(node.layer, layers.Add))
        and node.height * node.width < largest
    }
    measured = {node.inputs[0] for node in nodes if isinstance(node, Normalized)}
    for node in measured:
        node.moments = Moments()

    def used(node: Node) -> set[Node]:
        return set().union(*({source} if source in kept else used(source) for source in node.inputs))

    tasks = [node for node in nodes if node is not output and (node in kept or node in measured)] + [output]
    return tasks, {node: task for task in tasks for node in used(task)}


def run(task: Node, is_kept: bool, tile_bytes: int, folder: str | None):
    """Compute a map once, to keep it or for its moments, or both."""
    stored = StoredMap(task.width, task.channels, folder) if is_kept else None
    for region in task.tiles(tile_bytes):
        part = task.compute(region)
        if task.moments is not None:
            task.moments.add(part)
        if stored:
            stored.write(region, part[0].numpy())
    task.stored = stored


def affordable_tile(image: np.ndarray, factor: int) -> int:
    """Bytes of a tile for which there is memory, at most `TILE_BYTES`; DataError if there is none for small ones."""
    free = available_memory()
    # The picture, its translation, and while that is written, its file.
    left = free - (1 + 3 * factor**2) * image.nbytes
    if left < IN_USE * LEAST_TILE_BYTES:
        needed = (free - left + IN_USE * LEAST_TILE_BYTES) / 1e9
        height, width = image.shape[:2]
        raise DataError(
            f"a picture of {width} x {height} pixels needs at least {needed:.2f} GB of memory while it is translated. "
            f"Received: {free / 1e9:.2f} GB available"
        )
    return min(TILE_BYTES, left // IN_USE)


def check_disk(tasks: list[Node], last: dict[Node, Node], folder: str | None):
    """DataError if the maps that are kept at the same time do not fit on the disk."""
    now = most = 0
    for task in tasks:
        now += task.bytes if task in last else 0
        most = max(most, now)
        now -= sum(node.bytes for node, user in last.items() if user is task)
    folder = folder or tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if most > free:
        raise DataError(
            f"a picture of this size needs {most / 1e9:.1f} GB of disk while it is translated; the environment's "
            f"TMPDIR names another folder. Received: {free / 1e9:.1f} GB free in {printable(folder)}"
        )
