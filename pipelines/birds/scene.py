"""Bird species, and the scenes in which single birds are seen. Nothing here draws.

Captions describe a `Species`; a `Scene` adds the nuisance factors ("style") that they never mention. Every renderer
(the photograph, the part map, the edges, the field-guide plate, the night view) starts from the same `Scene`.
"""

import dataclasses

import numpy as np

COLORS = ("black", "white", "gray", "brown", "red", "orange", "yellow", "green", "blue")
BILL_COLORS = ("black", "gray", "red", "orange", "yellow")
SIZES = ("small", "medium", "large")
BILL_LENGTHS = ("short", "long")
BILL_SHAPES = ("cone", "pointed", "hooked")
ABSENT_OR_PRESENT = ("no", "yes")

PERCHES = ("branch", "ground", "reed", "rock")
BACKGROUNDS = ("sky", "foliage", "meadow", "water")

TRAIN_SPECIES = 150
UNSEEN_SPECIES = 50
SPECIES = TRAIN_SPECIES + UNSEEN_SPECIES

# As in real birds, some species have the same color from breast to wings, and some the same color below; otherwise the
# colors of breast, belly and wing are independent. Shares of the species.
PLAIN_PLUMAGE = 0.2
SHARED_UNDERPARTS = 0.35
# Wing bars and eye rings are the exception in real birds too.
WING_BARS = 0.4
EYE_RINGS = 0.4


@dataclasses.dataclass(frozen=True)
class Species:
    """The attributes shared by all birds of a species, each one of the words listed above.

    The order of the fields is the order of the attribute vector; see `ATTRIBUTE_NAMES` and `ATTRIBUTE_VALUES`.
    """

    crown_color: str
    breast_color: str
    belly_color: str
    wing_color: str
    tail_color: str
    bill_color: str
    size: str
    bill_length: str
    bill_shape: str
    wing_bars: str
    eye_ring: str

    def attributes(self) -> np.ndarray:
        """Returns (A,) int32, the index of each attribute's value in `ATTRIBUTE_VALUES`."""
        words = dataclasses.astuple(self)
        return np.array([values.index(word) for word, values in zip(words, ATTRIBUTE_VALUES, strict=True)], np.int32)


ATTRIBUTE_NAMES = tuple(field.name.replace("_", " ") for field in dataclasses.fields(Species))
ATTRIBUTE_VALUES = (
    *(COLORS,) * 5,
    BILL_COLORS,
    SIZES,
    BILL_LENGTHS,
    BILL_SHAPES,
    ABSENT_OR_PRESENT,
    ABSENT_OR_PRESENT,
)


@dataclasses.dataclass(frozen=True)
class Scene:
    """One bird in one place: a species, and everything about the picture that the species does not determine.

    Attributes:
        species: the bird.
        facing: 1 when the bird looks right, -1 when it looks left.
        tilt: radians by which the bird leans forward (positive) or back, in [-0.2, 0.2].
        horizontal_place: position within the free space of the frame, -1 (left) to 1 (right).
        vertical_place: the same, -1 (top) to 1 (bottom).
        perch: one of `PERCHES`.
        background: one of `BACKGROUNDS`.
        background_hue: in [0, 1], from one end of the background's palette to the other.
        background_tone: lightness of the background, 0 (dim) to 1 (bright).
        brightness: factor on all light, in [0.88, 1.08].
        warmth: -1 (bluish light) to 1 (reddish light).
        light_side: -1 when the light falls from the left, 1 from the right, and anything between.
        detail: seed of small details: the positions of leaves, ripples and blades of grass.
    """

    species: Species
    facing: int
    tilt: float
    horizontal_place: float
    vertical_place: float
    perch: str
    background: str
    background_hue: float
    background_tone: float
    brightness: float
    warmth: float
    light_side: float
    detail: int

    def style(self) -> np.ndarray:
        """Returns (S,) float32 in the order of `STYLE_NAMES`; perch and background as indices into their lists."""
        values = [getattr(self, name.replace(" ", "_")) for name in STYLE_NAMES]
        values[STYLE_NAMES.index("perch")] = PERCHES.index(self.perch)
        values[STYLE_NAMES.index("background")] = BACKGROUNDS.index(self.background)
        return np.array(values, np.float32)


STYLE_NAMES = tuple(
    field.name.replace("_", " ") for field in dataclasses.fields(Scene) if field.name not in ("species", "detail")
)


def make_species(seed: int) -> list[Species]:
    """Returns `SPECIES` different species: the first `TRAIN_SPECIES` to train on, the others unseen in training.

    Every value of every attribute occurs among the first, nearly equally often, and independently of the other
    attributes (except for breast, belly and wing, see `PLAIN_PLUMAGE`), so that no part can be inferred from another.

    Args:
        seed: a non-negative integer; the same one gives the same species.
    """
    rng = np.random.default_rng([seed, SPECIES])
    species: list[Species] = []
    for count in (TRAIN_SPECIES, UNSEEN_SPECIES):
        group = _balanced_group(count, rng)
        # With millions of combinations a repetition is very rare; then the whole group is drawn again.
        while len(set(species + group)) < len(species) + count:
            group = _balanced_group(count, rng)
        species += group
    return species


def varied_species(seed: int, number: int) -> Species:
    """Returns the species of a number, with every attribute drawn uniformly and independently of all others.

    A classifier trained on such birds cannot infer one part from another, as it could with 150 species.
    """
    rng = np.random.default_rng([seed, SPECIES, number])
    return Species(*(values[rng.integers(len(values))] for values in ATTRIBUTE_VALUES))


def random_scene(species: Species, rng: np.random.Generator) -> Scene:
    """Returns a scene with a bird of that species; all nuisance factors are drawn from `rng`."""
    return Scene(
        species=species,
        facing=int(rng.choice((-1, 1))),
        tilt=float(rng.uniform(-0.2, 0.2)),
        horizontal_place=float(rng.uniform(-1, 1)),
        vertical_place=float(rng.uniform(-1, 1)),
        perch=PERCHES[rng.integers(len(PERCHES))],
        background=BACKGROUNDS[rng.integers(len(BACKGROUNDS))],
        background_hue=float(rng.uniform()),
        background_tone=float(rng.uniform()),
        brightness=float(rng.uniform(0.88, 1.08)),
        warmth=float(rng.uniform(-1, 1)),
        light_side=float(rng.uniform(-1, 1)),
        detail=int(rng.integers(2**31)),
    )


def _balanced_group(count: int, rng: np.random.Generator) -> list[Species]:
    """Returns `count` species in which each value of an attribute occurs equally often, up to one."""
    columns = [_balanced(values, count, rng) for values in ATTRIBUTE_VALUES[:-2]]
    columns += [_balanced_presence(share, count, rng) for share in (WING_BARS, EYE_RINGS)]
    order = rng.permutation(count)
    for name, share in (("wing color", PLAIN_PLUMAGE), ("belly color", PLAIN_PLUMAGE + SHARED_UNDERPARTS)):
        words = np.array(columns[ATTRIBUTE_NAMES.index("breast color")])
        own = order >= round(share * count)
        words[own] = _balanced(COLORS, int(np.sum(own)), rng)
        columns[ATTRIBUTE_NAMES.index(name)] = words.tolist()
    return [Species(*words) for words in zip(*columns, strict=True)]


def _balanced(values: tuple[str, ...], count: int, rng: np.random.Generator) -> list[str]:
    """Returns `count` values in random order, each occurring equally often, up to one."""
    start = rng.integers(len(values))
    return [values[(start + position) % len(values)] for position in rng.permutation(count)]


def _balanced_presence(share: float, count: int, rng: np.random.Generator) -> list[str]:
    """Returns `count` words "yes" (exactly that share, rounded) or "no" in random order."""
    return [ABSENT_OR_PRESENT[int(position < round(share * count))] for position in rng.permutation(count)]
