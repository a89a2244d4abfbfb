import dataclasses

import numpy as np
import pytest

from pipelines.examples import GaussianMixture, LabeledImages, PairedImages, UnpairedImages
from pipelines.rows import ImageRows
from pipelines.seen import are_in, seen_in


def noise(count, seed, side=12):
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), np.uint8)


def single(images, prefix="image"):
    return LabeledImages(images=images, names=tuple(f"{prefix} {index}" for index in range(len(images))))


def unpaired(a, b):
    return UnpairedImages(a=a, b=b, names_a=tuple(map(str, range(len(a)))), names_b=tuple(map(str, range(len(b)))))


def paired(a, b, labels=None):
    return PairedImages(a=a, b=b, names=tuple(map(str, range(len(a)))), labels=labels)


def test_copies_are_seen_in_any_order_and_by_any_name():
    images = noise(9, 0)
    assert seen_in(single(images), single(images[::-2], "copy")) == {"": 1.0}


def test_other_images_of_the_same_names_are_not():
    assert seen_in(single(noise(9, 0)), single(noise(9, 1))) == {"": 0.0}


def test_some_of_them():
    train, test = noise(9, 0), noise(4, 1)
    test[2] = train[7]
    assert seen_in(single(train), single(test)) == {"": 0.25}


def test_images_that_are_alike_in_the_middle_only_are_not():
    train = noise(9, 0)
    test = train.copy()
    test[:, 0, 0] ^= 1
    assert seen_in(single(train), single(test)) == {"": 0.0}


def test_each_side_by_itself():
    a, b = noise(6, 0), noise(6, 1)
    assert seen_in(unpaired(a, b), unpaired(noise(6, 2), b)) == {"A": 0.0, "B": 1.0}
    assert seen_in(unpaired(a, b), unpaired(a, noise(6, 2))) == {"A": 1.0, "B": 0.0}
    # An image of A among those of B was not trained on as one of B.
    assert seen_in(unpaired(a, b), unpaired(b, a)) == {"A": 0.0, "B": 0.0}
    # Pairs that are trained on as two sets.
    assert seen_in(unpaired(a, b), paired(noise(6, 2), b)) == {"A": 0.0, "B": 1.0}


def test_a_pair_is_seen_where_both_of_its_images_are_those_of_one_training_pair():
    a, b = noise(6, 0), noise(6, 1)
    assert seen_in(paired(a, b), paired(a[::-1], b[::-1])) == {"pairs": 1.0}
    assert seen_in(paired(a, b), paired(a[3:], b[3:])) == {"pairs": 1.0}
    # Each side was trained on, but with another counterpart.
    assert seen_in(paired(a, b), paired(a, b[::-1])) == {"pairs": 0.0}
    assert seen_in(paired(a, b), paired(b, a)) == {"pairs": 0.0}
    mixed = paired(np.concatenate([a[:3], noise(3, 2)]), b)
    assert seen_in(paired(a, b), mixed) == {"pairs": 0.5}


@pytest.mark.parametrize("templates", [1, 2, 3])
@pytest.mark.parametrize("side", "ab")
def test_a_side_of_few_templates_does_not_make_pairs_seen(templates, side):
    few = noise(templates, 5)[np.arange(6) % templates]
    train, test = ((noise(6, seed), few) if side == "b" else (few, noise(6, seed)) for seed in (0, 1))
    assert seen_in(paired(*train), paired(*test)) == {"pairs": 0.0}
    assert seen_in(paired(*train), paired(*train)) == {"pairs": 1.0}
    # The same clothes on other people.
    labels = np.arange(6) % templates
    assert seen_in(paired(*train, labels), paired(*test, labels)) == {"pairs": 0.0}


def test_pairs_that_differ_outside_of_the_middle_only_are_not_seen():
    a, b = noise(6, 0), noise(6, 1)
    changed = b.copy()
    changed[:, 0, 0] ^= 1
    assert seen_in(paired(a, b), paired(a, changed)) == {"pairs": 0.0}


def test_pairs_of_which_one_side_is_larger():
    a, b = noise(6, 0), noise(6, 1, side=24)
    assert seen_in(paired(a, b), paired(a[::-1], b[::-1])) == {"pairs": 1.0}
    assert seen_in(paired(a, b), paired(a, noise(6, 2, side=24))) == {"pairs": 0.0}


def test_sides_that_say_nothing():
    a, b = noise(6, 0), noise(6, 1)
    empty = np.zeros_like(b)
    assert seen_in(unpaired(a, empty), unpaired(noise(6, 2), empty)) == {"A": 0.0}
    assert seen_in(paired(empty, empty), paired(empty, empty)) == {}
    gray = dataclasses.replace(single(a), images=a[..., :1])
    assert seen_in(single(a), gray) == {}
    assert seen_in(paired(a, b), paired(a[..., :1], b)) == {}
    mixture = GaussianMixture(np.zeros((1, 2), np.float32), 1.0)
    assert seen_in(mixture, mixture) == {}


def test_few_pixels_one_image_and_images_that_are_mapped(tmp_path):
    small = noise(5, 0, side=4)
    assert seen_in(single(small), single(small[:1])) == {"": 1.0}
    np.save(tmp_path / "images.npy", noise(2050, 0))
    mapped = ImageRows(np.load(tmp_path / "images.npy", mmap_mode="r"), np.arange(2050)[::-1])
    looked_for = np.stack([mapped[0], mapped[2049], mapped[1024], mapped[3] ^ 1])
    np.testing.assert_array_equal(are_in((mapped,), (looked_for,)), [True, True, True, False])
