"""Captions with one word exchanged: wrong in one detail, where another image's caption is wrong in most.

A discriminator, or a joint embedding, that has to tell them from the right ones must look at every part that captions
name. Hard negatives of this kind: Faghri et al. 2018 (VSE++); by exchanged words: Yuksekgonul et al. 2023 (NegCLIP).
Nothing is used but the captions and their classes: a word may stand where others were seen between the same neighbors.
"""

import collections
import re
from collections.abc import Iterator, Sequence

import numpy as np
from tqdm import tqdm

# Letters and digits of any script; of scripts without spaces each letter.
_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
# Before the first word and after the last.
_BEGIN, _END = "\x02", "\x03"
# How often a place of a caption is tried for each edit that is asked for.
_TRIES = 12


def edited(captions: Sequence[Sequence[str]], classes: Sequence[int], count: int, seed: int) -> list[tuple[str, ...]]:
    """For each caption at most `count` others that differ from it in one word and do not describe its class.

    A word is exchanged for one that was seen at least twice between the same two words. Of the three runs of three
    words that it then belongs to, all were seen in some caption (so that the sentence is one that people write), and at
    least one was never seen with the class (so that it is false, and no synonym).

    Args:
        captions: of each of n images, in order.
        classes: (n,) the class of each image.
        count: how many edits of a caption are looked for.
        seed: which ones are found.

    Returns:
        A tuple for each caption, image after image; () where nothing was found.
    """
    texts = [caption for of_image in captions for caption in of_image]
    owners = [label for of_image, label in zip(captions, classes, strict=True) for _ in of_image]
    words = [[_BEGIN] * 2 + [word.lower() for word in _WORD.findall(text)] + [_END] * 2 for text in texts]
    between, of_class = collections.defaultdict(collections.Counter), collections.defaultdict(set)
    for sentence, label in zip(words, owners, strict=True):
        for place in range(2, len(sentence) - 2):
            between[sentence[place - 1], sentence[place + 1]][sentence[place]] += 1
            of_class[label].update(runs(sentence, place, sentence[place]))
    seen = set().union(*of_class.values())
    fitting = {key: [word for word, times in found.items() if times > 1] for key, found in between.items()}
    rng = np.random.default_rng(seed)
    # Seconds for tens of thousands of captions.
    progress = tqdm(texts, "editing captions", unit=" captions", delay=1.0, disable=None)
    return [
        tuple(
            exchanged(text, place - 2, word)
            for place, word in false_words(sentence, fitting, seen, of_class[label], count, rng)
        )
        for text, sentence, label in zip(progress, words, owners, strict=True)
    ]


def runs(sentence: Sequence[str], place: int, word: str) -> tuple[tuple[str, str, str], ...]:
    """The three runs of three words that a word at a place of a sentence belongs to."""
    second, first, after, last = (sentence[place + offset] for offset in (-2, -1, 1, 2))
    return (second, first, word), (first, word, after), (word, after, last)


def false_words(sentence, fitting, seen, of_class, count, rng) -> Iterator[tuple[int, str]]:
    """At most `count` different (place, word) that make the sentence a false one."""
    places = [
        place for place in range(2, len(sentence) - 2) if len(fitting[sentence[place - 1], sentence[place + 1]]) > 1
    ]
    found = set()
    for _ in range(_TRIES * count if places else 0):
        place = places[rng.integers(len(places))]
        words = fitting[sentence[place - 1], sentence[place + 1]]
        word = words[rng.integers(len(words))]
        now = runs(sentence, place, word)
        if (place, word) not in found and seen.issuperset(now) and not of_class.issuperset(now):
            found.add((place, word))
            yield place, word
            if len(found) == count:
                return


def exchanged(text: str, place: int, word: str) -> str:
    """A caption with another word at the place of one of its words, counted from 0; the rest as it is written."""
    start, stop = list(_WORD.finditer(text))[place].span()
    return text[:start] + word + text[stop:]
