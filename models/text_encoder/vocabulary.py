"""Captions as words: split, looked up and counted in TensorFlow, in training, sampling and serving alike."""

import collections
import itertools
from collections.abc import Sequence

import tensorflow as tf

# What separates words: anything but letters, the marks on them, and digits, of any script (classes of RE2).
_BETWEEN = r"[^\p{L}\p{M}\p{N}]+"
# Scripts that are written without spaces: each of their letters, with its marks, is a word.
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*)"


def split_words(captions: tf.Tensor) -> tf.RaggedTensor:
    """(B,) raw captions, UTF-8, to their lower-case words, (B, any number) strings."""
    # Lower-casing would end at a byte 0, and the patterns match nothing in invalid UTF-8.
    captions = tf.strings.unicode_transcode(captions, "UTF-8", "UTF-8", "replace", replace_control_characters=True)
    captions = tf.strings.lower(captions, encoding="utf-8")
    captions = tf.strings.regex_replace(captions, _UNSPACED, r" \1 ")
    return tf.strings.split(tf.strings.regex_replace(captions, _BETWEEN, " "))


def words_of(captions: Sequence[str]) -> list[list[str]]:
    """The words of each caption."""
    words, parts = [], range(0, len(captions), 10_000)
    for start in parts:
        split = split_words(tf.constant(captions[start : start + 10_000], tf.string))
        flat = [word.decode() for word in split.flat_values.numpy()]
        ends = split.row_splits.numpy()
        words += [flat[begin:end] for begin, end in itertools.pairwise(ends)]
    return words


def vocabulary_of(words: Sequence[Sequence[str]], most: int) -> tuple[str, ...]:
    """The words that occur more than once, the most frequent first, at most `most` of them.

    A word seen once says little of itself: it is one of those that train the embeddings of unknown words.
    """
    counts = collections.Counter(word for caption in words for word in caption)
    repeated = [word for word, count in counts.items() if count > 1]
    return tuple(sorted(repeated, key=lambda word: (-counts[word], word))[:most])


class Vocabulary(tf.Module):
    """Words to their numbers, in Python's hands or in a graph, which may be exported.

    Args:
        words: which have a number of their own.
        buckets: numbers that all other words share, by a hash that is the same in all versions (FarmHash).
        read_words: of a caption; later ones are not read.
    """

    def __init__(self, words: Sequence[str], buckets: int, read_words: int):
        super().__init__()
        self.words, self.buckets, self.read_words = tuple(words), buckets, read_words
        self.known = frozenset(words)
        # Strings stay on the host.
        with tf.init_scope(), tf.device("CPU:0"):
            places = tf.lookup.KeyValueTensorInitializer(list(words), list(range(len(words))), tf.string, tf.int64)
            # TensorFlow makes no table of nothing.
            self.table = tf.lookup.StaticVocabularyTable(places if words else None, buckets, lookup_key_dtype=tf.string)

    @property
    def size(self) -> int:
        """How many numbers there are beside 0: of words, then of buckets."""
        return len(self.words) + self.buckets

    def ids(self, captions: tf.Tensor) -> tf.Tensor:
        """(B,) raw captions to (B, read_words) int32: 1 to `size`, and 0 after a caption's end."""
        words = split_words(captions)
        ids = tf.cast(self.table.lookup(words.flat_values), tf.int32) + 1
        padded = words.with_values(ids).to_tensor(0, shape=[None, self.read_words])
        return tf.ensure_shape(padded, (None, self.read_words))

    def unknown(self, captions: Sequence[str]) -> list[str]:
        """The words of captions that have no number of their own, each once."""
        found = (word for words in words_of(captions) for word in words[: self.read_words] if word not in self.known)
        return list(dict.fromkeys(found))
