"""Captions with one word exchanged."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipelines.edits import edited

COLORS, PARTS = ("red", "blue", "black"), ("crown", "wing", "bill")
# Each class is a choice of colors, by part; its captions name two of the parts, in both orders.
CLASSES = list(itertools.product(COLORS, repeat=3))


def captions_of(colors) -> list[str]:
    named = dict(zip(PARTS, colors, strict=True))
    return [
        f"A {named[one]} {one}, and its {other} is {named[other]}." for one, other in itertools.permutations(PARTS, 2)
    ]


WORLD = [captions_of(colors) for colors in CLASSES]


def claims(caption: str) -> set[tuple[str, str]]:
    words = caption.replace(",", "").replace(".", "").split()
    return {(words[2], words[1]), (words[5], words[7])}


def test_an_edit_is_false_of_the_class_in_one_detail_and_written_like_the_caption():
    found = edited(WORLD, range(len(WORLD)), 3, seed=0)
    flat = [(caption, colors) for colors, captions in zip(CLASSES, WORLD, strict=True) for caption in captions]
    assert len(found) == len(flat)
    for edits, (caption, colors) in zip(found, flat, strict=True):
        assert len(set(edits)) == len(edits) == 3
        for edit in edits:
            true, now = set(zip(PARTS, colors, strict=True)), claims(edit)
            assert not now <= true, (caption, edit)
            differing = [pair for pair in zip(caption.split(" "), edit.split(" "), strict=True) if pair[0] != pair[1]]
            assert len(differing) == 1
            # Punctuation and capitals of the rest stay.
            assert edit[0] == "A"
            assert edit[-1] == "."


def test_each_part_is_edited():
    flat = [caption for captions in WORLD for caption in captions]
    found = edited(WORLD, range(len(WORLD)), 2, seed=1)
    changed = {
        part
        for caption, edits in zip(flat, found, strict=True)
        for edit in edits
        for part, _ in claims(edit) - claims(caption)
    }
    assert changed == set(PARTS)


def test_an_edit_is_a_sentence_that_people_write():
    """Bills and wings follow "red", but nobody has written of a big red bill."""
    assert edited([["big red wing"] * 2, ["small red bill"] * 2], [0, 1], 2, seed=0) == [()] * 4
    written = [["big red wing"] * 2, ["small red bill"] * 2, ["big red bill"]]
    assert edited(written, [0, 1, 2], 1, seed=0)[:2] == [("big red bill",)] * 2


def test_synonyms_of_a_class_are_no_edits():
    """Where its captions say gray and grey of one part, neither is false of it."""
    world = [["a gray wing", "a grey wing"] * 3, ["a red wing", "a red wing"]]
    found = edited(world, [0, 1], 4, seed=0)
    assert {edit for edits in found[:6] for edit in edits} == {"a red wing"}
    assert {edit for edits in found[6:] for edit in edits} == {"a gray wing", "a grey wing"}


def test_the_same_seed_finds_the_same_edits():
    assert edited(WORLD, range(27), 2, seed=3) == edited(WORLD, range(27), 2, seed=3)
    assert edited(WORLD, range(27), 2, seed=3) != edited(WORLD, range(27), 2, seed=4)


def test_scripts_without_spaces_are_edited_by_letter():
    world = [["红色的鸟", "红色的鸟"], ["蓝色的鸟", "蓝色的鸟"]]
    assert edited(world, [0, 1], 1, seed=0) == [("蓝色的鸟",)] * 2 + [("红色的鸟",)] * 2


@given(st.lists(st.lists(st.text(max_size=12), max_size=3), max_size=4), st.integers(0, 9))
def test_whatever_captions_hold_nothing_is_lost(captions, seed):
    found = edited(captions, range(len(captions)), 2, seed)
    flat = [caption for of_image in captions for caption in of_image]
    assert len(found) == len(flat)
    for caption, edits in zip(flat, found, strict=True):
        assert caption not in edits
