"""Folders of splits, by whatever names people give them: which pictures are trained on, and which are tested on."""

import collections
import dataclasses
import functools
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from pipelines.examples import DataError
from pipelines.readers.files import Scan, normal
from pipelines.reading import Reading
from pipelines.report import first_names

TRAIN, TEST, VALIDATION = "train", "test", "validation"
SPARE = "validation image, where there are others to test on"
WORDS = {
    TRAIN: ("train", "training", "trainset", "trainval", "trn"),
    TEST: ("test", "testing", "testset", "tst", "evaluation", "eval"),
    VALIDATION: ("val", "valid", "validation", "valset", "validate", "dev"),
}
KIND_OF = {word: kind for kind, words in WORDS.items() for word in words}
# Words that say nothing where they stand beside the word of a split: train_images, test_set.
FILLERS = frozenset(
    (
        *("image", "images", "img", "imgs", "picture", "pictures", "pics", "photo", "photos", "data", "dataset"),
        *("set", "split", "folder", "dir", "files", "samples", "examples", "cropped", "resized"),
    )
)
# Folders above those of the splits, not counting those that contain everything: set/animals/train.
DEEPEST = 4
ACCEPTED = (
    "accepted are folders train and test (or val, valid, validation, dev; training and testing; in any case), at the "
    "top or in each class; --splits=TRAIN,TEST names others, --splits=none takes no folder for a split"
)


def words_of(name: str) -> tuple[str, ...]:
    """The words of a folder's name or a file's stem, lower-case: trainA -> train, a; test_set -> test, set."""
    return tuple(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W\d_a-zA-Z]+", name))


@functools.cache
def kind_of(name: str) -> str:
    """The split that a folder's name stands for; "" if it stands for none."""
    words = [word for word in words_of(name) if word not in FILLERS]
    # COCO's train2017, eval15.
    kinds = [KIND_OF.get(word, "") for word in words if not word.isdecimal()]
    return kinds[0] if len(kinds) == 1 else ""


@dataclasses.dataclass(frozen=True)
class Splits:
    """Which split each picture is in.

    Attributes:
        of: path to "train" or "test", of the pictures that are used. Without a test split all are "train".
        rest: path to what is left of it without the folder of its split.
        has_test: whether there is a test split.
        skipped: reason to pictures that are in no split.
        assumed: a line on how they were told apart.
        depth: how many folders are above those of the splits; -1 where there are none.
    """

    of: Mapping[str, str]
    rest: Mapping[str, str]
    has_test: bool
    skipped: Mapping[str, Sequence[str]]
    assumed: str
    depth: int = -1

    def paths(self, split: str) -> list[str]:
        """The pictures of a split; those of train for test, too, where there is no test split."""
        wanted = split if self.has_test else TRAIN
        return [path for path, kind in self.of.items() if kind == wanted]


def divide(
    scanned: Scan,
    dataset: str,
    reading: Reading,
    kind: Callable[[str], str] | None = None,
    has_classes: bool = True,
) -> Splits:
    """Divides the pictures of a folder into train and test, by the folders that contain them.

    The folders of the splits are at one depth: at the top, below a folder that contains all others, or inside each
    class (or side). Validation pictures are those to test on where there are no others to test on.

    Args:
        scanned: the folder's files.
        dataset: for messages.
        reading: its `splits` name the folders, if they are unusual.
        kind: folder name to its split; by default as `reading` names it, or `kind_of`.
        has_classes: whether folders may be classes, so that one called train, beside others, may be one, too.

    Raises:
        DataError: it is not clear which pictures are to be trained on.
    """
    paths = scanned.pictures
    kind = kind or kind_for(reading)
    folders = {path: path.split("/")[:-1] for path in paths}
    alone = folder_around(paths).count("/")
    for depth in range(min(max(map(len, folders.values()), default=0), alone + DEEPEST)):
        names = {path: above[depth] for path, above in folders.items() if len(above) > depth}
        told = {name: (kind(name), "") for name in set(names.values())}
        if not any(split for split, _ in told.values()) and not reading.splits:
            told = compounds(told)
        found = {path: told.get(name, ("", ""))[0] for path, name in names.items()}
        present = set(found.values()) - {""}
        # A folder train alone is a split, too, if there is no other folder beside it: classes are several.
        is_alone = "" not in found.values()
        if present and has_classes and (without := parents_without(folders, found, depth)):
            _refuse(scanned, dataset, folders, found, depth, f"no such folders in {first_names(without)}")
        if TRAIN in present and (len(present) > 1 or is_alone or not has_classes):
            return _at(scanned, folders, found, depth, {name: rest for name, (_, rest) in told.items()})
        if present:
            _refuse(scanned, dataset, folders, found, depth)
    if reading.split_names:
        raise DataError(
            f"{dataset}: --splits must name the folders of train and test. "
            f"Received: {reading.splits}, and no such folders in {scanned.folder!r}"
        )
    if not reading.splits and (kinds := kinds_of_files(paths)):
        return from_table(scanned, kinds, "a word of the file names says the splits", "a name that says no split")
    return Splits(dict.fromkeys(paths, TRAIN), {path: path for path in paths}, False, {}, "")


def kinds_of_files(paths: Sequence[str]) -> dict[str, str]:
    """Picture to the split that the first or last word of its file name says: train_1.png, 2-val.png.

    Empty unless at least half of the names say one, and training is among several.
    """
    kinds = {}
    for path in paths:
        words = words_of(os.path.splitext(path.rpartition("/")[2])[0])
        said = [KIND_OF[word] for word in {words[0], words[-1]} if word in KIND_OF] if len(words) > 1 else []
        if len(said) == 1:
            kinds[path] = said[0]
    present = set(kinds.values())
    return kinds if TRAIN in present and len(present) > 1 and 2 * len(kinds) >= len(paths) else {}


def from_table(
    scanned: Scan, kinds: Mapping[str, str], line: str, elsewhere: str = "in no split of the table"
) -> Splits:
    """The splits where a table (or something else than folders) says them.

    Args:
        scanned: the folder's files.
        kinds: picture to "train", "test" or "validation".
        line: where they are said.
        elsewhere: the reason why other pictures are left out.
    """
    test = TEST if TEST in kinds.values() else VALIDATION
    used = [path for path in scanned.pictures if kinds.get(path) in (TRAIN, test)]
    of = {path: TRAIN if kinds[path] == TRAIN else TEST for path in used}
    skipped = collections.defaultdict(list)
    for path in scanned.pictures:
        if path not in of:
            skipped[SPARE if kinds.get(path) == VALIDATION else elsewhere].append(path)
    return Splits(of, without_splits(used), TEST in of.values(), skipped, line)


def without_splits(paths: Sequence[str]) -> dict[str, str]:
    """Path to what is left of it without a folder of its split: where each path has one at the same depth."""
    folders = [path.split("/")[:-1] for path in paths]
    for depth in range(min(map(len, folders), default=0)):
        if all(kind_of(above[depth]) for above in folders):
            return {path: "/".join([*(parts := path.split("/"))[:depth], *parts[depth + 1 :]]) for path in paths}
    return {path: path for path in paths}


def folder_around(paths: Sequence[str]) -> str:
    """The folders, with a slash, that contain all the paths and nothing else, down to where there are several."""
    around = ""
    while True:
        tops = {
            path.removeprefix(around).partition("/")[0] if "/" in path.removeprefix(around) else "" for path in paths
        }
        if len(tops) != 1 or "" in tops:
            return around
        around += f"{tops.pop()}/"


def kind_for(reading: Reading) -> Callable[[str], str]:
    """Folder name to the split that it stands for, as the user says or as names go."""
    if reading.splits == "none":
        return lambda name: ""
    if reading.split_names:
        given = dict(zip((normal(name).casefold() for name in reading.split_names), (TRAIN, TEST), strict=True))
        return lambda name: given.get(normal(name).casefold(), "")
    return kind_of


def compounds(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Folder name to its split and what else it says, where a word of it is a split: cat_train and cat_test.

    None are where no two folders differ in that word alone, for a steam_train is a class.
    """
    found, splits = {}, collections.defaultdict(set)
    for name in names:
        words = [word for word in words_of(name) if word in KIND_OF]
        if len(words) == 1:
            before, after = re.split(re.escape(words[0]), name, maxsplit=1, flags=re.IGNORECASE)
            rest = f"{before.rstrip('_-. ')}{'_' if before and after else ''}{after.lstrip('_-. ')}"
            found[name] = KIND_OF[words[0]], rest
            splits[rest].add(KIND_OF[words[0]])
    is_sure = any(TRAIN in kinds and len(kinds) > 1 for kinds in splits.values())
    return found if is_sure else {}


def _at(
    scanned: Scan,
    folders: Mapping[str, list[str]],
    found: Mapping[str, str],
    depth: int,
    remainders: Mapping[str, str],
) -> Splits:
    """The splits where their folders are at this depth; a folder of which a name remains leaves that name."""
    test = TEST if TEST in found.values() else VALIDATION
    of, rest, skipped = {}, {}, {}
    trained = {scanned.real_path(path) for path, kind in found.items() if kind == TRAIN}
    # Archives often have a folder in a folder of the same name: Training/Training/cat. A class train has others beside.
    doubled = {folders[path][depth] for path in found} - {
        folders[path][depth] for path in found if folders[path][depth] not in folders[path][depth + 1 : depth + 2]
    }
    for path in scanned.pictures:
        kind = found.get(path, "")
        if kind == test and scanned.real_path(path) in trained:
            skipped.setdefault("a link to a training image: no test image", []).append(path)
        elif kind in (TRAIN, test):
            of[path] = TRAIN if kind == TRAIN else TEST
            names = path.split("/")
            remains = remainders.get(names[depth], "")
            below = names[depth + 2 :] if names[depth] in doubled else names[depth + 1 :]
            rest[path] = "/".join([*names[:depth], *([remains] if remains else []), *below])
        elif kind:
            skipped.setdefault(SPARE, []).append(path)
        else:
            skipped.setdefault("outside of the folders of the splits", []).append(path)
    named = {
        kind: sorted({folders[path][depth] for path, of_path in found.items() if of_path == kind})
        for kind in (TRAIN, test)
    }
    lines = [f"{first_names(named[TRAIN])} for training"]
    lines += [f"{first_names(named[test])} for test"] if named[test] else []
    return Splits(of, rest, TEST in of.values(), skipped, f"the folders of the splits are {' and '.join(lines)}", depth)


def parents_without(folders: Mapping[str, list[str]], found: Mapping[str, str], depth: int) -> list[str]:
    """The folders at a depth below the top that hold pictures, but none of the folders of the splits."""
    if not depth:
        return []
    above = {path: "/".join(names[:depth]) for path, names in folders.items() if len(names) >= depth}
    having = {above[path] for path, kind in found.items() if kind}
    return sorted(set(above.values()) - having)


def _refuse(
    scanned: Scan,
    dataset: str,
    folders: Mapping[str, list[str]],
    found: Mapping[str, str],
    depth: int,
    what: str = "",
):
    """DataError: some folders are named as splits, but not so that it is clear what is trained on."""
    splits = sorted({folders[path][depth] for path, kind in found.items() if kind})
    others = sorted(
        {
            folders[path][depth] if len(folders[path]) > depth else path
            for path in scanned.pictures
            if not found.get(path, "")
        }
    )
    if not what:
        what = "no folder of training images" if TRAIN not in found.values() else "pictures outside of the folder train"
    beside = f", beside {first_names(others)}" if others else ""
    raise DataError(
        f"{dataset}: it must be clear which pictures are trained on; {ACCEPTED}. "
        f"Received: {first_names(splits)}{beside} in {scanned.folder!r}: {what}"
    )
