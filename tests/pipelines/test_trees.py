"""No picture of a user's folder is lost, halved or given another role than its place says: trees made at random.

`python -m tests.pipelines.test_trees 2000` tries that many.
"""

import collections
import pathlib
import sys
import tempfile

import numpy as np
from absl import logging
from hypothesis import HealthCheck, Phase, given, seed, settings

from pipelines.examples import DataError
from pipelines.reading import Reading
from pipelines.registry import load
from tests.pipelines.tree import LEVELS, SKIPPED, TEST, TRAIN, Tree
from tests.pipelines.trees import trees

SIDE = 16
# Whether each tree of a known kind was accepted.
accepted = collections.defaultdict(list)


def colors_in(image: np.ndarray) -> tuple:
    """The two colors of a decoded picture, which say which one it is, and that it is whole."""
    pixels = image[SIDE // 2, [SIDE // 4, SIDE * 5 // 6]].astype(int)
    near = np.abs(pixels[..., None] - np.array(LEVELS)).argmin(axis=-1)
    return tuple(tuple(LEVELS[level] for level in pixel) for pixel in near)


def used(tree: Tree, folder: pathlib.Path, split: str):
    """(colors, side, class, captions, key) of every picture of a split; and the report."""
    examples = load(tree.dataset, split, SIDE, str(folder), str(folder.parent / "cache"), Reading(**tree.flags))
    rows = []
    if tree.dataset in ("pairs", "unpaired"):
        for side, images in (("A", examples.a), ("B", examples.b)):
            names = examples.names if tree.dataset == "pairs" else [""] * len(images)
            rows += [(colors_in(image), side, None, (), name) for image, name in zip(images, names, strict=True)]
    else:
        for row, image in enumerate(examples.images):
            label = None if examples.labels is None else examples.class_names[examples.labels[row]]
            captions = getattr(examples, "captions", [()] * len(examples))[row]
            rows.append((colors_in(image), "", label, captions, ""))
    return rows, examples.report


def check(tree: Tree, folder: pathlib.Path):
    """Every picture has its role, or is counted with a reason."""
    folder = folder / "mine"
    folder.mkdir()
    tree.write(folder)
    splits, refusal = {}, ""
    try:
        splits = {split: used(tree, folder, split) for split in (TRAIN, TEST)}
    except DataError as error:
        refusal = str(error)
    accepted[tree.dataset, tree.is_known].append(not refusal)
    assert "\n" not in refusal
    assert not (refusal and tree.is_known), refusal
    if refusal:
        return
    report = splits[TRAIN][1]
    counted = [name for names in report.skipped.values() for name in names]
    seen = collections.Counter()
    partners = collections.defaultdict(set)
    for split, (rows, _) in splits.items():
        if split == TEST and not tree.has_test and tree.is_known:
            assert sorted(map(repr, rows)) == sorted(map(repr, splits[TRAIN][0]))
            continue
        for colors, side, class_name, captions, key in rows:
            assert colors in tree.roles, f"a picture that nobody has drawn, or a part of one: {colors}"
            path, role = tree.roles[colors]
            seen[colors] += split == TRAIN or tree.has_test
            if tree.is_known:
                assert role.split == split, f"{path} is used for {split}"
                assert (role.side, role.class_name, role.captions) == (side, class_name, captions), path
                partners[role.key].add((split, key))
    for colors, (path, role) in tree.roles.items():
        if tree.is_known:
            assert seen[colors] == (role.split != SKIPPED), f"{path} is used {seen[colors]} times"
        if not seen[colors]:
            assert any(name == path or name.startswith(path) for name in counted), f"{path} is lost without a line"
    if tree.dataset == "pairs":
        assert all(len(names) == 1 for names in partners.values()), "partners are not of one pair"
    for path in tree.files:
        if path not in {path for path, _ in tree.roles.values()} and path.endswith((".png", ".heic")):
            stem = path.rpartition(".")[0]
            assert any(name.startswith(stem) for name in counted), f"{path} is not counted"


def tried(count: int, given_seed: int | None = None):
    """A function that tries so many trees."""

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(trees())
    def attempt(tree):
        with tempfile.TemporaryDirectory() as folder:
            check(tree, pathlib.Path(folder))

    return attempt if given_seed is None else seed(given_seed)(attempt)


def share_accepted() -> dict[tuple[str, bool], str]:
    """By dataset and whether its layout is known, how many trees were trained on."""
    return {key: f"{sum(values)} of {len(values)}" for key, values in sorted(accepted.items())}


def test_every_picture_of_any_tree_has_its_role_or_is_counted():
    accepted.clear()
    tried(100, given_seed=0)()
    known = [value for (_, is_known), values in accepted.items() if is_known for value in values]
    # Not one of them was refused.
    assert all(known)
    assert len(known) > 50


if __name__ == "__main__":
    logging.set_verbosity(logging.ERROR)
    tried(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)()
    for (dataset, is_known), share in share_accepted().items():
        print(f"{dataset}, {'known layouts' if is_known else 'any folders'}: {share} trees accepted")
