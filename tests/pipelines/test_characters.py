"""Which captions the text encoder reads in part only: the rule is that of the characters it is given."""

import hypothesis
import numpy as np
import tensorflow as tf
from hypothesis import strategies

from pipelines.batches.text import encode_characters
from pipelines.characters import count_cut, cut_line, is_cut

LETTERS = strategies.text("ab Zé鸟\t\n\u3000\ufffd", max_size=30)


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(LETTERS, strategies.integers(150, 210), LETTERS)
def test_a_caption_is_cut_where_its_end_makes_no_difference(start, count, end):
    caption = start + "x" * count + end
    ids = encode_characters(tf.constant([f"{caption}y", f"{caption}z"])).numpy()
    assert is_cut(f"{caption}y") == np.array_equal(ids[0], ids[1])


def test_characters_are_counted_as_bytes_of_the_clean_caption():
    assert [is_cut("a" * 201), is_cut("a" * 202), is_cut("A" * 202)] == [False, True, True]
    assert [is_cut("é" * 100), is_cut("é" * 101)] == [False, True]
    assert not is_cut("  a \n\t " + " " * 300 + "b" * 199)
    assert is_cut("abc", 2)
    assert count_cut(["a", "b" * 300, "c" * 202]) == 2


def test_the_line_says_one_or_many():
    assert cut_line(1, "heron").startswith("1 caption is longer than 201 characters, and ")
    assert cut_line(1200, "heron", 132).startswith("1,200 captions are longer than 132 characters, and ")
