"""Captions of a species, in the style of CUB's annotators. They do not depend on a picture.

A caption names some of the attributes, in random order, in one of several sentence patterns, with synonyms. No word
describes two attributes ("short" is only used for bills, "small" only for whole birds), so captions are unambiguous: "a
yellow bird" has a yellow breast and belly, and yellow wings too, unless the caption gives the wings another color.
"""

import numpy as np

from pipelines.birds.scene import ATTRIBUTE_NAMES, Species

# The longest caption that the character encoder reads.
MAX_CHARACTERS = 201
FEWEST_NAMED, MOST_NAMED = 2, 6

# The probability that an annotator names each attribute. Birds are mostly described by their large colored parts.
READINESS = {
    "crown color": 0.5,
    "breast color": 0.58,
    "belly color": 0.6,
    "wing color": 0.6,
    "tail color": 0.36,
    "bill color": 0.34,
    "size": 0.36,
    "bill length": 0.3,
    "bill shape": 0.34,
    "wing bars": 0.45,
    "eye ring": 0.45,
}
# Annotators rarely mention that something is absent.
READINESS_ABSENT = 0.03

# The attributes that the color of a whole bird names, and the probability that an annotator gives one if it applies.
WHOLE_BIRD = ("breast color", "belly color", "wing color")
READINESS_WHOLE_BIRD = 0.5

PART_WORDS = {
    "crown color": ("crown", "cap", "crown"),
    "breast color": ("breast", "chest"),
    "belly color": ("belly", "abdomen", "underside", "belly"),
    "wing color": ("wings", "wing feathers", "wings"),
    "tail color": ("tail", "tail feathers", "tail"),
}
BILL_WORDS = ("bill", "beak")
SIZE_WORDS = {
    "small": ("small", "little", "tiny"),
    "medium": ("medium sized", "medium-sized"),
    "large": ("large", "big"),
}
LENGTH_WORDS = {"short": ("short", "stubby"), "long": ("long", "lengthy")}
SHAPE_WORDS = {"cone": ("cone-shaped", "conical"), "pointed": ("pointed", "sharp"), "hooked": ("hooked", "curved")}
GRAY_WORDS = ("gray", "grey")
BAR_WORDS = ("wing bars", "wingbars", "bars on its wings")
RING_WORDS = ("eye ring", "eyering", "ring around its eye")


def captions(species: Species, rng: np.random.Generator, count: int = 10) -> tuple[list[str], np.ndarray]:
    """Returns true captions of a species, and which attributes each of them names.

    Args:
        species: the bird to describe.
        rng: draws the attributes that are named, and the wording.
        count: number of captions.

    Returns:
        `count` lower-case captions of at most `MAX_CHARACTERS` characters, and (count, A) bool: whether a caption
        states the value of an attribute (see `ATTRIBUTE_NAMES`); each states 2 to 6 of them.
    """
    texts, mentions = [], np.zeros((count, len(ATTRIBUTE_NAMES)), bool)
    for row in mentions:
        named = _choose_named(species, rng)
        text = _Speaker(species, named, rng).caption()
        while len(text) > MAX_CHARACTERS:
            named.pop()
            text = _Speaker(species, named, rng).caption()
        texts.append(text)
        row[[ATTRIBUTE_NAMES.index(name) for name in named]] = True
    return texts, mentions


def _choose_named(species: Species, rng: np.random.Generator) -> list[str]:
    """Returns the attributes that a caption names, in random order."""
    whole = species.breast_color == species.belly_color and rng.random() < READINESS_WHOLE_BIRD
    named: list[str] = []
    while not FEWEST_NAMED <= len(named) <= MOST_NAMED:
        named = []
        for name, readiness in READINESS.items():
            absent = getattr(species, name.replace(" ", "_")) == "no"
            if rng.random() < (READINESS_ABSENT if absent else readiness) or (whole and name in WHOLE_BIRD):
                named.append(name)
    return [named[position] for position in rng.permutation(len(named))]


class _Speaker:
    """Writes one sentence that names some attributes of a species."""

    def __init__(self, species: Species, named: list[str], rng: np.random.Generator):
        self.named = named
        self.value = {name: getattr(species, name.replace(" ", "_")) for name in named}
        self.rng = rng

    def caption(self) -> str:
        adjectives = [self.pick(SIZE_WORDS[self.value["size"]])] if "size" in self.value else []
        adjectives += self.whole_bird_color()
        has, is_so = self.split_topics()
        if not has and not is_so:
            return self.color_only(adjectives) + self.pick((".", ""))
        if not has:
            return self.predicates_only(adjectives, is_so)
        things = _enumerate([self.noun_phrase(topic, topic is has[-1]) for topic in has])
        sentence = self.opening(adjectives, things)
        if is_so:
            clauses = _enumerate([self.predicate(topic, "its") for topic in is_so])
            sentence += self.pick((", and ", ", ", " and ")) + clauses
        return sentence + self.pick((".", "", "."))

    def pick(self, choices: tuple[str, ...]) -> str:
        return choices[self.rng.integers(len(choices))]

    def whole_bird_color(self) -> list[str]:
        """Returns the color of the whole bird, if one is given, and removes the attributes it covers from `named`."""
        if not set(WHOLE_BIRD) <= set(self.named):
            return []
        breast, belly, wing = (self.value[name] for name in WHOLE_BIRD)
        if breast != belly or not self.often():
            return []
        covered = WHOLE_BIRD if wing == breast else WHOLE_BIRD[:2]
        self.named = [name for name in self.named if name not in covered]
        return [self.color("breast color")]

    def split_topics(self) -> tuple[list[list[str]], list[list[str]]]:
        """Returns the topics that are phrased as "has a ..." and those phrased as "... is ...".

        A topic is a list of attributes that are named together: those of the bill, or parts of the same color.
        """
        topics: list[list[str]] = []
        for name in self.named:
            if name == "size":
                continue
            together = next((topic for topic in topics if self.belong_together(topic[0], name)), None)
            if together is None:
                topics.append([name])
            else:
                together.append(name)
        # "with wing bars" cannot be phrased as "... is ...".
        stay = [topic for topic in topics if topic[0] in ("wing bars", "eye ring")]
        free = [topic for topic in topics if topic not in stay]
        moved = int(self.rng.choice((0, 0, 0, 1, 2, len(free))))
        return free[moved:] + stay, free[:moved]

    def belong_together(self, one: str, other: str) -> bool:
        if one.startswith("bill") or other.startswith("bill"):
            return one.startswith("bill") and other.startswith("bill")
        # Most annotators, but not all, join parts of the same color.
        return one in PART_WORDS and other in PART_WORDS and self.value[one] == self.value[other] and self.often()

    def often(self) -> bool:
        return self.rng.random() < 0.8

    def opening(self, adjectives: list[str], things: str) -> str:
        bird = " ".join([*adjectives, "bird"])
        choices = [
            f"this {bird} has {things}",
            f"{_with_article(bird)} with {things}",
            f"this is {_with_article(bird)} with {things}",
            f"this is {_with_article(bird)} that has {things}",
            f"the {bird} has {things}",
            f"{_with_article(bird)} that has {things}",
        ]
        if adjectives:
            such = _enumerate(adjectives)
            choices += [f"this bird is {such} with {things}", f"the bird is {such} and has {things}"]
        return self.pick(tuple(choices))

    def color_only(self, adjectives: list[str]) -> str:
        bird, such = _with_article(" ".join([*adjectives, "bird"])), _enumerate(adjectives)
        return self.pick((bird, f"this is {bird}", f"this bird is {such}", f"the bird is {such} all over"))

    def predicates_only(self, adjectives: list[str], topics: list[list[str]]) -> str:
        bird = " ".join(["this", *adjectives, "bird"])
        if len(topics[0]) == 1 and self.rng.random() < 0.4:
            first = self.predicate(topics[0], "the", f" of {bird}")
        else:
            first = self.predicate(topics[0], f"{bird}'s")
        return _enumerate([first, *(self.predicate(topic, "its") for topic in topics[1:])]) + self.pick((".", ""))

    def color(self, name: str) -> str:
        word = self.value[name]
        return self.pick(GRAY_WORDS) if word == "gray" else word

    def noun_phrase(self, topic: list[str], last: bool) -> str:
        first = topic[0]
        if first == "wing bars":
            word = self.pick(BAR_WORDS)
            return self.pick((word, f"two {word}")) if self.value[first] == "yes" else f"no {word}"
        if first == "eye ring":
            word = self.pick(RING_WORDS)
            return _with_article(word) if self.value[first] == "yes" else f"no {word}"
        if first.startswith("bill"):
            return self.bill_phrase(topic, last)
        words = [self.pick(PART_WORDS[name]) for name in topic]
        color = self.color(first)
        phrase = f"{color} {_enumerate(words)}"
        return phrase if words[0].endswith("s") else _with_article(phrase)

    def bill_phrase(self, topic: list[str], last: bool) -> str:
        bill, adjectives = self.pick(BILL_WORDS), self.bill_adjectives(topic)
        # Only at the end: "a bill that is short and black wings" would be ambiguous.
        if last and self.rng.random() < 0.4:
            return f"a {bill} that is {_enumerate(adjectives)}"
        return _with_article(self.pick((" ", ", ")).join(adjectives) + f" {bill}")

    def bill_adjectives(self, topic: list[str]) -> list[str]:
        phrase = {
            "bill color": self.color,
            "bill length": lambda name: self.pick(LENGTH_WORDS[self.value[name]]),
            "bill shape": lambda name: self.pick(SHAPE_WORDS[self.value[name]]),
        }
        return [phrase[name](name) for name in topic]

    def predicate(self, topic: list[str], owner: str, of_whom: str = "") -> str:
        first = topic[0]
        if first.startswith("bill"):
            return f"{owner} {self.pick(BILL_WORDS)}{of_whom} is {_enumerate(self.bill_adjectives(topic))}"
        words = [self.pick(PART_WORDS[name]) for name in topic]
        if words == ["crown"] and owner == "its" and self.rng.random() < 0.3:
            return f"the top of its head is {self.color(first)}"
        verb = "are" if len(words) > 1 or words[0].endswith("s") else "is"
        return f"{owner} {_enumerate(words)}{of_whom} {verb} {self.color(first)}"


def _enumerate(things: list[str]) -> str:
    """Joins as English does: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(things[:-1]), things[-1])))


def _with_article(phrase: str) -> str:
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase
