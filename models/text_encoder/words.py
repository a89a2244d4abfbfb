"""A text encoder over words: one-layer convolutions as in Kim 2014 ("Convolutional Neural Networks for Sentence
Classification"), here two on top of each other; the maximum over time of what each gives.
"""

import keras
from keras import layers, ops

from models.text_encoder.configs import WordCNNConfig
from models.text_encoder.vocabulary import Vocabulary

# Of the initial embeddings of words: uniform within it, as Keras's.
INITIAL_RANGE = 0.05


@keras.saving.register_keras_serializable("gan")
class WordEmbedding(layers.Layer):
    """(B, T) numbers of words to (B, T, units); 0, which pads, to zeros. Holds the vocabulary that gives the numbers.

    Args:
        words: the vocabulary.
        buckets: how many embeddings all other words share.
        read_words: T.
        units: of an embedding.
    """

    def __init__(self, words, buckets: int, read_words: int, units: int, **options):
        super().__init__(**options)
        self.units, self.vocabulary = units, Vocabulary(words, buckets, read_words)

    def build(self, input_shape):
        """Make the table. Unknown words start as nothing: what training never sees does not speak."""

        def initial(shape, dtype=None):
            rows = keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE)(shape, dtype)
            return rows * ops.cast(ops.arange(shape[0]) < len(self.vocabulary.words), rows.dtype)[:, None]

        shape = (self.vocabulary.size, self.units)
        self.embeddings = self.add_weight(name="embeddings", shape=shape, initializer=initial)

    def call(self, ids):
        """Rows of the table, behind one of zeros. (Padding makes the gradient dense, as all optimizers take it.)"""
        return ops.take(ops.pad(ops.cast(self.embeddings, self.compute_dtype), ((1, 0), (0, 0))), ids, axis=0)

    def get_config(self):
        """The constructor's arguments."""
        vocabulary = self.vocabulary
        return {
            **super().get_config(),
            "words": list(vocabulary.words),
            "buckets": vocabulary.buckets,
            "read_words": vocabulary.read_words,
            "units": self.units,
        }


@keras.saving.register_keras_serializable("gan")
class WordMask(layers.Layer):
    """(B, T) numbers of words to (B, T, 1): 1 where there is a word, 0 after the caption's end."""

    def call(self, ids):
        """In the compute dtype."""
        return ops.cast(ids > 0, self.compute_dtype)[..., None]


@keras.saving.register_keras_serializable("gan")
class MaxOverWords(layers.Layer):
    """(B, T, C) features and their (B, T, 1) mask to the (B, C) largest of the caption's words; 0 without words."""

    def call(self, features, mask):
        """The lowest number of the dtype stands where there is no word."""
        there = mask > 0
        largest = ops.max(ops.where(there, features, features.dtype.min), axis=1)
        return ops.where(ops.any(there, axis=1), largest, ops.zeros_like(largest))


def text_encoder(config: WordCNNConfig) -> keras.Model:
    """Words of a caption to its embedding.

    Input: `words` (B, read_words) integers (see `vocabulary.Vocabulary`). Output: (B, embedding_dim) float32,
    unbounded. Two convolutions of three words, each with ReLU; the largest over the words of their outputs and of the
    embeddings; a dense layer with ReLU, and a linear one. What stands after a caption's end changes nothing. For
    attention, the layer `word_features` gives (B, read_words, convolution_width), of which `word_mask`
    (B, read_words, 1) says where there are words.
    """
    ids = keras.Input((config.read_words,), dtype="int32", name="words")
    mask = WordMask(name="word_mask")(ids)
    x = WordEmbedding(
        config.vocabulary, config.unknown_buckets, config.read_words, config.word_dim, name="word_embedding"
    )(ids)
    stages = [x]
    for name in ("short_features", "word_features"):
        x = layers.Conv1D(config.convolution_width, 3, padding="same", activation="relu")(x)
        x = layers.Multiply(name=name)([x, mask])
        stages.append(x)
    x = layers.Concatenate()([MaxOverWords()(stage, mask) for stage in stages])
    x = layers.Dense(config.hidden_units, activation="relu")(x)
    x = layers.Dense(config.embedding_dim, dtype="float32", name="embedding")(x)
    return keras.Model({"words": ids}, x, name="text_encoder")
