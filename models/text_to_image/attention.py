"""Attention of the places of a picture to the words of its caption."""

import keras
from keras import layers, ops

# Of a word's length, of which the logarithm is taken: so short that nothing is left beside any word.
SHORTEST = 1e-30


@keras.saving.register_keras_serializable("gan")
class WordAttention(layers.Layer):
    """(B, h, w, C) maps and the (B, T, A) words of a caption each to (B, h, w, units): what every place reads.

    Xu et al. 2018 (AttnGAN), section 3.1, equation 2, with the scaled products of linear projections and the heads of
    Vaswani et al. 2017, section 3.2. Words have length 1, and what stands after a caption's end has length 0 and is not
    read; between two captions a word counts by its length.

    Args:
        units: features of what is read.
        heads: places read with so many weightings of the words, each `units / heads` features.
    """

    def __init__(self, units: int, heads: int, **options):
        super().__init__(**options)
        if units % heads:
            raise ValueError(f"units must be a multiple of heads. Received: units={units}, heads={heads}")
        self.units, self.heads = units, heads

    def build(self, shapes):
        """The three projections."""
        channels, word_dim = shapes[0][-1], shapes[1][-1]
        for name, size in (("query", channels), ("key", word_dim), ("value", word_dim)):
            setattr(self, name, self.add_weight(name=name, shape=(size, self.units), initializer="glorot_uniform"))

    def call(self, inputs):
        """A weighted mean of the words for each place and head; of no words at all, zeros."""
        maps, words = inputs
        _, height, width, channels = maps.shape
        word_dim = words.shape[-1]
        # A length of 0 leaves nothing of a word.
        lengths = ops.maximum(ops.norm(ops.cast(words, "float32"), axis=-1), SHORTEST)
        # Entries of a standard deviation of about 1, as those of a normalized map.
        words = words * word_dim**0.5
        queries = self.by_head(ops.matmul(ops.reshape(maps, (-1, height * width, channels)), self.query))
        keys, values = (self.by_head(ops.matmul(words, kernel)) for kernel in (self.key, self.value))
        logits = ops.cast(ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2))), "float32")
        logits = logits / (self.units // self.heads) ** 0.5 + ops.log(lengths)[:, None, None]
        weights = ops.cast(ops.softmax(logits, axis=-1), self.compute_dtype)
        read = ops.transpose(ops.matmul(weights, values), (0, 2, 1, 3))
        return ops.reshape(read, (-1, height, width, self.units))

    def by_head(self, features):
        """(B, n, units) to (B, heads, n, units / heads)."""
        _, count, _ = features.shape
        split = ops.reshape(features, (-1, count, self.heads, self.units // self.heads))
        return ops.transpose(split, (0, 2, 1, 3))

    def compute_output_shape(self, shapes):
        """The map's, with other features."""
        return (*shapes[0][:-1], self.units)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "units": self.units, "heads": self.heads}
