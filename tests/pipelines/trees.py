"""Trees of folders as people have them, drawn at random, with the role that each file should have."""

import json
import os
import unicodedata

from hypothesis import strategies as st

from tests.pipelines.tree import SKIPPED, TEST, TRAIN, Maker, Role, Tree

SPLITS = [
    ("train", "test"),
    ("train", "val"),
    ("train", "valid"),
    ("train", "validation"),
    ("train", "dev"),
    ("training", "testing"),
    ("Train", "Test"),
    ("TRAIN", "VAL"),
    ("Training", "Validation"),
    ("train_set", "test_set"),
    ("train2017", "val2017"),
    ("trainset", "testset"),
]
CLASSES = ["cat", "dog", "10", "2", "château", "blue whale", "Zoë", "n01440764", "steam_train", "A", "label maps"]


def splits_of(draw) -> list[tuple[str, str, str]]:
    """(folder, role, what they are) of the splits; one with an empty folder where there are none."""
    kind = draw(st.sampled_from(["none", "both", "both", "both", "three", "train"]))
    if kind == "none":
        return [("", TRAIN)]
    train, test = draw(st.sampled_from(SPLITS))
    if kind == "train":
        return [(train, TRAIN)]
    if kind == "three":
        return [("train", TRAIN), ("test", TEST), (draw(st.sampled_from(["val", "valid", "dev"])), SKIPPED)]
    return [(train, TRAIN), (test, TEST)]


def joined(*parts: str) -> str:
    """A path of the parts that are not empty."""
    return "/".join(part for part in parts if part)


@st.composite
def folders(draw) -> Tree:
    """Single images, with or without classes."""
    splits = splits_of(draw)
    classes = draw(st.sampled_from([[], *(CLASSES[i : i + n] for i in range(8) for n in (2, 3))]))
    around = draw(st.sampled_from(["", "", "mine", "data/animals"]))
    class_first = bool(classes) and draw(st.booleans()) and splits[0][0]
    tree = Tree("folder", f"splits {splits}, classes {classes}, class first {bool(class_first)}, around {around!r}")
    maker = Maker(draw, tree)
    maker.choose_stems()
    for folder, split in splits:
        for name in classes or [""]:
            for index in range(draw(st.integers(1, 2)) + (not classes)):
                place = joined(around, *((name, folder) if class_first else (folder, name)))
                maker.picture(joined(place, maker.stem(index)), Role(split, class_name=name or None))
        tree.has_test |= split == TEST
    # A picture beside the folders of classes, even a broken one, makes them no classes: so it is in one of them.
    first = next(iter(tree.files)).rpartition("/")[0]
    maker.litter(f"{first}/" if first else "")
    return tree


PAIR_LAYOUTS = [
    ("{split}/A/{key}", "{split}/B/{key}"),
    ("A/{split}/{key}", "B/{split}/{key}"),
    ("{split}_A/{key}", "{split}_B/{key}"),
    ("{split}/input/{key}", "{split}/target/{key}"),
    ("Input/{split}/{key}", "Target/{split}/{key}"),
    ("images/{split}/{key}", "masks/{split}/{key}"),
    ("{split}/images/{key}", "{split}/labels/{key}"),
    ("{split}/{key}_real", "{split}/{key}_fake"),
    ("real/{split}/{key}", "fake/{split}/{key}"),
    ("{split}/{key}", "{split}/{key}_mask"),
    ("{split}/{key}.jpg", "{split}/{key}.png"),
    ("leftImg8bit/{split}/ulm/{key}_leftImg8bit", "gtFine/{split}/ulm/{key}_gtFine_color"),
    ("{split}/{key} side by side", ""),
]


@st.composite
def pairs(draw) -> Tree:
    """Pairs in the layouts that people have."""
    splits = splits_of(draw)
    a, b = draw(st.sampled_from(PAIR_LAYOUTS))
    around = draw(st.sampled_from(["", "", "mine"]))
    tree = Tree("pairs", f"splits {splits}, {a} and {b}, around {around!r}")
    maker = Maker(draw, tree)
    maker.choose_stems()
    forms = draw(st.sampled_from([("NFC", "NFC"), ("NFC", "NFD"), ("NFD", "NFC")]))

    def place(pattern: str, folder: str, key: str) -> tuple[str, str]:
        path = (
            pattern.format(split=folder, key=key)
            if folder
            else pattern.replace("{split}_", "").replace("{split}/", "").format(key=key)
        )
        whole = joined(around, path)
        suffix = os.path.splitext(pattern)[1] if pattern.endswith((".jpg", ".png")) else ""
        return whole.removesuffix(suffix) if suffix else whole, suffix

    for folder, split in splits:
        for index in range(draw(st.integers(2, 3))):
            key = maker.stem(index)
            if not b:
                maker.two_pictures(place(a, folder, key)[0], split, f"{split} {key}")
                continue
            for side, pattern, form in zip("AB", (a, b), forms, strict=True):
                path, suffix = place(pattern, folder, unicodedata.normalize(form, key))
                maker.picture(path, Role(split, side, key=f"{split} {key}"), suffix=suffix)
        if b and "/" in a and split == TRAIN and draw(st.booleans()):
            path, suffix = place(a, folder, maker.stem(77))
            # 1.png without its mask cannot be told from others, but has no partner in any case.
            maker.picture(path, Role(SKIPPED), suffix=suffix)
        tree.has_test |= split == TEST
    maker.litter(f"{around}/" if around else "")
    return tree


@st.composite
def unpaired(draw) -> Tree:
    """Images of two kinds."""
    splits = splits_of(draw)
    sides = draw(st.sampled_from(["AB", "ab", ("Day", "Night"), ("horses", "zebras")]))
    patterns = ["{split}/{side}/{key}", "{side}/{split}/{key}", "{split}_{side}/{key}"]
    pattern = draw(st.sampled_from([*patterns, *(["{split}{side}/{key}"] if sides == "AB" else [])]))
    tree = Tree("unpaired", f"splits {splits}, sides {sides}, {pattern}")
    maker = Maker(draw, tree)
    maker.choose_stems()
    if sides == ("horses", "zebras") and len(splits) == 1 and "}_{" in pattern:
        # train_horses alone says little.
        pattern = patterns[0]
    for folder, split in splits:
        for side, name in zip("AB", sides, strict=True):
            for index in range(draw(st.integers(1, 3))):
                path = (
                    pattern
                    if folder
                    else pattern.replace("{split}_", "")
                    .replace("{split}/", "")
                    .replace("{split}", "")
                    .replace("/{split}", "")
                )
                maker.picture(path.format(split=folder, side=name, key=maker.stem(index)), Role(split, side))
        tree.has_test |= split == TEST
    maker.litter()
    return tree


@st.composite
def captioned(draw) -> Tree:
    """Images with captions in text files or tables, in some encodings."""
    splits = splits_of(draw)
    source = draw(st.sampled_from(["txt", "jsonl", "csv", "jsonl at the top", "csv at the top"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
    tree = Tree("captions", f"splits {splits}, {source} in {encoding}")
    maker = Maker(draw, tree)
    maker.choose_stems(of_text=True)
    rows = {}
    for folder, split in splits:
        for index in range(draw(st.integers(2, 3))):
            caption = f"a bird, número {maker.count}"
            place = joined(folder, maker.stem(index))
            maker.picture(place, Role(split, captions=(caption,)))
            path = list(tree.files)[-1]
            if source == "txt":
                tree.files[f"{place}.txt"] = f"{caption}\n".encode(encoding)
            elif "top" in source:
                rows.setdefault("", []).append((path, caption))
            else:
                rows.setdefault(folder, []).append((path.rpartition("/")[2], caption))
        tree.has_test |= split == TEST
    for folder, entries in rows.items():
        if "jsonl" in source:
            text = "".join(json.dumps({"file_name": name, "text": caption}) + "\n" for name, caption in entries)
            tree.files[joined(folder, "metadata.jsonl")] = text.encode(encoding)
        else:
            text = "file_name,text\n" + "".join(f'{name},"{caption}"\n' for name, caption in entries)
            tree.files[joined(folder, "captions.csv")] = text.encode(encoding)
    maker.litter()
    return tree


@st.composite
def tabled(draw) -> Tree:
    """A flat folder, beside it a table of classes, splits or both."""
    says_class, says_split = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    separator, suffix = draw(st.sampled_from([(",", ".csv"), (";", ".csv"), ("\t", ".tsv")]))
    column = draw(st.sampled_from(["file_name", "image", "filename", "path"]))
    train, test = draw(st.sampled_from([("train", "test"), ("train", "val"), ("Training", "Testing"), ("trn", "tst")]))
    tree = Tree("folder", f"a table with {'classes' * says_class} {'splits' * says_split}")
    tree.flags = {"class_column": "kind"} if says_class else {}
    tree.has_test = says_split
    maker = Maker(draw, tree)
    maker.choose_stems(of_text=True)
    rows = [separator.join([column, *(["kind"] if says_class else []), *(["split"] if says_split else [])])]
    for index in range(draw(st.integers(6, 9))):
        # Both classes in both splits.
        name, is_test = ("cat", "dog")[index % 2], says_split and index % 4 > 1
        role = Role(TEST if is_test else TRAIN, class_name=name if says_class else None)
        maker.picture(maker.stem(index), role)
        path = list(tree.files)[-1]
        cells = [path, *([name] if says_class else []), *([test if is_test else train] if says_split else [])]
        rows.append(separator.join(cells))
    if draw(st.booleans()) and (says_class or says_split):
        # It has no row, so it has no class, or no split.
        maker.picture("no row", Role(SKIPPED))
    tree.files[f"labels{suffix}"] = "".join(f"{row}\n" for row in rows).encode(
        draw(st.sampled_from(["utf-8", "utf-16"]))
    )
    maker.litter()
    return tree


@st.composite
def unknown(draw) -> Tree:
    """Pictures in folders of arbitrary names: what is used is whole, and what is not used is counted."""
    dataset = draw(st.sampled_from(["pairs", "pairs", "unpaired", "folder"]))
    names = draw(st.lists(st.sampled_from([*CLASSES, "train", "test", "A", "B", "input", "photo"]), max_size=3))
    tree = Tree(dataset, f"folders {names}", is_known=False)
    maker = Maker(draw, tree)
    maker.choose_stems()
    for name in ["", *dict.fromkeys(names)]:
        for index in range(draw(st.integers(0 if not name else 1, 3))):
            maker.picture(joined(name, maker.stem(index)), Role(""))
    maker.litter()
    return tree


def trees() -> st.SearchStrategy[Tree]:
    """All kinds of trees."""
    return st.one_of(folders(), pairs(), pairs(), unpaired(), captioned(), tabled(), unknown())
