"""The maps of convolutions, of which a part is computed from what the kernel reaches: exactly that of the whole."""

import keras
import tensorflow as tf

from serving.tiled.maps import Region
from serving.tiled.nodes import Node, sides


class Convolved(Node):
    """A convolution, padded with zeros ("same") or not at all."""

    @staticmethod
    def supports(layer):
        """Plain ones."""
        return is_plain(layer)

    def padding(self, length: int) -> int:
        """Zeros on both ends of a side together."""
        kernel, stride = self.layer.kernel_size[0], self.layer.strides[0]
        if self.layer.padding == "valid":
            return 0
        return max((-(-length // stride) - 1) * stride + kernel - length, 0)

    def length(self, length):
        """Shorter by the stride, and without padding by what the kernel reaches."""
        kernel, stride = self.layer.kernel_size[0], self.layer.strides[0]
        return (length + self.padding(length) - kernel) // stride + 1

    def compute(self, region):
        """From the part that the kernel reaches, with the zeros that lie in it."""
        kernel, stride, source = self.layer.kernel_size[0], self.layer.strides[0], self.inputs[0]
        spans, zeros = [], [(0, 0)]
        for start, stop, length in sides(region, source):
            first = start * stride - self.padding(length) // 2
            last = first + (stop - start - 1) * stride + kernel
            spans += [max(first, 0), min(last, length)]
            zeros.append((max(-first, 0), max(last - length, 0)))
        part = tf.pad(source.part(Region(*spans)), [*zeros, (0, 0)])
        return with_bias(self.layer, tf.nn.conv2d(part, self.layer.kernel, stride, "VALID"))


class Transposed(Node):
    """A transposed convolution that multiplies the side by its stride."""

    @staticmethod
    def supports(layer):
        """Plain ones with "same" padding, whose kernel is at least as wide as the stride."""
        return is_plain(layer) and layer.padding == "same" and layer.kernel_size[0] >= layer.strides[0]

    def length(self, length):
        """Longer by the stride."""
        return length * self.layer.strides[0]

    def compute(self, region):
        """From all pixels whose kernel reaches into the region."""
        kernel, stride, source = self.layer.kernel_size[0], self.layer.strides[0], self.inputs[0]
        # The first pixel's kernel begins so far outside.
        before = (kernel - stride) // 2
        spans, cuts, lengths = [], [], []
        for start, stop, length in sides(region, source):
            first = max(-(-(start + before - kernel + 1) // stride), 0)
            last = min((stop - 1 + before) // stride + 1, length)
            spans += [first, last]
            lengths.append((last - first - 1) * stride + kernel)
            cuts.append(start + before - first * stride)
        whole = tf.nn.conv2d_transpose(
            source.part(Region(*spans)), self.layer.kernel, (1, *lengths, self.channels), stride, "VALID"
        )
        top, left = cuts
        return with_bias(self.layer, whole[:, top : top + region.height, left : left + region.width])


def is_plain(layer) -> bool:
    """Whether a convolution has nothing but a square kernel, one stride and a bias."""
    return (
        layer.dilation_rate == (1, 1)
        and getattr(layer, "groups", 1) == 1
        and len(set(layer.kernel_size)) == len(set(layer.strides)) == 1
        and layer.activation is keras.activations.linear
    )


def with_bias(layer, x: tf.Tensor) -> tf.Tensor:
    """The layer's bias added, if it has one."""
    return tf.nn.bias_add(x, layer.bias) if layer.use_bias else x
