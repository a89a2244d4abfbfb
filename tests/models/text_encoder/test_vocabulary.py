"""How captions become words and words numbers: against Python, in datasets, and in an exported graph."""

import unicodedata

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies

from models.text_encoder.vocabulary import Vocabulary, split_words, vocabulary_of, words_of

# Letters of several scripts, marks, digits, and what separates.
CHARACTERS = "abZéÉßñ0९٣क\u0301鸟色のアก \t\n.,;:!?'\"-\u2013_/\u3000\u00a0\ufeff\ufffd\x00🐦€"
CAPTIONS = strategies.lists(strategies.text(CHARACTERS, max_size=20), min_size=1, max_size=4)
UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI")


def slow_words(caption: str) -> list[str]:
    """Character by character; what is written without spaces stands alone, with the marks that follow."""
    words, may_grow = [], False
    for character in caption.lower():
        kind, stands_alone = unicodedata.category(character)[0], unicodedata.name(character, "").startswith(UNSPACED)
        if kind not in "LMN":
            may_grow = False
        elif stands_alone or not may_grow:
            words.append(character)
        else:
            words[-1] += character
        if kind in "LMN":
            may_grow = not stands_alone or (kind == "M" and may_grow)
    return words


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("A small, Yellow bird's wing-bars; 3x!", "a small yellow bird s wing bars 3x"),
        ("", ""),
        (" \n.,!", ""),
        ("ÉCLAIR Straße", "éclair straße"),
        ("红色的鸟 with 2 wings", "红 色 的 鸟 with 2 wings"),
        ("赤い鳥。", "赤 い 鳥"),
        ("लाल पक्षी", "लाल पक्षी"),
        ("red\u00a0bird\u3000🐦\ufffd\x00wings", "red bird wings"),
    ],
)
def test_words_worked_by_hand(caption, words):
    assert words_of([caption]) == [words.split(" ") if words else []]


@hypothesis.settings(deadline=None, max_examples=80)
@hypothesis.given(CAPTIONS)
def test_words_against_python(captions):
    # A mark right after an unspaced letter belongs to it in both; Python and the graph know the same letters.
    hypothesis.assume(not any("\u0301" in caption for caption in captions))
    assert words_of(captions) == [slow_words(caption) for caption in captions]


def test_bytes_that_are_no_text_separate_words():
    split = split_words(tf.constant([b"\xff\xfea RED \xc3 bird", b"\xe2\x28\xa1"]))
    assert split.to_list() == [[b"a", b"red", b"bird"], []]


def test_the_vocabulary_is_of_repeated_words_the_frequent_ones_first():
    words = [["a", "red", "bird"], ["a", "blue", "bird"], ["a", "red", "owl"]]
    assert vocabulary_of(words, 10) == ("a", "bird", "red")
    assert vocabulary_of(words, 2) == ("a", "bird")
    assert vocabulary_of([], 2) == ()


def test_numbers_of_words():
    vocabulary = Vocabulary(("a", "bird", "red"), 5, 4)
    ids = vocabulary.ids(tf.constant(["A red bird", "", "a bird is a bird of prey", "teal"])).numpy()
    assert (ids.dtype, ids.shape) == (np.int32, (4, 4))
    assert ids[0].tolist() == [1, 3, 2, 0]
    assert ids[1].tolist() == [0, 0, 0, 0]
    # Cut after four words; an unknown one has a number behind those of the vocabulary.
    assert ids[2, [0, 1, 3]].tolist() == [1, 2, 1]
    assert 4 <= ids[2, 2] <= 8 == vocabulary.size
    assert vocabulary.unknown(["A teal bird", "teal red Owl"]) == ["teal", "owl"]
    # What is not read is not said.
    assert vocabulary.unknown(["a bird a bird teal"]) == []


def test_unknown_words_have_the_numbers_that_they_had():
    # Of FarmHash's fingerprint: a file that is read by another version of TensorFlow must find the same rows.
    words = ["teal", "owl", "鸟", "mauve"]
    wanted = tf.strings.to_hash_bucket_fast(words, 1000).numpy() + 3
    assert Vocabulary(("a", "bird"), 1000, 1).ids(tf.constant(words)).numpy()[:, 0].tolist() == wanted.tolist()
    assert Vocabulary((), 7, 2).ids(tf.constant(["teal"])).numpy()[0, 1] == 0


def test_in_an_exported_graph_and_in_a_dataset(tmp_path):
    captions = tf.constant(["A red bird", "鸟 teal", ""])
    module = tf.Module()
    module.vocabulary = Vocabulary(("a", "bird", "red", "鸟"), 5, 4)
    wanted = module.vocabulary.ids(captions).numpy()
    module.ids = tf.function(module.vocabulary.ids, input_signature=[tf.TensorSpec([None], tf.string)])
    tf.saved_model.save(module, str(tmp_path))
    np.testing.assert_array_equal(tf.saved_model.load(str(tmp_path)).ids(captions), wanted)
    dataset = tf.data.Dataset.from_tensors(captions).map(module.vocabulary.ids)
    assert dataset.element_spec.shape == (None, 4)
    np.testing.assert_array_equal(next(iter(dataset)), wanted)
