"""A text encoder over words: one-layer convolutions as in Kim 2014 ("Convolutional Neural Networks for Sentence
Classification"), here two on top of each other; the maximum over time of what each gives.
"""

import keras
from keras import layers, ops

from models.text_encoder.configs import WordCNNConfig
from models.text_encoder.vocabulary import Vocabulary

# The side of the map whose places are compared with words; at most twice as many.
REGIONS = 8
# The layer whose output are the embeddings of words.
WORD_SEQUENCE = "word_sequence"
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
class WordWeights(layers.Layer):
    """(B, T, 1) numbers and their (B, T, 1) mask to (B, T) weights of the words, with sum 1; 0 where there is none."""

    def call(self, numbers, mask):
        """A softmax over the words; of no words, zeros."""
        there = mask > 0
        shares = ops.softmax(ops.where(there, numbers, numbers.dtype.min), axis=1)
        return ops.where(there, shares, ops.zeros_like(shares))[..., 0]


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
    x = layers.Concatenate(name="sentence_features")([MaxOverWords()(stage, mask) for stage in stages])
    x = layers.Dense(config.hidden_units, activation="relu")(x)
    x = layers.Dense(config.embedding_dim, dtype="float32", name="embedding")(x)
    return keras.Model({"words": ids}, x, name="text_encoder")


def aligned(network: keras.Model, config: WordCNNConfig) -> dict:
    """Of a `text_encoder`, what is compared with the regions of an image.

    Returns:
        `words` (B, read_words, alignment_dim) float32, of length 1, and 0 after a caption's end; and their `weights`
        (B, read_words) with sum 1.
    """
    mask = network.get_layer("word_mask").output
    stages = [network.get_layer(name).output for name in ("word_embedding", "short_features", "word_features")]
    words = layers.Dense(config.alignment_dim, dtype="float32", name="embedded_words")(layers.Concatenate()(stages))
    words = layers.UnitNormalization(dtype="float32")(words)
    words = layers.Multiply(dtype="float32", name=WORD_SEQUENCE)([words, mask])
    # Learned: which words an image can be asked about.
    weights = WordWeights(dtype="float32", name="word_weights")(layers.Dense(1, dtype="float32")(stages[-1]), mask)
    return {"words": words, "weights": weights}


def region_encoder(config: WordCNNConfig) -> keras.Model:
    """A small convolutional network that sees small regions before the whole image.

    Input: `image` (B, image_size, image_size, 3) in [-1, 1]. Outputs: `embedding` (B, embedding_dim) and `regions`
    (B, R, alignment_dim), float32: one for each place of the last map of 8 x 8 or more, which sees 13 x 13 pixels of
    an image of 32 x 32. A whole bird can be learned by heart, and its colors with it; a region has too little of it.
    """
    side, width = config.image_size, config.image_encoder_width
    image = keras.Input((side, side, 3), name="image")
    x = convolved(image, width)
    while side >= 2 * REGIONS:
        width = min(2 * width, 4 * config.image_encoder_width)
        x, side = convolved(x, width, strides=2), (side + 1) // 2
        if side >= 2 * REGIONS:
            x = convolved(x, width)
    local = layers.Conv2D(config.alignment_dim, 1, dtype="float32")(convolved(x, width, kernel_size=1))
    regions = layers.Reshape((side * side, config.alignment_dim), dtype="float32", name="regions")(local)
    x = convolved(x, 6 * config.image_encoder_width, strides=2)
    x = layers.Dense(config.embedding_dim, dtype="float32", name="embedding")(layers.Flatten()(x))
    return keras.Model({"image": image}, {"embedding": x, "regions": regions}, name="image_encoder")


def convolved(x, channels: int, strides: int = 1, kernel_size: int = 3):
    """A convolution with batch normalization and ReLU."""
    x = layers.Conv2D(channels, kernel_size, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
