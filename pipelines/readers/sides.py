"""The two sides of pairs and of unpaired images, by the names that folders have, or parts of file names."""

import collections
import dataclasses
import functools
import os
import re
from collections.abc import Callable, Mapping, Sequence

from pipelines.examples import DataError
from pipelines.readers.files import normal
from pipelines.readers.splits import FILLERS, KIND_OF, Splits, kind_for, kind_of, words_of
from pipelines.reading import Reading
from pipelines.report import first_names

# A before B, in the singular; "" is whatever has no such word: 1.png beside 1_mask.png.
PAIRS = (
    "a/b input/target input/output input/label input/mask input/gt input/groundtruth source/target source/output",
    "src/dst src/tgt x/y condition/target condition/image conditioning/image domain1/domain2",
    "image/mask image/label image/annotation image/segmentation image/seg image/target image/output image/gt",
    "image/groundtruth image/edge image/sketch image/depth image/map photo/label photo/mask photo/annotation",
    "edge/photo edge/image sketch/photo sketch/image label/photo mask/photo map/photo aerial/map satellite/map",
    "real/fake before/after low/high lr/hr lq/hq lq/gt noisy/clean noisy/gt blur/sharp blurry/sharp blur/gt",
    "hazy/clear hazy/gt hazy/clean rainy/clean rain/norain rgb/depth rgb/ir rgb/label rgb/mask visible/ir",
    "visible/infrared day/night summer/winter gray/color grey/colour gray/rgb bw/color content/style",
    "leftimg8bit/gtfine leftimg8bit/gtcoarse image/annot image/anno image/lbl",
    "/annot /anno /lbl /mask /label /annotation /segmentation /seg /gt /groundtruth /target",
)
WORDS = tuple(tuple(pair.split("/")) for line in PAIRS for pair in line.split())
ALL_WORDS = frozenset(word for pair in WORDS for word in pair if word)
SYNONYMS = {"img": "image", "picture": "image", "pic": "image", "photograph": "photo", "labelmap": "label"}
# What follows the word of a side in Cityscapes: forms of one map, of which the first that is there counts.
FORMS = {"gtfine": ("color", "labelids", "labeltrainids"), "gtcoarse": ("color", "labelids", "labeltrainids")}
SIDES = ("A", "B")
SEPARATORS = re.compile(r"([_\-. ]+)")


@dataclasses.dataclass(frozen=True)
class Naming:
    """A way in which names tell the sides.

    Attributes:
        words: of A and B, in lower case and singular; "" for A where only B has a word.
        in_folders: whether folders have the words; else file names.
        stripped: whether the words are taken out of file names that are compared.
        below: whether only folders below that of the side count, when names are compared.
    """

    words: tuple[str, str]
    in_folders: bool
    stripped: bool
    below: bool = False


@dataclasses.dataclass(frozen=True)
class Sided:
    """Pictures by their side.

    Attributes:
        naming: how the names tell it.
        of: split to a table by side: key (which A and B share, if they are a pair) to paths.
        neither: pictures in neither side.
        other_forms: pictures that show the same as another one of their side, in another form.
    """

    naming: Naming
    of: Mapping[str, tuple[dict[str, list[str]], dict[str, list[str]]]]
    neither: Sequence[str]
    other_forms: Sequence[str]

    @property
    def matched(self) -> int:
        """How many keys both sides have."""
        return sum(len(a.keys() & b.keys()) for a, b in self.of.values())

    @property
    def has_both(self) -> bool:
        """Whether each side has a picture."""
        return all(any(tables[side] for tables in self.of.values()) for side in (0, 1))


def kind_with_sides(reading: Reading) -> Callable[[str], str]:
    """Folder name to its split, also where the name of a side is part of it: trainA, test_masks."""
    plain = kind_for(reading)
    if reading.splits:
        return plain
    words = ALL_WORDS | {squashed(name) for name in reading.side_names}

    @functools.cache
    def kind(name: str) -> str:
        if kind_of(name):
            return kind_of(name)
        kinds = [KIND_OF[word] for word in split_words(name) if word in KIND_OF]
        rest = without_split(name)
        return kinds[0] if len(kinds) == 1 and (not rest or any(form in words for form in rest)) else ""

    return kind


@functools.cache
def split_words(name: str) -> tuple[str, ...]:
    """The words of a name; traina and testmasks, in lower case, are two each."""
    words = words_of(name)
    if len(words) == 1 and words[0] not in KIND_OF:
        for prefix in sorted(KIND_OF, key=len, reverse=True):
            rest = words[0].removeprefix(prefix)
            if rest != words[0] and singular(rest) in ALL_WORDS:
                return prefix, rest
    return words


def singular(word: str) -> str:
    """A word as the tables have it: masks -> mask, sketches -> sketch, imgs -> image."""
    if word.endswith("ches"):
        word = word[:-2]
    elif word.endswith("s") and len(word) > 2 and not word.endswith("ss"):
        word = word[:-1]
    return SYNONYMS.get(word, word)


def squashed(name: str) -> str:
    """A name without case and separators, in the singular."""
    return singular("".join(re.findall(r"[^\W_]+", normal(name).casefold())))


@functools.cache
def without_split(name: str) -> frozenset[str]:
    """What may be the side in a folder's name: what is left of it without the split, with and without fillers."""
    words = [word for word in split_words(name) if word not in KIND_OF and not re.fullmatch(r"(?:19|20)[0-9]{2}", word)]
    plain = [word for word in words if word not in FILLERS and word not in ("domain", "side", "folder", "class")]
    forms = {squashed(name), singular("".join(words)), singular("".join(plain)), "".join(plain)}
    return frozenset(forms - {""})


@functools.lru_cache(maxsize=2**16)
def side_of_folder(name: str, words: tuple[str, str]) -> int | None:
    """0 or 1 where a folder's name is the word of A or B, perhaps with that of a split."""
    forms = without_split(name)
    hits = [side for side, word in enumerate(words) if word and word in forms]
    return hits[0] if len(hits) == 1 else None


def side_of_stem(stem: str, words: tuple[str, str]) -> tuple[int | None, str, str]:
    """The side that one word of a file name tells, the name without it, and the form that follows it."""
    parts = SEPARATORS.split(stem)
    hits = [
        (place, words.index(word))
        for place in range(0, len(parts), 2)
        if (word := singular(parts[place].casefold())) and word in words
    ]
    if len(hits) != 1:
        return None, stem, ""
    place, side = hits[0]
    form = ""
    if words[side] in FORMS and place + 1 < len(parts):
        form = "".join(parts[place + 2 :: 2]).casefold()
        parts = parts[: place + 1]
    # With the separator before it; of a first word, with that after it.
    kept = [*parts[: place - 1], *parts[place + 1 :]] if place else parts[2:]
    return side, "".join(kept), form


def candidates(paths: Sequence[str], reading: Reading) -> list[Naming]:
    """The namings whose words occur, those that tell most first."""
    folders = set().union(*(without_split(name) for path in paths for name in path.split("/")[:-1]))
    tokens = {
        singular(token.casefold())
        for path in paths
        for token in SEPARATORS.split(os.path.splitext(path.rpartition("/")[2])[0])
    }
    words = [tuple(map(squashed, reading.side_names))] if reading.side_names else WORDS
    found = []
    for in_folders, present in ((True, folders), (False, tokens)):
        for pair in words:
            if all(word in present for word in pair if word):
                ways = [(False, False), (True, False), (False, True), (True, True)] if in_folders else [(True, False)]
                found += [Naming(pair, in_folders, *way) for way in ways]
    # What only one side has a word for comes last.
    return sorted(found, key=lambda naming: not naming.words[0])


def sided(splits: Splits, naming: Naming) -> Sided:
    """The pictures by side, as a naming tells it."""
    of = {split: ({}, {}) for split in ("train", "test")}
    neither, forms = [], collections.defaultdict(list)
    for path, split in splits.of.items():
        *folders, file = path.split("/")
        stem = normal(os.path.splitext(file)[0])
        side, content = None, []
        for depth, name in enumerate(folders):
            here = side_of_folder(name, naming.words) if naming.in_folders else None
            if here is not None:
                side = here
                content = [] if naming.below else content
            elif depth != splits.depth:
                content.append(normal(name))
        told, bare, form = side_of_stem(stem, naming.words)
        if not naming.in_folders:
            side = told
        if side is None and not naming.words[0]:
            side = 0
        if side is None:
            neither.append(path)
            continue
        key = "/".join([*content, bare if naming.stripped and told in (side, None) else stem])
        if form:
            forms[split, side, key].append((form, path))
        else:
            of[split][side].setdefault(key, []).append(path)
    other_forms = []
    for (split, side, key), found in forms.items():
        order = FORMS[naming.words[side]]
        found.sort(key=lambda entry: (order.index(entry[0]) if entry[0] in order else len(order), entry))
        of[split][side].setdefault(key, []).extend(path for form, path in found if form == found[0][0])
        other_forms += [path for form, path in found if form != found[0][0]]
    return Sided(naming, {split: without_case(tables) for split, tables in of.items()}, neither, other_forms)


def without_case(tables: tuple[dict, dict]) -> tuple[dict, dict]:
    """The tables with keys that agree in all but case made equal, where that makes no two of them one."""
    once = [
        {folded for folded, count in collections.Counter(key.casefold() for key in table).items() if count == 1}
        for table in tables
    ]
    spelled = {key.casefold(): key for key in tables[0] if key.casefold() in once[0] & once[1]}
    return tables[0], {spelled.get(key.casefold(), key): paths for key, paths in tables[1].items()}


def recognize(splits: Splits, reading: Reading) -> Sided | None:
    """The sides as the names tell them; None where no names do.

    Folders that both sides have count even where nothing matches, for their names say what they are for. Words in file
    names, or of one side only, count where they make pairs of most of the pictures.
    """
    best = None
    for naming in candidates(list(splits.of), reading):
        found = sided(splits, naming)
        if not found.has_both:
            continue
        sure = bool(reading.side_names) or (naming.in_folders and naming.words[0])
        if not sure and 4 * found.matched < len(splits.of):
            continue
        if best is None or found.matched > best.matched:
            best = found
    return best


def check_one_each(dataset: str, tables: Sequence[Mapping[str, Sequence[str]]]):
    """DataError if two files are the same side of one pair: both are named."""
    twice = [paths for table in tables for paths in table.values() if len(paths) > 1]
    if twice:
        more = f" (and {len(twice) - 1:,} more)" if len(twice) > 1 else ""
        raise DataError(
            f"{dataset}: a name must stand for one picture of a side, so that it is clear which is to be used. "
            f"Received: {first_names(twice[0])}{more}"
        )
