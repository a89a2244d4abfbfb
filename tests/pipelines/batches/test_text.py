import re
import sys

import hypothesis
import numpy as np
import tensorflow as tf
from hypothesis import strategies

from models.text_encoder import networks as char_cnn_rnn
from pipelines.batches import text
from pipelines.birds import grammar
from pipelines.readers.caption_files import clean_caption

# Every character that the readers of captions turn into a space, but for half surrogate pairs, which no bytes hold.
SPACES = "".join(
    chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000 and not clean_caption(chr(code))
)
SPACES_OF_BYTES = b"(?:" + b"|".join(re.escape(character.encode()) for character in SPACES) + b")+"


def slow_ids(caption: bytes) -> list[int]:
    """What the Torch code does, a character at a time."""
    caption = re.sub(SPACES_OF_BYTES, b" ", caption).strip(b" ")
    ids = []
    for byte in caption[: text.MAX_CHARACTERS]:
        symbol = chr(byte)
        lowered = symbol.lower() if byte < 128 else symbol
        ids.append(text.ALPHABET.rindex(lowered) + 1 if lowered in text.ALPHABET else 0)
    return ids + [0] * (text.MAX_CHARACTERS - len(ids))


def test_alphabet_is_that_of_the_paper():
    assert len(text.ALPHABET) == 70
    assert text.ALPHABET.count("-") == 2
    assert len(set(text.ALPHABET)) == 69
    assert text.ALPHABET[0] == "a"
    assert text.ALPHABET[-1] == " "


def test_the_network_reads_what_is_written_here():
    assert len(text.ALPHABET) == char_cnn_rnn.ALPHABET_SIZE
    assert char_cnn_rnn.MAX_CHARACTERS == grammar.MAX_CHARACTERS == text.MAX_CHARACTERS


def test_half_an_emoji_is_no_text():
    # As json.loads gives it of a caption that was cut in its middle.
    caption = clean_caption("a red bird \ud83d with\udc26wings")
    assert caption == "a red bird with wings"
    assert text.encode_characters(tf.constant([caption])).shape == (1, text.MAX_CHARACTERS)


def test_hand_worked_ids():
    ids = text.encode_characters(tf.constant("aZ 9-é~")).numpy()
    # The accented letter is two bytes; the hyphen is the second one of the alphabet.
    assert ids[:9].tolist() == [1, 26, 70, 36, text.ALPHABET.rindex("-") + 1, 0, 0, text.ALPHABET.index("~") + 1, 0]
    assert text.ALPHABET.rindex("-") == 59
    assert ids.dtype == np.int32


captions = strategies.one_of(
    strategies.text(max_size=250).map(lambda caption: caption.encode("utf-8")),
    strategies.text(alphabet=text.ALPHABET + "ABCXYZ\n\x00", max_size=300).map(lambda caption: caption.encode()),
    strategies.binary(max_size=250),
)
# Mostly the characters that are cleaned away, and any other.
messy_captions = strategies.text(
    strategies.one_of(strategies.sampled_from(SPACES + "a b"), strategies.characters(codec="utf-8"))
)


@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(strategies.lists(captions, min_size=1, max_size=4))
def test_equals_the_slow_reference(batch):
    ids = text.encode_characters(tf.constant(batch)).numpy()
    assert ids.tolist() == [slow_ids(caption) for caption in batch]


@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(strategies.lists(messy_captions, min_size=1, max_size=4))
def test_a_caption_is_read_alike_before_and_after_cleaning(batch):
    cleaned = text.encode_characters(tf.constant([clean_caption(caption) for caption in batch]))
    np.testing.assert_array_equal(text.encode_characters(tf.constant(batch)), cleaned)


def test_every_character_that_is_cleaned_away_is_one_space():
    assert {"\xa0", "\u2009", "\u3000", "\ufeff", "\ufffd", "\x85"} <= set(SPACES)
    ids = text.encode_characters(tf.constant([f"a{character}{character}b{character}" for character in SPACES]))
    np.testing.assert_array_equal(ids, [slow_ids(b"a b")] * len(SPACES))


def test_any_rank_and_empty_batches():
    for shape in [(), (3,), (2, 5), (0,), (0, 10), (2, 1, 3)]:
        assert text.encode_characters(tf.fill(shape, "a bird")).shape == (*shape, text.MAX_CHARACTERS)


def test_works_in_a_dataset_with_a_known_shape():
    dataset = tf.data.Dataset.from_tensor_slices([["a red bird", "it is red"], ["", "x" * 500]])
    dataset = dataset.map(text.encode_characters)
    assert dataset.element_spec.shape == (2, text.MAX_CHARACTERS)
    assert [ids.tolist() for ids in dataset.as_numpy_iterator()] == [
        [slow_ids(b"a red bird"), slow_ids(b"it is red")],
        [slow_ids(b""), slow_ids(b"x" * 500)],
    ]


def test_exported_graph_gives_the_same_ids(tmp_path):
    module = tf.Module()
    module.encode = tf.function(text.encode_characters, input_signature=[tf.TensorSpec(None, tf.string)])
    tf.saved_model.save(module, str(tmp_path))
    encode = tf.saved_model.load(str(tmp_path)).encode
    for batch in (tf.constant("A\xa0Bird.\n"), tf.constant([["é\x00b", "-"], ["", "?" * 201]])):
        np.testing.assert_array_equal(encode(batch), text.encode_characters(batch))
