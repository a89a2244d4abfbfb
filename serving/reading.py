"""What a text encoder reads of a caption: its characters, or its words."""

from collections.abc import Sequence
from typing import Protocol

import keras
import numpy as np
import tensorflow as tf

# Both register the layers of the encoders, without which Keras cannot read their files.
import models.text_encoder.networks
import models.text_encoder.words  # noqa: F401
from models.text_encoder.vocabulary import Vocabulary, words_of
from pipelines.batches.text import decode_characters, encode_characters
from pipelines.characters import MAX_CHARACTERS, cut_line, is_cut

# Marks a word that has no embedding of its own, where what is read of a caption is shown.
UNKNOWN = "\N{MIDDLE DOT}"
# Captions that a line quotes, and characters of each.
QUOTED, SHOWN = 5, 60
# Unknown words that a line lists.
MOST_LISTED = 20


class Reading(Protocol):
    """How captions become the input of a text encoder."""

    # Of the network.
    input_name: str

    def ids(self, captions: tf.Tensor) -> tf.Tensor:
        """(B,) raw captions to (B, T) integers; works in an exported graph."""

    def as_read(self, captions: Sequence[str]) -> list[str]:
        """Of each caption what is read, with a mark for what is not known."""

    def cut(self, captions: Sequence[str]) -> np.ndarray:
        """(n,) bool: which captions are read in part only."""

    def cut_line(self, count: int, names: str) -> str:
        """The line for the user on captions that are (see `pipelines.characters.cut_line`)."""

    def unknown(self, captions: Sequence[str]) -> list[str]:
        """The words of captions that the encoder was not trained on."""


class Characters:
    """The bytes of a caption.

    Args:
        most: how many the network processes.
    """

    input_name = "characters"

    def __init__(self, most: int = MAX_CHARACTERS):
        self.most = most

    def ids(self, captions):
        """(B, 201) int32."""
        return encode_characters(captions)

    def as_read(self, captions):
        """Lower-case, without what the alphabet does not have."""
        return [decode_characters(ids) for ids in self.ids(tf.constant(captions)).numpy()] if captions else []

    def cut(self, captions):
        """By the bytes of the clean caption."""
        return np.array([is_cut(caption, self.most) for caption in captions], bool)

    def cut_line(self, count, names):
        """In characters."""
        return cut_line(count, names, self.most)

    def unknown(self, captions):
        """It reads words that it has never seen, too."""
        return []


class Words:
    """The words of a caption.

    Args:
        vocabulary: those that are known, and how many of a caption are read.
    """

    input_name = "words"

    def __init__(self, vocabulary: Vocabulary):
        self.vocabulary = vocabulary

    def ids(self, captions):
        """(B, read_words) int32."""
        return self.vocabulary.ids(captions)

    def as_read(self, captions):
        """Its words, those that are unknown marked."""
        known, most = self.vocabulary.known, self.vocabulary.read_words
        return [
            " ".join(word if word in known else UNKNOWN + word for word in words[:most]) for words in words_of(captions)
        ]

    def cut(self, captions):
        """By the words."""
        return np.array([len(words) > self.vocabulary.read_words for words in words_of(captions)], bool)

    def cut_line(self, count, names):
        """In words."""
        return cut_line(count, names, self.vocabulary.read_words, "words")

    def unknown(self, captions):
        """Those without an embedding of their own."""
        return self.vocabulary.unknown(captions)


def reading_of(network: keras.Model) -> Reading:
    """How captions become the input of a text encoder's network."""
    if Words.input_name in network.input:
        return Words(network.get_layer("word_embedding").vocabulary)
    cropped = [layer.cropping[1] for layer in network.layers if isinstance(layer, keras.layers.Cropping1D)]
    return Characters(MAX_CHARACTERS - sum(cropped))


def quoted(captions: Sequence[str]) -> str:
    """The first few captions, shortened, for a line."""
    return "; ".join(f"{caption[:SHOWN]}..." for caption in captions[:QUOTED])


def unknown_line(words: Sequence[str]) -> str:
    """The line for the user on words that the encoder was not trained on."""
    more = f" and {len(words) - MOST_LISTED:,} more" if len(words) > MOST_LISTED else ""
    return f"Words that the text encoder has not seen in training, or once only: {', '.join(words[:MOST_LISTED])}{more}"
