import re

import hypothesis
import hypothesis.strategies as st
import numpy as np

from pipelines.birds.grammar import captions
from pipelines.birds.scene import ATTRIBUTE_NAMES, COLORS, Species, make_species

PARTS = {
    "crown color": r"crown|cap|top of its head",
    "breast color": r"breast|chest",
    "belly color": r"belly|abdomen|underside",
    "wing color": r"(?<!on its )wing feathers|(?<!on its )wings",
    "tail color": r"tail feathers|tail",
}
COLOR = "|".join((*COLORS, "grey"))
BILL_WORDS = {
    "bill color": {**{color: color for color in COLORS}, "grey": "gray"},
    "bill length": {"short": "short", "stubby": "short", "long": "long", "lengthy": "long"},
    "bill shape": {
        "cone-shaped": "cone",
        "conical": "cone",
        "pointed": "pointed",
        "sharp": "pointed",
        "hooked": "hooked",
        "curved": "hooked",
    },
}
SIZES = {"small": "small", "little": "small", "tiny": "small", "medium": "medium", "large": "large", "big": "large"}
BARS = r"wing ?bars|bars on its wings"
RING = r"eye ?ring|ring around its eye"
ANY_PART = "|".join(PARTS.values())
BILL_WORD = "|".join(rf"\b{word}\b" for words in BILL_WORDS.values() for word in words)
OF_BIRD = r"(?: of this (?:[a-z-]+ ){0,2}bird)?"
LIST = rf"(?:{ANY_PART})(?:(?:, | and )(?:{ANY_PART}))*"

any_species = st.builds(lambda seed, number: make_species(seed)[number], st.integers(0, 3), st.integers(0, 199))


def understand(caption: str) -> dict[str, str]:
    """What a reader who knows English, but not the grammar, takes a caption to say: attribute -> value."""
    stated: dict[str, str] = {}

    def say(attribute, value):
        assert stated.setdefault(attribute, value) == value, f"{attribute} is stated twice: {caption}"

    for before, parts, after in re.findall(
        rf"(?:\b({COLOR}) )?\b({LIST})\b{OF_BIRD}(?: (?:is|are) ({COLOR})\b)?", caption
    ):
        for attribute, words in PARTS.items():
            if re.search(rf"\b(?:{words})\b", parts):
                say(attribute, (before or after).replace("grey", "gray"))
    for before, after in re.findall(
        rf"((?:(?:{BILL_WORD}),? )*)(?:bill|beak)\b{OF_BIRD}"
        rf"(?: (?:that )?is ((?:{BILL_WORD})(?:(?:, | and )(?:{BILL_WORD}))*))?",
        caption,
    ):
        for attribute, words in BILL_WORDS.items():
            for word in re.findall(BILL_WORD, before + after):
                if word in words:
                    say(attribute, words[word])
    for word, value in SIZES.items():
        if re.search(rf"\b{word}\b", caption):
            say("size", value)
    of_bird = re.findall(rf"\b({COLOR}) bird\b", caption) + re.findall(
        rf"^(?:this|the) bird is (?:[a-z-]+ (?:[a-z]+ )?and )?({COLOR})\b", caption
    )
    for color in of_bird:
        say("breast color", color.replace("grey", "gray"))
        say("belly color", color.replace("grey", "gray"))
        # The wings of a yellow bird are yellow, if nobody says that they are not.
        stated.setdefault("wing color", color.replace("grey", "gray"))
    for attribute, pattern in (("wing bars", BARS), ("eye ring", RING)):
        if found := re.search(rf"(no )?\b(?:{pattern})\b", caption):
            say(attribute, "no" if found.group(1) else "yes")
    return stated


def test_the_reader_of_this_test_understands():
    assert understand("a big bird with a long, hooked orange bill, a grey tail and its wings are blue.") == {
        "size": "large",
        "bill length": "long",
        "bill shape": "hooked",
        "bill color": "orange",
        "tail color": "gray",
        "wing color": "blue",
    }
    assert understand("this bird has a yellow belly and breast, no eye ring and two bars on its wings") == {
        "belly color": "yellow",
        "breast color": "yellow",
        "eye ring": "no",
        "wing bars": "yes",
    }
    yellow = {"breast color": "yellow", "belly color": "yellow"}
    assert understand("a small yellow bird with a black crown") == {
        **yellow,
        "size": "small",
        "crown color": "black",
        "wing color": "yellow",
    }
    assert understand("this bird is tiny and yellow with grey wings.") == {
        **yellow,
        "size": "small",
        "wing color": "gray",
    }


@hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
@hypothesis.given(species=any_species, seed=st.integers(0, 2**32))
def test_captions_are_true_and_the_mentions_are_what_they_say(species: Species, seed: int):
    texts, mentions = captions(species, np.random.default_rng(seed))
    assert mentions.shape == (len(texts), len(ATTRIBUTE_NAMES)) == (10, 11)
    for text, row in zip(texts, mentions, strict=True):
        named = {name for name, mentioned in zip(ATTRIBUTE_NAMES, row, strict=True) if mentioned}
        truth = {name: getattr(species, name.replace(" ", "_")) for name in named}
        assert understand(text) == truth, text


@hypothesis.settings(max_examples=100, deadline=None, derandomize=True)
@hypothesis.given(species=any_species, seed=st.integers(0, 2**32))
def test_captions_are_short_lower_case_and_partial(species: Species, seed: int):
    texts, mentions = captions(species, np.random.default_rng(seed))
    for text in texts:
        assert text == text.lower().strip()
        assert len(text) <= 201
        assert re.fullmatch(r"[a-z ,.'-]+", text), text
        assert "  " not in text
        assert not re.search(r"\ba [aeio]|\ban [^aeio]|,,|\band and\b", text), text
    assert (mentions.sum(axis=1) >= 2).all()
    assert (mentions.sum(axis=1) <= 6).all()


def test_captions_are_varied_and_name_what_people_look_at_most():
    texts, mentions = [], []
    for number, species in enumerate(make_species(0)):
        some, named = captions(species, np.random.default_rng(number))
        texts += some
        mentions.append(named)
    assert len(set(texts)) > 0.95 * len(texts)
    often = dict(zip(ATTRIBUTE_NAMES, np.concatenate(mentions).mean(axis=0), strict=True))
    for name in ("breast color", "belly color", "wing color"):
        assert 0.6 < often[name] < 0.8
    assert min(often.values()) > 0.1


def test_a_bird_of_one_color_is_often_called_by_it():
    species = [one for one in make_species(0) if one.breast_color == one.belly_color == one.wing_color]
    texts = [text for number, one in enumerate(species) for text in captions(one, np.random.default_rng(number))[0]]
    whole = [bool(re.search(rf"\b(?:{COLOR}) bird\b|bird is [a-z -]*\b(?:{COLOR})\b", text)) for text in texts]
    assert 0.3 < np.mean(whole) < 0.7


def test_captions_follow_the_generator():
    species = make_species(0)[0]
    first, again, other = (captions(species, np.random.default_rng(seed))[0] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_rarely_says_what_a_bird_lacks():
    plain = [one for one in make_species(0) if one.wing_bars == one.eye_ring == "no"]
    texts = [text for number, one in enumerate(plain) for text in captions(one, np.random.default_rng(number))[0]]
    share = np.mean([bool(re.search(r"\bno\b", text)) for text in texts])
    assert 0 < share < 0.15
